import { createBot } from 'pombo'

export const bot = createBot()

bot.command('help', (ctx) => ctx.reply('Commands: /help, /hours, /human'))
bot.command('hours', (ctx) => ctx.reply('We are open from 9 to 18.', { typing: '1s' }))
bot.command(['human', 'atendente', 'persona'], (ctx) => ctx.handoff('A person will answer you soon.'))

// Whole words, whatever their case and accents: "Qual o PRECO?"
bot.hears(['price', 'preço', 'precio'], (ctx) => {
  ctx.reply.media('https://shop.example/price-list.pdf', { caption: 'Our prices' })
})
bot.hears(/order\s+#?(\d+)/i, (ctx) => ctx.reply(`Let me look for order ${ctx.match[1]}.`))

bot.on('message:image', (ctx) => ctx.react('👀'))

// Whatever nothing above took.
bot.on('message:text', (ctx) => ctx.reply(`Hello ${ctx.contact.name ?? ''}! Write /help to see what I know.`))
