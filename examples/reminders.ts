import { createBot } from 'pombo'

interface Session {
  reminders: number
}
export const bot = createBot<Session>({ session: () => ({ reminders: 0 }) })

bot.command('remind', (ctx) => {
  ctx.session.reminders++
  ctx.schedule('reminder', '1h', { what: ctx.args })
  ctx.reply(`I will remind you in an hour. That makes ${ctx.session.reminders}.`)
})
bot.command('forget', (ctx) => {
  ctx.cancel('reminder')
  ctx.reply('Forgotten.')
})
bot.timer('reminder', (ctx) => {
  const { what } = ctx.timer.data as { what: string }
  ctx.reply(`Remember: ${what}`)
})
