import { describe, expect, test } from 'vitest'
import { createBot } from '../src/bot/bot.ts'
import { type GatewayName, testHub } from '../src/testing/index.ts'

/**
 * The promises, broken on purpose: one node, both gateways, through a whole hub. What only a real
 * `kill -9` shows is in `npm run crash`.
 */
const PHONE = '+55 11 91234-5678'
const MINUTE = 60_000

const echo = () => {
  const bot = createBot()
  bot.on('message:text', (ctx) => void ctx.reply(`re: ${ctx.text}`))
  return bot
}

describe.each<GatewayName>(['gowa', 'uazapi'])('a send over %s', (gateway) => {
  /** uazapi's own records prove absence, so it is sent again, once; GOWA's prove nothing. */
  const endOfWhatNeverLeft = gateway === 'uazapi' ? [['re: one'], 'sent'] : [[], 'held']

  test('that the gateway took and never answered is not repeated; the chat goes on after a minute', async () => {
    await using hub = await testHub({ bot: echo(), gateway })
    const ana = hub.customer(PHONE)
    hub.gateway.failNext({ lost: true })
    await ana.says('one')
    await ana.says('two')
    if (gateway === 'gowa') {
      // No echo and no client reference: nothing proves yet that it went out, so the chat waits its minute.
      expect(ana.heard).toEqual(['re: one'])
      expect((await hub.commands()).map((c) => c.state)).toEqual(['queued', 'unknown'])
      await hub.clock.advance(MINUTE + 1000)
      expect((await hub.commands()).map((c) => c.state)).toEqual(['sent', 'held'])
      // Then it is the one message like it in the chat's history.
      await hub.clock.advance(2 * MINUTE)
    }
    // On uazapi the echo carries our reference.
    expect((await hub.commands()).map((c) => c.state)).toEqual(['sent', 'sent'])
    await hub.clock.advance('1h')
    expect(ana.heard).toEqual(['re: one', 're: two'])
  })

  test.each([408, 500, 502, 503, 504])('answered %i is unknown, never blindly repeated', async (status) => {
    await using hub = await testHub({ bot: echo(), gateway })
    const ana = hub.customer(PHONE)
    hub.gateway.failNext({ status })
    await ana.says('one')
    await hub.clock.advance('2m')
    expect(ana.heard).toEqual([])
    expect((await hub.commands()).map((c) => c.state)).toEqual(['held'])
    await hub.clock.advance('1h')
    expect([ana.heard, ...(await hub.commands()).map((c) => c.state)]).toEqual(endOfWhatNeverLeft)
  })

  test('that certainly did not leave is tried again, once it can', async () => {
    await using hub = await testHub({ bot: echo(), gateway })
    const ana = hub.customer(PHONE)
    hub.gateway.failNext({ refuse: true }, 3)
    hub.gateway.failNext({ status: 429, headers: { 'retry-after': '30' } })
    await ana.says('one')
    await ana.says('two')
    expect(ana.heard).toEqual([])
    await hub.clock.advance('5m')
    expect(ana.heard).toEqual(['re: one', 're: two'])
  })

  test('in flight when the process dies is unknown and held, whatever the gateway did', async () => {
    await using hub = await testHub({ bot: echo(), gateway })
    const ana = hub.customer(PHONE)
    hub.gateway.failNext({ hang: true })
    await ana.says('one')
    await hub.crash()
    await hub.clock.advance('2m')
    expect((await hub.commands()).map((c) => c.state)).toEqual(['held'])
    await hub.clock.advance('1h')
    expect([ana.heard, ...(await hub.commands()).map((c) => c.state)]).toEqual(endOfWhatNeverLeft)
    await ana.says('two')
    expect(ana.last).toBe('re: two')
  })

  test('that never left is not said after later words', async () => {
    await using hub = await testHub({ bot: echo(), gateway })
    const ana = hub.customer(PHONE)
    hub.gateway.failNext({ status: 500 })
    await ana.says('one')
    await ana.says('two')
    await hub.clock.advance('1h')
    expect(ana.heard).toEqual(['re: two'])
    expect((await hub.commands()).map((c) => c.state)).toEqual(['sent', 'held'])
  })

  test('whose process died after the gateway took it is found, and never repeated', async () => {
    await using hub = await testHub({ bot: echo(), gateway })
    const ana = hub.customer(PHONE)
    hub.gateway.failNext({ lost: true })
    await ana.says('one')
    await hub.crash()
    await hub.clock.advance('1h')
    expect(ana.heard).toEqual(['re: one'])
    expect((await hub.commands()).map((c) => c.state)).toEqual(['sent'])
  })

  test('while the number is disconnected waits, and goes out in order when it is back', async () => {
    await using hub = await testHub({ bot: echo(), gateway })
    const ana = hub.customer(PHONE)
    const bia = hub.customer('+55 11 97777-0002')
    await ana.says('zero')
    hub.gateway.failNext(
      gateway === 'gowa'
        ? { status: 401, body: '{"code":"AUTHENTICATION_ERROR","message":"you are not logged in"}' }
        : { status: 500, body: '{"error":"No session"}' },
      2,
    )
    await ana.says('one')
    await ana.says('two')
    await bia.says('three')
    expect(ana.heard).toEqual(['re: zero'])
    await hub.clock.advance('5m')
    expect(ana.heard).toEqual(['re: zero', 're: one', 're: two'])
    expect(bia.heard).toEqual(['re: three'])
  })
})

