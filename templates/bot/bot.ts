import { createBot } from 'pombo'

interface Session {
  /** How often this customer said something. */
  messages: number
}
export const bot = createBot<Session>({ session: () => ({ messages: 0 }) })

bot.command('help', (ctx) =>
  ctx.reply('Commands: /help, /remind. Or write to me. "human" gets you a person.'),
)

// Whole words, whatever their case and accents. From here on the bot is silent in this chat.
bot.hears(['human', 'atendente', 'persona'], (ctx) => ctx.handoff('A person will answer you soon.'))

// Survives restarts: the timer lies in the database.
bot.command('remind', (ctx) => {
  ctx.schedule('reminder', '1h', { what: ctx.args })
  ctx.reply('I will remind you in an hour.')
})
bot.timer('reminder', (ctx) => {
  const { what } = ctx.timer.data as { what: string }
  ctx.reply(`Remember: ${what}`)
})

// Whatever nothing above took.
bot.on('message:text', (ctx) => {
  ctx.session.messages++
  ctx.reply(
    `Hello ${ctx.contact.name ?? ''}! That was message ${ctx.session.messages}. Write /help to see more.`,
  )
})
