import { describe, expect, test, vi } from 'vitest'
import { type Address, address } from '../core/address.ts'
import { HubError } from '../core/errors.ts'
import { type Fact, MEDIA_TYPES } from '../core/events.ts'
import { messageId } from '../core/ids.ts'
import { type FakeTurnOptions, fakeTurn } from '../testing/fake-turn.ts'
import { type Bot, createBot } from './bot.ts'
import { Composer } from './composer.ts'
import type { Context } from './context.ts'
import type { FilterQuery } from './filter.ts'

const GROUP = address('group', '123-456')
const ana = { address: address('phone', '5511912345678'), aliases: [], name: 'Ana' }
const join: Fact = { kind: 'membership', change: 'join', members: [ana] }
const read: Fact = { kind: 'receipt', target: messageId('M1'), state: 'read' }

/** Runs an event through a bot; the turn and whether the chain went on. */
async function play(bot: Bot<never> | Bot, options: FakeTurnOptions = {}) {
  const turn = fakeTurn(options)
  const passed = await turn.run(bot as Bot)
  return { turn, passed }
}
/** Does anything registered by `register` run for this event? */
async function runs(register: (bot: Bot, hit: () => void) => void, options: FakeTurnOptions = {}) {
  const bot = createBot()
  const hit = vi.fn<() => void>()
  register(bot, hit)
  await play(bot, options)
  return hit.mock.calls.length > 0
}

describe('the chain', () => {
  test('handlers run in order; next goes on, silence ends it', async () => {
    const bot = createBot()
    const order: string[] = []
    bot.use(async (_ctx, next) => {
      order.push('a')
      await next()
      order.push('a after')
    })
    bot.on('message', (_ctx, next) => {
      order.push('b')
      return next()
    })
    bot.on('reaction', () => order.push('never'))
    bot.hears('hello', () => order.push('c'))
    bot.use(() => order.push('too far'))
    const { passed } = await play(bot)
    expect(order).toEqual(['a', 'b', 'c', 'a after'])
    expect(passed).toBe(false)
  })

  test('what no handler takes goes on to whoever is next', async () => {
    const bot = createBot()
    bot.command('help', () => {})
    expect((await play(bot)).passed).toBe(true)
  })

  test('a composer can be used as a part, and takes its scope from where it is used', async () => {
    const part = new Composer<Context>()
    const hit = vi.fn<() => void>()
    part.hears('hello', hit)
    const bot = createBot()
    bot.groups().use(part)
    await play(bot)
    expect(hit).not.toHaveBeenCalled()
    await play(bot, { chat: GROUP })
    expect(hit).toHaveBeenCalledOnce()
  })

  test('next twice is an error', async () => {
    const bot = createBot()
    bot.use(async (_ctx, next) => {
      await next()
      await next()
    })
    await expect(play(bot)).rejects.toThrow(expect.objectContaining({ code: 'E_BOT' }))
  })

  test('a forgotten await does not end the turn early', async () => {
    const bot = createBot()
    const done = vi.fn<() => void>()
    bot.use((_ctx, next) => {
      void next()
    })
    bot.use(async (ctx) => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      ctx.reply('late')
      done()
    })
    const { turn } = await play(bot)
    expect(done).toHaveBeenCalled()
    expect(turn.said).toEqual(['late'])
  })

  test('a forgotten await hides no failure', async () => {
    const bot = createBot()
    bot.use((_ctx, next) => {
      next().catch(() => {})
    })
    bot.use(async () => {
      await Promise.resolve()
      throw new Error('broken')
    })
    await expect(play(bot)).rejects.toThrow('broken')
  })

  test('next after the handler returned is an error', async () => {
    const bot = createBot()
    let late: (() => Promise<void>) | undefined
    bot.use((_ctx, next) => {
      late = next
    })
    await play(bot)
    expect(() => late?.()).toThrow(HubError)
  })

  test('a handler that throws fails the turn', async () => {
    const bot = createBot()
    bot.use(() => {
      throw new Error('broken')
    })
    await expect(play(bot)).rejects.toThrow('broken')
  })

  test('a thousand handlers that do not match are no deep stack', async () => {
    const bot = createBot()
    for (let i = 0; i < 20_000; i++) bot.command(`c${i}`, () => {})
    expect((await play(bot)).passed).toBe(true)
  })

  test('intentions after the turn are refused instead of lost', async () => {
    const bot = createBot()
    let kept: Context | undefined
    bot.use((ctx) => {
      kept = ctx
    })
    await play(bot)
    expect(() => kept?.reply('lost')).toThrow(/turn is over/)
    expect(() => kept?.schedule('k', '1s')).toThrow(/turn is over/)
    expect(() => kept?.step('s', () => 1)).toThrow(/turn is over/)
  })
})

