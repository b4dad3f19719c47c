import { defineHub } from 'pombo'
import { translating } from './bot.ts'
import { createTranslator } from './translator.ts'

const translator = createTranslator({ url: process.env.TRANSLATE_URL ?? 'http://127.0.0.1:3010' })

/** No numbers of its own: `pombo demo --config` plays two. */
export default defineHub({ bot: translating(translator) })
