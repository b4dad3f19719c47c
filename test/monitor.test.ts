import { afterEach, expect, test } from 'vitest'
import { createBot } from '../src/bot/bot.ts'
import type { HttpClient } from '../src/core/ports.ts'
import type { Handler } from '../src/core/turn.ts'
import { startHub } from './monitor-hub.ts'

/** What the monitor of the console asks, through the whole program. */

const sent: HttpClient = async () => ({
  type: 'answered',
  status: 200,
  headers: {},
  body: JSON.stringify({ code: 'SUCCESS', message: 'ok', results: { message_id: `S${Math.random()}` } }),
})
const hubs: { [Symbol.asyncDispose](): Promise<void> }[] = []
afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub[Symbol.asyncDispose]()
})
async function start(
  bot: Handler,
  ...more: Parameters<typeof startHub> extends [unknown, ...infer R] ? R : never
) {
  const hub = await startHub(bot, { http: sent, ...more[0] }, more[1])
  hubs.push(hub)
  return hub
}

test('an event tells its stages, what each handler made of it, what was sent and how it was delivered', async () => {
  const bot = createBot()
  bot.command('help', (ctx) => void ctx.reply('Commands: /help'))
  bot.instance('sales').hears('order', () => {})
  const hub = await start(
    bot.handler,
    {},
    { features: { replies: { rules: [{ match: 'price', reply: 'Ten.' }] } } },
  )
  for (const text of ['/help', 'price', 'order']) await hub.says(text)
  const { json: list } = await hub.api('GET', '/events?kind=message&author=other&instance=support')
  const details = await Promise.all(
    (list.data as { id: string }[]).map(async ({ id }) => (await hub.api('GET', `/events/${id}`)).json),
  )
  const [order, price, help] = details
  expect(help).toMatchObject({
    status: 'done',
    handlers: [
      { handler: 'replies', outcome: 'no-match' },
      { handler: 'bot', outcome: 'ran', ran: ['command help'] },
    ],
    commands: [{ type: 'text', state: 'sent', event: help.id, sendingAt: expect.any(String) }],
    normalised: { chat: { address: 'phone:5511911110001' }, sender: { name: 'Ana' } },
    delivery: { encoding: 'json', payload: { event: 'message' }, events: [help.id] },
    generations: [{ id: help.id, generation: 0 }],
  })
  expect(help.timeline.map(({ stage }: { stage: string }) => stage)).toEqual([
    'received',
    'verified',
    'stored',
    'started',
    'handled',
  ])
  expect(help.timeline.slice(1).every(({ ms }: { ms: number }) => ms >= 0)).toBe(true)
  expect(price.handlers).toEqual([
    { handler: 'replies', outcome: 'ran', ran: ['everywhere > filter'], notes: expect.any(Array) },
    { handler: 'bot', outcome: 'not-reached' },
  ])
  expect(order.handlers[1]).toMatchObject({
    outcome: 'no-match',
    reason: 'no handler matched',
    missed: [
      { reason: 'did not match', count: 1, first: ['command help'] },
      { reason: 'another number', count: 1, first: ['instance sales'] },
    ],
  })
  expect(order.note).toBe('bot: nothing ran (no handler matched); replies: nothing ran (no handler matched)')

  await hub.api('POST', `/chats/${order.chat}/owner`, { owner: 'person' })
  await hub.says('/help')
  const { json: latest } = await hub.api('GET', '/events?limit=1&kind=message&author=other')
  const { json: theirs } = await hub.api('GET', `/events/${latest.data[0].id}`)
  expect(theirs.handlers[1]).toMatchObject({
    handler: 'bot',
    outcome: 'out-of-scope',
    reason: 'the chat belongs to a person; see bot.always()',
  })
})

