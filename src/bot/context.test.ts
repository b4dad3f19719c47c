import { describe, expect, test } from 'vitest'
import { address } from '../core/address.ts'
import type { Duration } from '../core/duration.ts'
import type { Fact } from '../core/events.ts'
import type { Answer, GroupInfo } from '../core/gateway.ts'
import { messageId } from '../core/ids.ts'
import { type FakeTurnOptions, fakeTurn } from '../testing/fake-turn.ts'
import { createBot } from './bot.ts'
import type { Context } from './context.ts'

const ANA = address('phone', '5511912345678')
const GROUP = address('group', '123-456')
const bia = { address: address('private', '998877'), aliases: [], name: 'Bia' }

/** Runs one handler on one event, in any scope, and hands back the turn. */
async function handle(options: FakeTurnOptions, handler: (ctx: Context) => unknown) {
  const bot = createBot()
  bot.everywhere().always().use(handler)
  const turn = fakeTurn(options)
  await turn.run(bot)
  return turn
}
const only = <T>(list: readonly T[]): T => {
  expect(list).toHaveLength(1)
  return list[0]!
}

describe('saying', () => {
  test('a reply goes to this chat and gives its handle', async () => {
    let id: string | undefined
    const turn = await handle({}, (ctx) => {
      id = ctx.reply('hi').id
    })
    expect(only(turn.commands)).toEqual({ id, command: { type: 'text', to: ANA, text: 'hi' }, options: {} })
  })

  test('with typing, as a quote, naming people', async () => {
    const turn = await handle({ message: { id: messageId('Q1') } }, (ctx) =>
      ctx.reply('hi', { typing: '2s', quote: true, mentions: [ANA, bia] }),
    )
    const { command, options } = only(turn.commands)
    expect(command).toMatchObject({ replyTo: 'Q1', mentions: [ANA, bia.address] })
    expect(options).toEqual({ typingMs: 2000 })
  })

  test('ctx.typing is for the next thing said', async () => {
    const turn = await handle({}, (ctx) => {
      ctx.typing('1s')
      ctx.react('👀')
      ctx.reply('a')
      ctx.reply('b')
    })
    expect(turn.commands.map((c) => c.options.typingMs)).toEqual([undefined, 1000, undefined])
  })

  test('mention: only those whose name is in the text are notified', async () => {
    const fact: Fact = { kind: 'membership', change: 'join', members: [bia] }
    const bot = createBot()
    bot.on('membership:join', (ctx) => {
      ctx.reply(`Welcome to ${ctx.group.name}, ${ctx.mention(ctx.members)}!`)
      ctx.reply('Rules: be kind.')
    })
    const turn = fakeTurn({ chat: GROUP, chatName: 'Bakers', fact })
    await turn.run(bot)
    expect(turn.commands.map((c) => c.command)).toEqual([
      { type: 'text', to: GROUP, text: 'Welcome to Bakers, @998877!', mentions: [bia.address] },
      { type: 'text', to: GROUP, text: 'Rules: be kind.' },
    ])
  })

  test('everybody', async () => {
    const turn = await handle({ chat: GROUP }, (ctx) => ctx.reply('all', { mentions: 'all' }))
    expect(only(turn.commands).command).toMatchObject({ mentions: 'all' })
  })

  test('to a member', async () => {
    const turn = await handle({ chat: GROUP }, (ctx) => ctx.send(ctx.member!, 'psst'))
    expect(only(turn.commands).command).toEqual({ type: 'text', to: 'phone:5511900000001', text: 'psst' })
  })

  test('nothing is no text', async () => {
    await expect(handle({}, (ctx) => ctx.reply(''))).rejects.toThrow(/nothing to say/)
  })

  test('not where there is no chat', async () => {
    const fact: Fact = { kind: 'connection', state: 'connected' }
    await expect(handle({ chat: null, fact }, (ctx) => ctx.reply('hi'))).rejects.toThrow(/in a chat/)
  })

  test.each(['2 s', '-1s', 'soon', Number.NaN])('%j is no duration', async (typing) => {
    await expect(handle({}, (ctx) => ctx.reply('hi', { typing: typing as Duration }))).rejects.toThrow(
      expect.objectContaining({ code: 'E_BOT', message: expect.stringMatching(/"2s"/) }),
    )
  })
})