describe('commands', () => {
  const cases: [string, string | undefined][] = [
    ['/help', ''],
    ['/HELP', ''],
    ['  /help  ', ''],
    ['/help@pombo', ''],
    ['/help@pombo me  now', 'me  now'],
    ['/help me\nplease', 'me\nplease'],
    ['/hélp', ''],
    ['/helpme', undefined],
    ['help', undefined],
    ['say /help', undefined],
    ['/', undefined],
    ['/ help', undefined],
  ]
  test.each(cases)('%j', async (text, args) => {
    const bot = createBot()
    let got: string | undefined
    bot.command('help', (ctx) => {
      got = ctx.args
    })
    await play(bot, { text })
    expect(got).toBe(args)
  })

  test('names are folded too, and several share a handler', async () => {
    const register = (bot: Bot, hit: () => void) => bot.command(['preço', 'price'], hit)
    expect(await runs(register, { text: '/PRECO' })).toBe(true)
    expect(await runs(register, { text: '/price' })).toBe(true)
    expect(await runs(register, { text: '/cost' })).toBe(false)
  })

  test('a caption is no command', async () => {
    const content = { type: 'image', media: { source: { type: 'gateway' } }, text: '/help' } as const
    expect(await runs((bot, hit) => bot.command('help', hit), { content })).toBe(false)
  })

  test.each(['', '/help', 'help me', 'a@b'])('%j is no name', (name) => {
    expect(() => createBot().command(name)).toThrow(/no command name/)
  })
})

describe('hears', () => {
  test('words, whatever their case and accents', async () => {
    const register = (bot: Bot, hit: () => void) => bot.hears(['preço', 'custa'], hit)
    expect(await runs(register, { text: 'Qual o PRECO?' })).toBe(true)
    expect(await runs(register, { text: 'Quanto custa' })).toBe(true)
    expect(await runs(register, { text: 'precos' })).toBe(false)
  })

  test('expressions, with what they found, also with flags that remember', async () => {
    const bot = createBot()
    const found: (string | undefined)[] = []
    bot.hears(/order (\d+)/gi, (ctx) => {
      found.push(ctx.match[1])
    })
    await play(bot, { text: 'my Order 12' })
    await play(bot, { text: 'my order 34' })
    expect(found).toEqual(['12', '34'])
  })

  test('captions count', async () => {
    const content = { type: 'image', media: { source: { type: 'gateway' } }, text: 'the price' } as const
    expect(await runs((bot, hit) => bot.hears('price', hit), { content })).toBe(true)
  })

  test('an edit is not heard', async () => {
    const fact: Fact = { kind: 'edit', target: messageId('M1'), text: 'price' }
    expect(await runs((bot, hit) => bot.hears('price', hit), { fact })).toBe(false)
  })

  test('nothing is no word', () => {
    expect(() => createBot().hears(' ')).toThrow(/empty/)
  })
})