test('a handler that throws is named; of several that are to be retried each says why it is not', async () => {
  let broken = true
  const hub = await start((turn, next) => {
    if (broken && turn.event.fact.kind === 'message') throw new Error('no')
    return next()
  })
  await hub.says('one', 'support', '5511911110001').catch(() => {})
  const { json } = await hub.api('GET', '/events?kind=message')
  const { id } = json.data[0]
  const { json: failed } = await hub.api('GET', `/events/${id}`)
  expect(failed).toMatchObject({
    status: 'pending',
    error: 'Error: no',
    handlers: [{ handler: 'bot', outcome: 'stopped' }],
  })
  broken = false
  const { json: outcome } = await hub.api('POST', '/dead-letters/retry', { ids: [id, 'evt_999', id] })
  expect(outcome).toMatchObject({ done: 0, failed: 2 })
  expect(outcome.data[0].detail).toMatch(/Only dead ones/)
  expect(outcome.data[1].detail).toMatch(/no such event/)
})

test('traffic and the overview count what happened', async () => {
  const bot = createBot()
  bot.on('message', (ctx) => void ctx.reply('hi'))
  const hub = await start(bot.handler)
  await hub.says('one')
  await hub.says('two', 'sales')
  await hub.program.hub.flushTraffic()
  const { json: overview } = await hub.api('GET', '/overview')
  expect(overview).toMatchObject({
    attention: { total: 0 },
    lastHour: { deliveries: 2, handled: 2, sent: 2, failed: 0, lag: { p50: expect.any(Number) } },
    lastDay: { deliveries: 2 },
    instances: [
      { id: 'support', lastHour: { deliveries: 1, sent: 1 } },
      { id: 'sales', lastHour: { deliveries: 1 } },
    ],
    nodes: { count: 1, roles: { worker: 1 } },
    store: { engine: 'sqlite', ok: true },
  })
  const { json: traffic } = await hub.api('GET', '/traffic?by=instance&step=hour')
  const sum = (points: { deliveries: number }[]) => points.reduce((n, { deliveries }) => n + deliveries, 0)
  expect(traffic.points).toHaveLength(25)
  expect(sum(traffic.points)).toBe(2)
  expect(traffic.instances.map(({ points }: { points: [] }) => sum(points))).toEqual([1, 1])
  expect((await hub.api('GET', '/traffic?step=minute&from=2026-01-01T00:00:00Z')).json.detail).toMatch(
    /take a longer step/,
  )
  expect((await hub.api('GET', '/traffic?from=2999-01-01T00:00:00Z')).json.code).toBe('E_INVALID')
})

test('a dry run shows what would be sent, keeps nothing, and stops where outside work would begin', async () => {
  let calls = 0
  let version = 1
  const bot = createBot()
  bot.command('slow', async (ctx) => {
    const price = await ctx.step('price', () => ++calls)
    if (version === 2) await ctx.step('new', () => ++calls)
    ctx.reply(`It costs ${price}.`)
  })
  bot.hears('count', (ctx) => {
    const session = ctx.session as { n?: number }
    session.n = (session.n ?? 0) + 1
    ctx.reply(`${session.n}`)
  })
  const hub = await start(bot.handler)
  for (const text of ['/slow', 'count', 'nothing']) await hub.says(text)
  const replay = (more: object) => hub.api('POST', '/events/replay', { kind: ['message'], ...more })
  const before = (await hub.api('GET', '/events?limit=200')).json.data.length

  const { status, json } = await replay({ dryRun: true })
  expect(status).toBe(200)
  expect(json).toMatchObject({ dryRun: true, matched: expect.any(Number) })
  const texts = () =>
    json.data.map(({ commands }: { commands: { command: { text: string } }[] }) =>
      commands.map(({ command }) => command.text),
    )
  expect(texts()).toEqual([['It costs 1.'], ['2'], []])
  expect(json.data[2].handlers[0]).toMatchObject({ outcome: 'no-match' })
  expect((await replay({ dryRun: true })).json).toEqual(json)
  version = 2
  expect((await replay({ dryRun: true })).json.data[0]).toMatchObject({
    commands: [],
    stopped: expect.stringMatching(/the step "new" has no stored result/),
    handlers: [{ outcome: 'stopped' }],
  })
  expect(calls).toBe(1)
  expect((await hub.api('GET', '/events?limit=200')).json.data).toHaveLength(before)

  await hub.api('POST', `/chats/${json.data[0].chat}/owner`, { owner: 'person' })
  const theirs = await replay({ dryRun: true })
  expect(theirs.json.data[1]).toMatchObject({ commands: [], handlers: [{ outcome: 'out-of-scope' }] })
})