describe('media', () => {
  test.each([
    ['https://x.example/a/price%20list.pdf', { media: 'document', fileName: 'price list.pdf' }],
    ['https://x.example/photo.JPG?size=2', { media: 'image' }],
    ['http://x.example/clip.mp4', { media: 'video' }],
    ['http://x.example/song.mp3', { media: 'audio' }],
    ['https://x.example/', { media: 'document' }],
    ['https://x.example/%E0%A4%A', { media: 'document', fileName: '%E0%A4%A' }],
  ])('%s', async (url, command) => {
    const turn = await handle({}, (ctx) => ctx.reply.media(url, { caption: 'look', typing: '1s' }))
    expect(only(turn.commands)).toMatchObject({
      command: { type: 'media', to: ANA, url, text: 'look', ...command },
      options: { typingMs: 1000 },
    })
  })

  test('the type can be said', async () => {
    const turn = await handle({}, (ctx) =>
      ctx.reply.media('https://x.example/a.ogg', { type: 'voice', viewOnce: true }),
    )
    expect(only(turn.commands).command).toMatchObject({ media: 'voice', viewOnce: true })
  })

  test.each(['./price-list.pdf', '/etc/passwd', 'file:///etc/passwd', 'data:text/plain,x', ''])(
    '%s is no URL a gateway fetches',
    async (url) => {
      await expect(handle({}, (ctx) => ctx.reply.media(url))).rejects.toThrow(/absolute http/)
    },
  )
})

describe('acting on messages and members', () => {
  test('react, read, delete', async () => {
    const turn = await handle({}, (ctx) => {
      ctx.react('👍')
      ctx.message?.read()
      ctx.message?.delete()
    })
    expect(turn.commands.map((c) => c.command)).toEqual([
      { type: 'react', to: ANA, target: 'M1', emoji: '👍' },
      { type: 'read', to: ANA, targets: ['M1'] },
      { type: 'revoke', to: ANA, target: 'M1' },
    ])
    expect(turn.commands.map((c) => c.options)).toEqual([{}, {}, {}])
  })

  test('moderation ignores who owns the group', async () => {
    const turn = await handle({ chat: GROUP, owner: 'person' }, (ctx) => {
      ctx.message?.delete()
      ctx.member?.remove()
      ctx.reply('no links here', { ignoreOwner: true })
    })
    expect(turn.commands.map((c) => c.command.type)).toEqual(['revoke', 'remove-member', 'text'])
    for (const { options } of turn.commands) expect(options).toEqual({ ignoreOwner: true })
  })

  test('an edit is reacted to and deleted through its target', async () => {
    const turn = await handle({ fact: { kind: 'edit', target: messageId('T1'), text: 'x' } }, (ctx) => {
      ctx.react('👀')
      ctx.delete()
    })
    expect(turn.commands.map((c) => c.command)).toMatchObject([{ target: 'T1' }, { target: 'T1' }])
  })

  test('a message of ours is marked as own', async () => {
    const bot = createBot()
    bot.own().on('message', (ctx) => ctx.react('✅'))
    const turn = fakeTurn({ author: 'person', owner: 'person' })
    await turn.run(bot)
    expect(only(turn.commands).command).toMatchObject({ type: 'react', own: true })
  })

  test('nothing to react to', async () => {
    const fact: Fact = { kind: 'timer', key: 'k', generation: 1, data: 0 }
    await expect(handle({ fact }, (ctx) => ctx.react('👍'))).rejects.toThrow(/a message or an edit/)
  })

  test('a join that names nobody else was done by the member', async () => {
    const fact: Fact = { kind: 'membership', change: 'join', members: [bia] }
    const turn = await handle({ chat: GROUP, contact: null, fact }, (ctx) => ctx.member?.remove())
    expect(only(turn.commands).command).toMatchObject({ members: [bia.address] })
  })
})