describe('two identical replies, one of them unknown, and a person types the same words', () => {
  const yes = () => {
    const bot = createBot()
    bot.on('message:text', (ctx) => void ctx.reply('Sim'))
    return bot
  }
  test.each([
    ['went out', { lost: true }, 'sent'],
    ['did not', { status: 500 }, 'held'],
  ] as const)('over GOWA: the one that %s', async (_, fault, end) => {
    await using hub = await testHub({ bot: yes(), gateway: 'gowa' })
    const ana = hub.customer(PHONE)
    await ana.says('a')
    hub.gateway.failNext(fault)
    await ana.says('b')
    await hub.byHand(ana, 'Sim')
    const before = ana.messages.map(({ id }) => id)
    await hub.clock.advance('1h')
    const [unknown, first] = await hub.commands()
    expect([unknown?.state, first?.state]).toEqual([end, 'sent'])
    // Never the first reply's, never the person's.
    expect(unknown?.messageId).toBe(end === 'sent' ? before[1] : undefined)
    expect(ana.messages.map(({ id }) => id)).toEqual(before)
  })
})

describe.each<GatewayName>(['gowa', 'uazapi'])('nobody talks over a person, over %s', (gateway) => {
  const patient = (steps: { begun: () => void; go: Promise<void> }) => {
    const bot = createBot()
    bot.on('message:text', async (ctx) => {
      const words = await ctx.step('think', async () => {
        steps.begun()
        await steps.go
        return 'thought about it'
      })
      ctx.reply(words)
    })
    return bot
  }

  test('who writes by hand while a slow step runs', async () => {
    const begun = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    await using hub = await testHub({ bot: patient({ begun: begun.resolve, go: go.promise }), gateway })
    const ana = hub.customer(PHONE)
    const said = ana.says('help')
    await begun.promise
    await hub.byHand(ana, 'Ana, this is Rui. I will look into it.')
    go.resolve()
    await said
    await hub.settled()
    expect(ana.heard).toEqual(['Ana, this is Rui. I will look into it.'])
    expect((await hub.commands()).map((c) => c.state)).toEqual(['refused'])
    expect(await hub.owner(ana)).toBe('person')
    await ana.says('are you there?')
    expect(ana.heard).toHaveLength(1)
  })

  test('who writes by hand and hands back before a failed turn is tried again', async () => {
    let fails = true
    const bot = createBot()
    bot.on('message:text', (ctx) => {
      if (fails) throw new Error('not now')
      ctx.reply('late')
    })
    await using hub = await testHub({
      bot,
      gateway,
      log: silent,
    })
    const ana = hub.customer(PHONE)
    await ana.says('help')
    await hub.byHand(ana, 'I am on it')
    await hub.setOwner(ana, 'bot')
    fails = false
    await hub.clock.advance('5m')
    expect(ana.heard).toEqual(['I am on it'])
    expect((await hub.commands()).map((c) => c.state)).toEqual(['refused'])
    await ana.says('again')
    expect(ana.last).toBe('late')
  })

  test('not even a handler that runs in every chat', async () => {
    const bot = createBot()
    bot.always().on('message', (ctx) => void ctx.reply('over you'))
    await using hub = await testHub({ bot, gateway })
    const ana = hub.customer(PHONE)
    await ana.says('one')
    await hub.byHand(ana, 'me')
    await ana.says('two')
    expect(ana.heard).toEqual(['over you', 'me'])
    expect((await hub.commands()).map((c) => c.state)).toEqual(['refused', 'sent'])
  })

  test('who takes over while the bot is shown typing', async () => {
    const bot = createBot()
    bot.on('message:text', (ctx) => void ctx.schedule('answer', '1m'))
    bot.timer('answer', (ctx) => void ctx.reply('too late', { typing: '10s' }))
    await using hub = await testHub({ bot, gateway })
    const ana = hub.customer(PHONE)
    await ana.says('help')
    await hub.clock.advance('65s')
    expect((await hub.commands()).map((c) => c.state)).toEqual(['queued'])
    await hub.byHand(ana, 'mine')
    await hub.clock.advance('1h')
    expect(ana.heard).toEqual(['mine'])
    expect((await hub.commands()).map((c) => c.state)).toEqual(['refused'])
  })
})