test('a replay of many runs each event once more, tells how far it is, and can be cancelled', async () => {
  const seen: string[] = []
  const bot = createBot()
  bot.on('message:text', (ctx) => void seen.push(ctx.text))
  const hub = await start(bot.handler)
  for (const text of ['a', 'b', 'c']) await hub.says(text)
  await hub.says('d', 'sales')
  const begun = await hub.api('POST', '/events/replay', { instance: ['support'], kind: ['message'] })
  expect(begun).toMatchObject({ status: 202, json: { state: 'running', matched: 3, queued: 0 } })
  await hub.until(async () => (await hub.api('GET', `/replays/${begun.json.id}`)).json.state === 'done')
  await hub.program.hub.idle()
  expect(seen).toEqual(['a', 'b', 'c', 'd', 'a', 'b', 'c'])
  expect((await hub.api('GET', '/replays')).json.data).toMatchObject([{ queued: 3, skipped: 0 }])
  expect((await hub.api('DELETE', `/replays/${begun.json.id}`)).json.state).toBe('done')
  expect((await hub.api('DELETE', '/replays/rpl_77')).status).toBe(404)
  expect((await hub.api('POST', '/events/replay', {})).json).toMatchObject({
    code: 'E_INVALID',
    detail: expect.stringMatching(/say which events/),
  })
  expect((await hub.api('POST', '/events/replay', { limit: 10_001, ids: ['evt_1'] })).json.code).toBe(
    'E_INVALID',
  )
})

test('sends that stayed open are decided one by one or many at once, with the words of who decided', async () => {
  const lost: HttpClient = async () => ({ type: 'unanswered', reason: 'reset' })
  const bot = createBot()
  bot.on('message', (ctx) => void ctx.reply('hi'))
  const hub = await start(bot.handler, { http: lost })
  await hub.says('one', 'support', '5511911110001')
  await hub.says('two', 'support', '5511911110002')
  const { json: open } = await hub.api('GET', '/commands?state=unknown,held')
  const ids = open.data.map(({ id }: { id: string }) => id)
  expect(ids).toHaveLength(2)
  expect((await hub.api('GET', '/overview')).json.attention).toMatchObject({
    total: 2,
    unknownSends: { count: 2, first: [{ state: 'unknown' }, { state: 'unknown' }] },
  })
  const { json } = await hub.api('POST', '/commands/resolve', {
    ids: [...ids, '00000000-0000-7000-8000-000000000009'],
    decision: 'failed',
    reason: 'Ana says nothing came',
  })
  expect(json).toMatchObject({ done: 2, failed: 1 })
  expect((await hub.api('GET', `/commands/${ids[0]}`)).json).toMatchObject({
    state: 'rejected',
    reason: 'a person saw that it was not sent: Ana says nothing came',
  })
  const again = await hub.api('POST', `/commands/${ids[0]}/resolve`, { decision: 'discard' })
  expect(again.json.state).toBe('discarded')
})

test('a delivery that told nothing new is listed all the same', async () => {
  const hub = await start(createBot().handler)
  await hub.says('one')
  await hub.repeat()
  const { json } = await hub.api('GET', '/deliveries?instance=support')
  expect(json.data.map(({ events }: { events: number }) => events)).toEqual([0, 1])
})