describe('owner, timers, steps', () => {
  test('handoff says its words and gives the chat away', async () => {
    const turn = await handle({}, (ctx) => ctx.handoff('A person will answer you.'))
    expect(turn.said).toEqual(['A person will answer you.'])
    expect(turn.ownerSet).toBe('person')
    expect((await handle({}, (ctx) => ctx.handoff())).said).toEqual([])
  })

  test('timers are set from the turn’s now, moved and taken back', async () => {
    const turn = await handle({ now: 1000 }, (ctx) => {
      ctx.schedule('a', '1h', { n: 1 })
      ctx.schedule('b', 500)
      ctx.schedule('c', new Date(5000))
      ctx.schedule('d', '1d')
      ctx.cancel('d')
    })
    expect([...turn.timers]).toEqual([
      ['a', { at: 3_601_000, data: { n: 1 } }],
      ['b', { at: 1500, data: undefined }],
      ['c', { at: 5000, data: undefined }],
    ])
  })

  test('a timer brings its data back', async () => {
    const bot = createBot()
    let data: unknown
    bot.timer('a', (ctx) => {
      data = ctx.timer.data
      ctx.reply('still there?')
    })
    const turn = fakeTurn({ fact: { kind: 'timer', key: 'a', generation: 1, data: { n: 1 } } })
    await turn.run(bot)
    expect(data).toEqual({ n: 1 })
    expect(turn.said).toEqual(['still there?'])
  })

  test('steps return what they did', async () => {
    const turn = await handle({}, async (ctx) => {
      ctx.reply(await ctx.step('translate', async ({ key }) => `done ${key}`, { timeout: '5s', retries: 2 }))
    })
    expect(turn.said).toEqual(['done 1:translate'])
    expect(turn.steps).toEqual(['translate'])
  })
})

describe('the session', () => {
  const bot = createBot({ session: () => ({ visits: 0, names: [] as string[] }) })
  bot.hears('break', (ctx) => {
    ctx.session.visits = 99
    throw new Error('broken')
  })
  bot.hears('ignore', () => {})
  bot.hears('look', (ctx) => void ctx.session.visits)
  bot.hears('reset', (ctx) => {
    ctx.session = { visits: 0, names: ['new'] }
  })
  bot.on('message:text', (ctx) => {
    ctx.session.visits++
    ctx.session.names.push(ctx.text)
  })

  test('begins with the initial value and is kept', async () => {
    const first = fakeTurn({ text: 'a' })
    await first.run(bot)
    expect(first.stored).toEqual({ session: { visits: 1, names: ['a'] } })
    const second = fakeTurn({ text: 'b', state: first.stored })
    await second.run(bot)
    expect(second.stored).toEqual({ session: { visits: 2, names: ['a', 'b'] } })
  })

  test('is not shared between chats', async () => {
    const turn = fakeTurn({ text: 'z' })
    await turn.run(bot)
    expect(turn.stored).toEqual({ session: { visits: 1, names: ['z'] } })
  })

  test('a handler that throws leaves no trace, not even in what was read', async () => {
    const state = { session: { visits: 1, names: [] } }
    const turn = fakeTurn({ text: 'break', state })
    await expect(turn.run(bot)).rejects.toThrow('broken')
    expect(turn.stored).toEqual({ session: { visits: 1, names: [] } })
    expect(state.session.visits).toBe(1)
  })

  test.each(['ignore', 'look'])('%s writes nothing', async (text) => {
    const turn = fakeTurn({ text })
    await turn.run(bot)
    expect(turn.stored).toEqual({})
  })

  test('can be replaced', async () => {
    const turn = fakeTurn({ text: 'reset' })
    await turn.run(bot)
    expect(turn.stored).toEqual({ session: { visits: 0, names: ['new'] } })
  })

  test('a named bot keeps its own', async () => {
    const named = createBot({ name: 'greeter', session: () => ({ n: 0 }) })
    named.use((ctx) => {
      ctx.session.n++
    })
    const turn = fakeTurn()
    await turn.run(named)
    expect(turn.stored).toEqual({ 'greeter.session': { n: 1 } })
    expect(turn.notes).toEqual(['greeter: middleware'])
  })
})

describe('reading', () => {
  test('raw payload, logged messages, group', async () => {
    const logged = {
      messageId: messageId('L1'),
      author: 'other',
      at: 1,
      content: { type: 'text', text: 'old' },
      status: 'read',
    } as const
    const info: Answer<GroupInfo> = { ok: true, value: { address: GROUP, name: 'Bakers', members: [] } }
    await handle({ chat: GROUP, raw: { a: 1 }, messages: [logged], group: info }, async (ctx) => {
      expect(await ctx.raw()).toEqual({ a: 1 })
      expect(await ctx.find(messageId('L1'))).toEqual(logged)
      expect(await ctx.find(messageId('L2'))).toBeUndefined()
      expect(await ctx.group?.info()).toEqual(info)
    })
  })

  test('nothing of another kind', async () => {
    await handle({}, (ctx) => {
      expect([
        ctx.group,
        ctx.member,
        ctx.receipt,
        ctx.timer,
        ctx.target,
        ctx.media,
        ctx.members,
        ctx.emoji,
      ]).toEqual(Array(8).fill(undefined))
      expect(ctx.text).toBe('hello')
      expect(ctx.contact?.name).toBe('Ana')
    })
  })
})