describe('filter queries', () => {
  const media = { source: { type: 'gateway' } } as const
  const facts: [FilterQuery, Fact][] = [
    [
      'message:text',
      { kind: 'message', message: { id: messageId('1'), content: { type: 'text', text: 'x' } } },
    ],
    ...MEDIA_TYPES.map((type): [FilterQuery, Fact] => [
      `message:${type}`,
      { kind: 'message', message: { id: messageId('1'), content: { type, media } } },
    ]),
    [
      'message:unsupported',
      { kind: 'message', message: { id: messageId('1'), content: { type: 'unsupported', wire: 'poll' } } },
    ],
    ['edit', { kind: 'edit', target: messageId('1') }],
    ['revoke', { kind: 'revoke', target: messageId('1') }],
    ['delete-for-me', { kind: 'delete-for-me', target: messageId('1') }],
    ['reaction', { kind: 'reaction', target: messageId('1'), emoji: '👍' }],
    ['receipt:read', read],
    ['receipt:played', { kind: 'receipt', target: messageId('1'), state: 'played' }],
    ['membership:join', join],
    ['membership:leave', { kind: 'membership', change: 'leave', members: [ana] }],
    ['connection:logged-out', { kind: 'connection', state: 'logged-out' }],
    ['unknown', { kind: 'unknown', name: 'brand.new' }],
    ['timer', { kind: 'timer', key: 'k', generation: 1, data: null }],
  ]

  test('each lets its own facts through and no other', async () => {
    for (const [query] of facts)
      for (const [other, fact] of facts) {
        const chat = fact.kind === 'membership' ? GROUP : undefined
        const ran = await runs((bot, hit) => bot.on(query, hit), { fact, ...(chat && { chat }) })
        expect(ran, `${query} on ${other}`).toBe(query === other)
      }
  })

  test('a plain kind takes all variants, message:media the media', async () => {
    for (const [query, fact] of facts) {
      if (fact.kind !== 'message') continue
      expect(await runs((bot, hit) => bot.on('message', hit), { fact })).toBe(true)
      expect(await runs((bot, hit) => bot.on('message:media', hit), { fact }), query).toBe(
        'media' in fact.message.content,
      )
    }
  })

  test('several at once', async () => {
    const register = (bot: Bot, hit: () => void) => bot.on(['message:image', 'message:text', 'edit'], hit)
    expect(await runs(register)).toBe(true)
    expect(await runs(register, { fact: { kind: 'edit', target: messageId('1') } })).toBe(true)
    expect(await runs(register, { content: { type: 'video', media } })).toBe(false)
    expect(
      await runs((bot, hit) => bot.on(['message:text', 'message'], hit), {
        content: { type: 'video', media },
      }),
    ).toBe(true)
  })

  test.each([
    ['mesage', /"message" \(also with :text :image/],
    ['message:txt', /Of "message" there is: "message", "message:text"/],
    ['message:text:x', /"message:text"/],
    ['edit:x', /Of "edit" there is: "edit"\./],
    ['constructor', /no filter query/],
    ['message:constructor', /no filter query/],
    ['', /no filter query/],
  ])('%j is refused with what is permitted', (query, message) => {
    const register = () => createBot().on(query as FilterQuery)
    expect(register).toThrow(message)
    expect(register).toThrow(expect.objectContaining({ code: 'E_BOT' }))
  })
  test('no query at all is refused', () => {
    expect(() => createBot().on([])).toThrow(/needs a filter query/)
  })
})

describe('which events reach handlers (ADR 0001)', () => {
  const any = (bot: Bot, hit: () => void) => bot.use(hit)
  const edit: Fact = { kind: 'edit', target: messageId('1') }
  const reaction: Fact = { kind: 'reaction', target: messageId('1'), emoji: '👍' }
  const timer: Fact = { kind: 'timer', key: 'k', generation: 1, data: null }
  const connected: Fact = { kind: 'connection', state: 'connected' }

  test('customers in direct chats, while the bot may speak', async () => {
    expect(await runs(any)).toBe(true)
    expect(await runs(any, { fact: edit })).toBe(true)
  })

  test.each(['person', 'api', 'hosted'] as const)(
    'nothing our own number says (%s) but in own()',
    async (author) => {
      expect(await runs(any, { author })).toBe(false)
      expect(await runs(any, { author, fact: reaction })).toBe(false)
      expect(await runs((bot, hit) => bot.always().everywhere().use(hit), { author })).toBe(false)
      expect(await runs((bot, hit) => bot.own().use(hit), { author })).toBe(true)
      expect(await runs((bot, hit) => bot.own().use(hit), { author, owner: 'person' })).toBe(true)
      expect(await runs((bot, hit) => bot.own().use(hit))).toBe(false)
      expect(await runs((bot, hit) => bot.own().use(hit), { author, chat: GROUP })).toBe(false)
      expect(await runs((bot, hit) => bot.own().groups().use(hit), { author, chat: GROUP })).toBe(true)
    },
  )

  test('what is said in groups only in groups() and everywhere()', async () => {
    for (const fact of [undefined, edit, reaction]) {
      const said = { chat: GROUP, ...(fact && { fact }) }
      expect(await runs(any, said)).toBe(false)
      expect(await runs((bot, hit) => bot.direct().use(hit), said)).toBe(false)
      expect(await runs((bot, hit) => bot.groups().use(hit), said)).toBe(true)
      expect(await runs((bot, hit) => bot.everywhere().use(hit), said)).toBe(true)
    }
    expect(await runs((bot, hit) => bot.groups().use(hit))).toBe(false)
    expect(await runs((bot, hit) => bot.everywhere().use(hit))).toBe(true)
    expect(await runs((bot, hit) => bot.direct().use(hit))).toBe(true)
  })

  test('a scope may stand behind a filter', async () => {
    expect(await runs((bot, hit) => bot.on('message').groups().use(hit), { chat: GROUP })).toBe(true)
  })

  test('membership and timers of groups always', async () => {
    expect(await runs(any, { chat: GROUP, fact: join })).toBe(true)
    expect(await runs(any, { chat: GROUP, fact: timer })).toBe(true)
    expect(await runs((bot, hit) => bot.direct().use(hit), { chat: GROUP, fact: join })).toBe(false)
  })

  test.each(['person', 'nobody'] as const)(
    'conversation stops while %s owns the chat, but in always()',
    async (owner) => {
      for (const fact of [undefined, edit, reaction, timer]) {
        const said = { owner, ...(fact && { fact }) }
        expect(await runs(any, said)).toBe(false)
        expect(await runs((bot, hit) => bot.always().use(hit), said)).toBe(true)
      }
      expect(await runs(any, { owner, fact: read })).toBe(true)
      expect(await runs(any, { owner, fact: join, chat: GROUP })).toBe(true)
    },
  )

  test('status and channels never', async () => {
    for (const chat of [address('status', 'broadcast'), address('channel', '1')])
      for (const fact of [undefined, read])
        expect(
          await runs((bot, hit) => bot.everywhere().always().use(hit), { chat, ...(fact && { fact }) }),
        ).toBe(false)
  })

  test('events of the number itself', async () => {
    expect(await runs(any, { chat: null, fact: connected })).toBe(true)
    expect(await runs((bot, hit) => bot.groups().use(hit), { chat: null, fact: connected })).toBe(false)
  })

  test('what lacks what the types promise does not arrive', async () => {
    expect(await runs(any, { chat: null })).toBe(false)
    expect(await runs(any, { contact: null })).toBe(false)
    expect(await runs(any, { fact: join })).toBe(false)
    expect(await runs(any, { chat: GROUP, fact: { ...join, members: [] } })).toBe(false)
  })

  test('predicates see only events that something behind them may see', async () => {
    const bot = createBot()
    const seen: (Address | undefined)[] = []
    const spy = (ctx: Context) => {
      seen.push(ctx.chat?.address)
      return true
    }
    bot.filter(spy, () => {})
    bot.filter(spy)
    await play(bot, { chat: GROUP })
    expect(seen).toEqual([])
    await play(bot)
    expect(seen).toHaveLength(1)
  })
})

describe('instances, filters, timers', () => {
  const at = (id: string, tags: string[] = []): FakeTurnOptions => ({ instance: { id, tags } })

  test('by name, names and tag', async () => {
    expect(await runs((bot, hit) => bot.instance('sales').use(hit), at('sales'))).toBe(true)
    expect(await runs((bot, hit) => bot.instance('sales').use(hit), at('support'))).toBe(false)
    expect(await runs((bot, hit) => bot.instance(['a', 'b']).hears('hello', hit), at('b'))).toBe(true)
    expect(await runs((bot, hit) => bot.instance({ tag: 't' }).use(hit), at('x', ['t']))).toBe(true)
    expect(await runs((bot, hit) => bot.instance({ tag: 't' }).use(hit), at('t'))).toBe(false)
  })

  test('predicates may be asynchronous', async () => {
    expect(await runs((bot, hit) => bot.filter(async () => true, hit))).toBe(true)
    expect(await runs((bot, hit) => bot.filter(async () => false, hit))).toBe(false)
  })

  test('a timer by its key', async () => {
    const fact: Fact = { kind: 'timer', key: 'remind', generation: 1, data: { n: 1 } }
    expect(await runs((bot, hit) => bot.timer('remind', hit), { fact })).toBe(true)
    expect(await runs((bot, hit) => bot.timer('other', hit), { fact })).toBe(false)
  })
})

describe('what the event monitor is told', () => {
  const bot = createBot()
  bot.instance('sales').hears(/order/, () => {})
  bot.use(async function logger(_ctx, next) {
    await next()
  })
  bot.command('help', () => {})

  test.each<[string, FakeTurnOptions, string[]]>([
    [
      'a path through filters',
      { text: 'order', instance: { id: 'sales' } },
      ['bot: instance sales > hears /order/'],
    ],
    ['every handler that ran', { text: '/help' }, ['bot: logger, command help']],
  ])('%s', async (_name, options, notes) => {
    expect((await play(bot, options)).turn.notes).toEqual(notes)
  })

  test('why nothing ran', async () => {
    const quiet = createBot()
    quiet.command('help', () => {})
    const why = async (options: FakeTurnOptions) => (await play(quiet, options)).turn.notes[0]
    expect(await why({})).toBe('bot: nothing ran (no handler matched)')
    expect(await why({ owner: 'person' })).toMatch(/belongs to a person/)
    expect(await why({ author: 'api' })).toMatch(/own number/)
    expect(await why({ chat: GROUP })).toMatch(/bot\.groups/)
    expect(await why({ fact: read })).toBeUndefined()
  })

  test('which handler threw', async () => {
    const broken = createBot()
    broken.command('help', () => {
      throw new Error('no')
    })
    const turn = fakeTurn({ text: '/help' })
    await expect(turn.run(broken)).rejects.toThrow('no')
    expect(turn.notes).toEqual(['bot: command help'])
  })
})
