import { Composer, type Context, createBot } from 'pombo'

export const bot = createBot()

// Middleware sees what the handlers behind it do.
bot.use(async (ctx, next) => {
  const began = performance.now()
  await next()
  ctx.log.info({ kind: ctx.fact.kind, ms: performance.now() - began }, 'handled')
})

bot.instance('sales').hears(/order/i, (ctx) => ctx.reply('What would you like?'))
bot.instance({ tag: 'support' }).on('message', (ctx) => ctx.handoff('Somebody of our team will answer you.'))

// A part of a bot, in a file of its own, used where it belongs.
const smallTalk = new Composer<Context>()
smallTalk.hears(['hi', 'hello', 'olá', 'hola'], (ctx) => ctx.reply('Hello!'))
bot.instance(['sales', 'shop']).use(smallTalk)

// What our own number says: echoes of the bot, other programs, people on the phone.
bot.own().on('message', (ctx) => {
  if (ctx.author === 'person') ctx.schedule('quiet', '2h')
})
bot.always().timer('quiet', (ctx) => ctx.log.info({}, 'two hours since a person answered here'))

// Facts that are no conversation arrive whoever owns the chat.
bot.on('receipt:read', (ctx) => ctx.log.debug({ message: ctx.receipt.messageId }, 'read'))
bot.on(['edit', 'revoke'], (ctx) => ctx.log.info({ target: ctx.target }, 'changed by its sender'))
bot.on('connection:logged-out', (ctx) => ctx.log.error({ instance: ctx.instance.id }, 'number logged out'))
