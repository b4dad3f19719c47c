import { createBot } from 'pombo'

/** Any service that is slow, costs money or may fail. */
export interface Translator {
  translate(
    text: string,
    to: string,
    options: { idempotencyKey: string; signal: AbortSignal },
  ): Promise<string>
}

export const translating = (translator: Translator) => {
  const bot = createBot()
  bot.command('translate', async (ctx) => {
    if (ctx.args === '') return ctx.reply('Write /translate and a text.')
    const text = await ctx.step(
      'translate',
      ({ key, signal }) => translator.translate(ctx.args, 'en', { idempotencyKey: key, signal }),
      { timeout: '5s', retries: 2 },
    )
    return ctx.reply(text)
  })
  return bot
}
