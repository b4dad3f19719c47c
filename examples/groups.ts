import { createBot } from 'pombo'

export const bot = createBot()

// Who joins or leaves arrives everywhere; what is said in groups only here, in groups().
bot.on('membership:join', (ctx) => {
  ctx.reply(`Welcome to ${ctx.group.name}, ${ctx.mention(ctx.members)}!`)
})

// always(): moderation goes on while a person answers in the group.
const guard = bot.groups().always()

guard.hears(/https?:\/\//i, async (ctx) => {
  const info = await ctx.group.info()
  const admins = info.ok ? info.value.members.filter((member) => member.admin) : []
  if (admins.some((admin) => admin.address === ctx.member.address)) return
  ctx.message.delete()
  ctx.reply(`${ctx.mention(ctx.member)}, no links here.`, { ignoreOwner: true })
})

bot.groups().command('rules', (ctx) => ctx.reply('Be kind. No links.', { quote: true }))
