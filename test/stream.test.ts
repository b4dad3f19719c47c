import { type ClientRequest, get, type IncomingMessage } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { createBot } from '../src/bot/bot.ts'
import { streamMessages } from '../src/http/contract/stream.ts'
import { HUB_KEY, startHub } from './monitor-hub.ts'

/** `GET /stream` as a browser reads it. */

interface Told {
  type: keyof typeof streamMessages
  id: number
  // biome-ignore lint/suspicious/noExplicitAny: what it is depends on its type, and is checked against its contract
  data: any
}
const opened: { close(): void }[] = []
const hubs: { [Symbol.asyncDispose](): Promise<void> }[] = []
afterEach(async () => {
  for (const stream of opened.splice(0)) stream.close()
  for (const hub of hubs.splice(0)) await hub[Symbol.asyncDispose]()
})

async function start() {
  const bot = createBot()
  bot.on('message', () => {})
  const hub = await startHub(bot.handler)
  hubs.push(hub)
  return hub
}

async function listen(url: string, query = '', headers: Record<string, string> = {}) {
  const told: Told[] = []
  let ended = false
  let wake = () => {}
  let buffer = ''
  let request!: ClientRequest
  const res = await new Promise<IncomingMessage>((resolve, reject) => {
    request = get(
      `${url}/api/v1/stream${query}`,
      { headers: { authorization: `Bearer ${HUB_KEY}`, ...headers }, agent: false },
      resolve,
    ).on('error', reject)
  })
  request.on('error', () => {})
  const close = () => {
    ended = true
    wake()
  }
  res.on('error', close).on('close', close)
  res.setEncoding('utf8').on('data', (chunk: string) => {
    buffer += chunk
    const parts = buffer.split('\n\n')
    buffer = parts.pop()!
    for (const part of parts) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1]
      const type = field('event') as Told['type']
      told.push({
        type,
        id: Number(field('id')),
        data: streamMessages[type].parse(JSON.parse(field('data')!)),
      })
    }
    wake()
  })
  const waitFor = async (isThere: () => boolean): Promise<void> => {
    const deadline = Date.now() + 10_000
    while (!isThere()) {
      if (Date.now() > deadline) throw new Error(`not told: ${JSON.stringify(told).slice(0, 2_000)}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
  const of = (type: Told['type']) => told.filter((one) => one.type === type)
  const stream = {
    res,
    told,
    of,
    events: () => of('event').map(({ data }) => `${data.instance} ${data.status}`),
    waitFor,
    get ended() {
      return ended
    },
    close: () => request.destroy(),
  }
  opened.push(stream)
  if (res.statusCode === 200) await waitFor(() => told.length > 0)
  return stream
}

test('events are told as they come and as they change, and that lists are to be asked for again', async () => {
  const hub = await start()
  const all = await listen(hub.url)
  const sales = await listen(hub.url, '?instance=sales')
  const quiet = await listen(hub.url, '?events=false')
  expect(all.res.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-content-type-options': 'nosniff',
  })
  expect(all.told[0]).toMatchObject({ type: 'hello', data: { retryMs: 2_000 } })
  await hub.says('hello')
  await all.waitFor(() => all.events().includes('support done'))
  await hub.says('hello', 'sales')
  await sales.waitFor(() => sales.events().includes('sales done'))
  await quiet.waitFor(() => quiet.of('changed').some(({ data }) => data.topics.includes('events')))
  expect(sales.events().filter((event) => event.startsWith('support'))).toEqual([])
  expect(quiet.events()).toEqual([])
  const { json } = await hub.api('GET', '/events?limit=1')
  expect(sales.of('event').at(-1)?.data).toEqual(json.data[0])
  hub.program.hub.news.changed(['alerts'])
  await sales.waitFor(() => sales.of('changed').some(({ data }) => data.topics.includes('alerts')))
})

test('who was away gets what it missed, or is told to ask anew when that is too much', async () => {
  const hub = await start()
  await hub.says('one')
  const first = await listen(hub.url)
  await hub.says('two')
  await first.waitFor(() => first.of('event').some(({ data }) => data.status === 'done'))
  const cursor = first.told.at(-1)!.id
  first.close()
  await hub.says('three')
  const back = await listen(hub.url, '', { 'last-event-id': String(cursor) })
  await back.waitFor(() => back.of('event').length > 0)
  expect(back.of('event').map(({ data }) => data.fact.message.content.text)).toEqual(['three'])
  for (const far of ['9999', '999999999999999']) {
    const lost = await listen(hub.url, `?after=${far}`)
    await lost.waitFor(() => lost.of('reset').length > 0)
  }
  const odd = await listen(hub.url, '?after=nonsense')
  expect(odd.of('reset')).toEqual([])
})

test('one credential has so many streams and no more, and gets them back', async () => {
  const hub = await start()
  const streams = await Promise.all(Array.from({ length: 20 }, () => listen(hub.url)))
  const over = await hub.api('GET', '/stream')
  expect([over.status, over.json.code, over.headers.get('retry-after')]).toEqual([429, 'E_TOO_MANY', '10'])
  streams[0]!.close()
  await hub.until(async () => {
    const again = await listen(hub.url)
    return again.res.statusCode === 200
  })
})

test('streams end with the hub, at once and with a word', async () => {
  const hub = await start()
  const stream = await listen(hub.url)
  const begun = performance.now()
  await hub.program.stop(5_000)
  await stream.waitFor(() => stream.ended)
  expect(stream.told.at(-1)).toMatchObject({ type: 'bye', data: { reason: 'drain' } })
  expect(performance.now() - begun).toBeLessThan(3_000)
})

test('without a credential there is none', async () => {
  const hub = await start()
  const refused = await hub.ask('GET', '/api/v1/stream', undefined, { authorization: '' })
  expect([refused.status, refused.json.code]).toEqual([401, 'E_UNAUTHENTICATED'])
  expect((await hub.api('GET', '/stream?events=maybe')).json.code).toBe('E_INVALID')
})
