import { type Bot, createBot } from 'pombo'
import type { Translator } from './translator.ts'

const LONGEST = 1_000

/** A bot that translates into English: `/translate <text>`. Everything else about it goes on when the service fails. */
export function translating(translator: Translator): Bot {
  const bot = createBot()

  bot.command('translate', async (ctx) => {
    if (ctx.args === '') return ctx.reply('Write /translate and a text, as in: /translate bom dia')
    if (ctx.args.length > LONGEST) return ctx.reply(`That is too long for me: at most ${LONGEST} characters.`)

    // Once stored, the result is never asked for again, not even after a crash. A failure is a result too: thrown,
    // it would make the hub try the whole turn again while the customer waits.
    const result = await ctx.step('translate', ({ signal }) => translator.translate(ctx.args, 'en', signal), {
      timeout: '5s',
    })
    switch (result.type) {
      case 'translated':
        return ctx.reply(result.text, { quote: true })
      case 'refused':
        return ctx.reply('I cannot translate that.')
      case 'unavailable':
        ctx.log.warn({ why: result.why }, 'no translation')
        return ctx.reply('I cannot translate right now. Please try again in a few minutes.')
    }
  })

  bot.command('help', (ctx) => ctx.reply('Write /translate and a text.'))
  return bot
}