describe('order and repeats', () => {
  test('a burst is answered in order, once each, although the gateway delivers everything twice', async () => {
    await using hub = await testHub({ bot: echo(), gateway: 'gowa' })
    const ana = hub.customer(PHONE)
    const texts = Array.from({ length: 20 }, (_, i) => `m${i}`)
    for (const text of texts) await ana.says(text)
    expect(ana.heard).toEqual(texts.map((text) => `re: ${text}`))
  })

  test('a chat that fails waits alone and loses nothing', async () => {
    let broken = true
    const bot = createBot()
    bot.on('message:text', (ctx) => {
      if (broken && ctx.text === 'bad') throw new Error('no')
      ctx.reply(`re: ${ctx.text}`)
    })
    await using hub = await testHub({ bot, gateway: 'gowa', log: silent })
    const ana = hub.customer(PHONE)
    const bia = hub.customer('+55 11 97777-0002')
    await ana.says('bad')
    await ana.says('after')
    await bia.says('hello')
    expect(bia.heard).toEqual(['re: hello'])
    expect(ana.heard).toEqual([])
    broken = false
    await hub.clock.advance('5m')
    expect(ana.heard).toEqual(['re: bad', 're: after'])
  })

  test('a turn that never works becomes a dead letter, and the chat goes on', async () => {
    const bot = createBot()
    bot.on('message:text', (ctx) => {
      if (ctx.text === 'bad') throw new Error('never')
      ctx.reply(`re: ${ctx.text}`)
    })
    await using hub = await testHub({ bot, gateway: 'gowa', log: silent })
    const ana = hub.customer(PHONE)
    await ana.says('bad')
    await ana.says('good')
    await hub.clock.advance('30m')
    expect(ana.heard).toEqual(['re: good'])
    const dead = (await hub.events()).filter((event) => event.status === 'dead')
    expect(dead).toMatchObject([{ kind: 'message', attempts: 8, error: 'Error: never' }])
  })

  test('a step is paid for once, although the turn fails after it and the process dies', async () => {
    let paid = 0
    let fails = true
    const bot = createBot()
    bot.on('message:text', async (ctx) => {
      const receipt = await ctx.step('pay', async () => ++paid)
      if (fails) throw new Error('after paying')
      ctx.reply(`receipt ${receipt}`)
    })
    await using hub = await testHub({ bot, gateway: 'gowa', log: silent })
    const ana = hub.customer(PHONE)
    await ana.says('buy')
    await hub.clock.advance('1s')
    await hub.crash()
    fails = false
    await hub.clock.advance('10m')
    expect([paid, ana.heard]).toEqual([1, ['receipt 1']])
  })

  test('a timer that was cancelled after it fired, and before its turn, is not heard', async () => {
    const heard: string[] = []
    const bot = createBot()
    bot.on('message:text', (ctx) => {
      if (ctx.text === 'set') ctx.schedule('remind', '1m')
      if (ctx.text === 'cancel') ctx.cancel('remind')
      if (ctx.text === 'move') ctx.schedule('remind', '10m')
    })
    bot.timer('remind', () => void heard.push('remind'))
    await using hub = await testHub({ bot, gateway: 'gowa' })
    const ana = hub.customer(PHONE)
    await ana.says('set')
    await hub.clock.advance('30s')
    await ana.says('move')
    await hub.clock.advance('5m')
    expect(heard).toEqual([])
    await hub.clock.advance('5m')
    expect(heard).toEqual(['remind'])
    await ana.says('set')
    await ana.says('cancel')
    await hub.clock.advance('1h')
    expect(heard).toEqual(['remind'])
  })
})

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
