import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { arrival, person, textEvent } from '../../test/store-conformance.ts'
import type { MediaConfig } from '../core/config.ts'
import type { Media, MediaType } from '../core/events.ts'
import type { Answer, GatewayClient, MediaLocation } from '../core/gateway.ts'
import type { ChatId, InstanceId, MessageId, MessageRowId } from '../core/ids.ts'
import { type FetchBytes, type FetchedBytes, type MediaStore, TooManyBytes } from '../core/media.ts'
import { type Logger, noMetrics } from '../core/ports.ts'
import type { Store } from '../core/store.ts'
import { openSqliteStore } from '../storage/sqlite/open.ts'
import { createMediaFetcher, type MediaFetcher } from './media.ts'
import { Outage } from './outage.ts'

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
const SUPPORT = 'support' as InstanceId
const BASE = 'http://10.0.0.5:3000/gate'
const PNG = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(92)])
const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Bytes in memory; what is kept and what only lies aside can be counted. */
class MemoryStore implements MediaStore {
  readonly kept = new Map<string, Buffer>()
  aside = 0
  failing = 0
  async receive(chunks: AsyncIterable<Uint8Array>) {
    const all: Uint8Array[] = []
    for await (const chunk of chunks) all.push(chunk)
    const bytes = Buffer.concat(all)
    let here = true
    this.aside++
    const drop = async () => {
      if (here) this.aside--
      here = false
    }
    return {
      hash: sha(bytes),
      bytes: bytes.length,
      head: bytes.subarray(0, 4096),
      drop,
      keep: async () => {
        if (this.failing-- > 0) throw new Error('disk full')
        this.kept.set(sha(bytes), bytes)
        await drop()
      },
    }
  }
  async open(hash: string) {
    const bytes = this.kept.get(hash)
    return bytes && chunksOf(bytes, Number.POSITIVE_INFINITY)
  }
  async remove(hash: string) {
    this.kept.delete(hash)
  }
}
async function* chunksOf(bytes: Uint8Array, maxBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 64) {
    if (at + 64 > maxBytes) throw new TooManyBytes(maxBytes)
    yield bytes.subarray(at, at + 64)
  }
}

describe('fetching media', () => {
  let dir: string
  let now: number
  let store: Store
  let media: MemoryStore
  let fetcher: MediaFetcher
  /** What the far side answers, by URL; a function is asked each time. */
  let answers: Map<string, Uint8Array | number | (() => Promise<FetchedBytes>)>
  let asked: Parameters<FetchBytes>[0][]
  let download: ((message: { id: MessageId; media: Media }) => Promise<Answer<MediaLocation>>) | undefined
  let serial = 0

  const limits: MediaConfig = {
    fetch: true,
    store: { type: 'folder', folder: '/nowhere' },
    keepMs: 30 * DAY,
    maxBytes: 1_000,
    bytesPerDay: 10_000,
    concurrency: 2,
    timeoutMs: 30_000,
  }
  const clock = { now: () => now, monotonic: () => now, setTimeout: () => ({ cancel() {} }) }
  const fetch: FetchBytes = async (request) => {
    asked.push(request)
    const answer = answers.get(request.url)
    if (typeof answer === 'function') return answer()
    if (answer instanceof Uint8Array) return { type: 'bytes', chunks: chunksOf(answer, request.maxBytes) }
    return { type: 'refused', status: answer ?? 404 }
  }
  const begin = (more: Partial<MediaConfig> = {}) => {
    const client = {
      ...(download && { download: (message: { id: MessageId; media: Media }) => download?.(message) }),
    } as unknown as GatewayClient
    fetcher = createMediaFetcher({
      store,
      media,
      fetch,
      clients: new Map([[SUPPORT, client]]),
      baseUrls: new Map([[SUPPORT, BASE]]),
      limits: { ...limits, ...more },
      clock,
      random: () => 0.5,
      log: silent,
      metrics: noMetrics,
      outage: new Outage(clock, silent),
      wake() {},
    })
    fetcher.start()
  }
  const open = () => openSqliteStore({ path: join(dir, 'hub.db'), log: silent, dedupeMs: 30 * DAY, clock })
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'pombo-fetch-'))
    now = Date.UTC(2026, 10, 1)
    store = await open()
    media = new MemoryStore()
    answers = new Map()
    asked = []
    download = undefined
  })
  afterEach(async () => {
    await fetcher?.stop(0)
    await store.close()
    rmSync(dir, { recursive: true })
  })

  /** Lets everything that can happen now happen. */
  const settle = async () => {
    fetcher.nudge()
    for (let quiet = 0; quiet < 20; ) {
      await new Promise((next) => setImmediate(next))
      quiet = fetcher.resting ? quiet + 1 : 0
    }
  }
  const wait = async (ms: number) => {
    now += ms
    await settle()
  }
  /** A message with a medium arrives and its turn is committed. */
  const arrive = async (
    source: Media['source'],
    options: {
      type?: MediaType
      author?: 'other' | 'person'
      live?: boolean
      fileName?: string
      mime?: string
    } = {},
  ): Promise<MessageRowId> => {
    const { type = 'image', author = 'other', live = true, ...about } = options
    const id = `M${++serial}` as MessageId
    const content = { type, media: { source, ...about } }
    await store.accept([
      arrival(
        textEvent(person('5511911110001'), id, {
          author,
          fact: { kind: 'message', message: { id, content } },
        }),
      ),
    ])
    for (const lane of await store.claimLanes({ holder: 'a', limit: 9, perLane: 9, leaseMs: 8_000 })) {
      for (const event of lane.events) {
        if (event.fact.kind !== 'message') continue
        const { message } = event.fact
        await store.commitTurns([
          {
            lane: lane.lane,
            fence: lane.fence,
            instance: lane.instance,
            event: event.id,
            place: event.place,
            more: false,
            leaseMs: 8_000,
            log: [{ type: 'message', message, author, at: now, status: 'delivered', live }],
            commands: [],
            state: new Map(),
            timers: [],
            outcome: 'done',
          },
        ])
      }
    }
    const [chat] = (await store.listChats({ limit: 1 })).data
    const rows = (await store.listMessages(chat!.id as ChatId, { limit: 50 })).data
    return rows.find((row) => row.messageId === id)!.row
  }
  const stateOf = async (row: MessageRowId) => (await store.getMedia(row))?.state
  const path = (name: string) => ({ type: 'path', path: `statics/media/${name}` }) as const
  const urlOf = (name: string) => `${BASE}/statics/media/${name}`

  test('a picture below the gateway’s address is fetched and kept by its content', async () => {
    answers.set(urlOf('a.png'), PNG)
    const row = await arrive(path('a.png'), { fileName: 'a.png', mime: 'text/html' })
    expect(await store.getMedia(row)).toMatchObject({ state: 'wanted', attempts: 0 })
    begin()
    await settle()
    expect(await store.getMedia(row)).toEqual({
      message: row,
      state: 'fetched',
      attempts: 1,
      hash: sha(PNG),
      bytes: 100,
      mime: 'image/png',
      fetchedAt: now,
      fileName: 'a.png',
    })
    expect(asked).toMatchObject([
      { url: urlOf('a.png'), reach: 'gateway', timeoutMs: 30_000, maxBytes: 1_000 },
    ])
    const [chat] = (await store.listChats({ limit: 1 })).data
    expect((await store.listMessages(chat!.id, { limit: 9 })).data[0]?.media).toMatchObject({
      state: 'fetched',
    })
    const opened = await fetcher.open(row)
    const bytes: Uint8Array[] = []
    for await (const chunk of opened!.bytes!) bytes.push(chunk)
    expect(Buffer.concat(bytes).equals(PNG)).toBe(true)
    expect(media.aside).toBe(0)
  })

  test('own messages and what only history tells are not fetched', async () => {
    const own = await arrive(path('own.png'), { author: 'person' })
    const old = await arrive(path('old.png'), { live: false })
    begin()
    await settle()
    expect([await store.getMedia(own), await store.getMedia(old), asked]).toEqual([undefined, undefined, []])
  })

  test.each([
    ['another host', 'http://192.168.0.1/secret.png'],
    ['another port of the gateway’s host', 'http://10.0.0.5:3001/x.png'],
    ['another scheme', 'https://10.0.0.5:3000/x.png'],
    ['a file', 'file:///etc/passwd'],
    ['no address at all', 'nonsense'],
  ])('an address out of a delivery that leads to %s is never asked', async (_name, url) => {
    const row = await arrive({ type: 'url', url })
    begin()
    await settle()
    expect(asked).toEqual([])
    expect(await store.getMedia(row)).toMatchObject({ state: 'failed', attempts: 1 })
  })

  test.each([
    '../admin',
    'x/../../../admin',
    '%2e%2e/admin',
    '/../admin',
    '//evil.example/x',
    '\\\\evil.example\\x',
    'http://evil.example/x',
    'HTTP:evil.example/x',
    'file:///etc/passwd',
    '\t//evil.example/x',
  ])('a path that leads out of the gateway is never asked: %j', async (text) => {
    answers.set('http://10.0.0.5:3000/admin', PNG)
    const row = await arrive({ type: 'path', path: text })
    begin()
    await settle()
    for (const { url } of asked) expect(url.startsWith(`${BASE}/`)).toBe(true)
    expect(await stateOf(row)).not.toBe('fetched')
  })

  test('what the gateway names when asked: headers go to its own host only', async () => {
    const places: MediaLocation[] = [
      { type: 'url', url: `${BASE}/files/1`, headers: { authorization: 'Basic x' } },
      { type: 'url', url: 'https://files.example.com/2', headers: { authorization: 'Basic x' } },
      { type: 'bytes', bytes: PNG },
    ]
    download = async () => ({ ok: true, value: places.shift()! })
    answers.set(`${BASE}/files/1`, PNG).set('https://files.example.com/2', PNG)
    const rows = []
    for (let i = 0; i < 3; i++) rows.push(await arrive({ type: 'gateway' }))
    begin({ concurrency: 1 })
    await settle()
    for (const row of rows) expect(await stateOf(row)).toBe('fetched')
    expect(asked).toMatchObject([
      { url: `${BASE}/files/1`, reach: 'gateway', headers: { authorization: 'Basic x' } },
      { url: 'https://files.example.com/2', reach: 'public' },
    ])
    expect(asked[1]).not.toHaveProperty('headers')
    // Three messages, the same bytes: kept once.
    expect(media.kept.size).toBe(1)
  })

  test('where the file is not, the gateway is asked for it in the same try', async () => {
    download = async () => ({ ok: true, value: { type: 'bytes', bytes: PNG } })
    const row = await arrive(path('gone.png'))
    begin()
    await settle()
    expect(await store.getMedia(row)).toMatchObject({ state: 'fetched', attempts: 1 })
  })

  test('tries again with growing waits, and ends', async () => {
    const row = await arrive(path('late.png'))
    begin()
    const times: number[] = []
    for (let i = 0; i < 400 && (await stateOf(row)) === 'wanted'; i++) {
      const before = asked.length
      await wait(60_000)
      if (asked.length > before) times.push(now)
    }
    expect(await store.getMedia(row)).toMatchObject({
      state: 'failed',
      attempts: 14,
      reason: 'the gateway answered 404',
    })
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(HOUR)
    await wait(DAY)
    expect(asked).toHaveLength(14)
  })

  test('waits as long as the far side asks', async () => {
    answers.set(urlOf('busy.png'), async () => ({ type: 'refused', status: 429, afterMs: 5 * 60_000 }))
    const row = await arrive(path('busy.png'))
    begin()
    await settle()
    answers.set(urlOf('busy.png'), PNG)
    await wait(4 * 60_000)
    expect(asked).toHaveLength(1)
    await wait(61_000)
    expect(await stateOf(row)).toBe('fetched')
  })

  test('an error page, nothing at all, a broken body: tried again', async () => {
    const url = urlOf('x.png')
    const row = await arrive(path('x.png'))
    answers.set(url, Buffer.from('<html>please log in</html>'))
    begin()
    await settle()
    expect(await store.getMedia(row)).toMatchObject({ state: 'wanted', reason: 'it is text/html instead' })
    answers.set(url, Buffer.alloc(0))
    await wait(HOUR)
    expect(await store.getMedia(row)).toMatchObject({ state: 'wanted', reason: 'it is empty' })
    answers.set(url, async () => ({
      type: 'bytes',
      chunks: (async function* () {
        yield PNG.subarray(0, 50)
        throw new Error('reset')
      })(),
    }))
    await wait(HOUR)
    expect(await store.getMedia(row)).toMatchObject({
      state: 'wanted',
      reason: 'the bytes did not arrive whole',
    })
    answers.set(url, PNG)
    await wait(HOUR)
    expect(await store.getMedia(row)).toMatchObject({ state: 'fetched', attempts: 4 })
    expect(media.aside).toBe(0)
  })

  test('a disk that is full for a while', async () => {
    answers.set(urlOf('x.png'), PNG)
    const row = await arrive(path('x.png'))
    media.failing = 1
    begin()
    await settle()
    expect(await store.getMedia(row)).toMatchObject({
      state: 'wanted',
      reason: 'the media store did not take it',
    })
    expect(media.aside).toBe(0)
    await wait(HOUR)
    expect(await stateOf(row)).toBe('fetched')
  })

  test('larger than a file may be: for good, at once, and nothing of it is kept', async () => {
    answers.set(urlOf('big.png'), Buffer.concat([PNG, Buffer.alloc(2_000)]))
    const row = await arrive(path('big.png'))
    begin()
    await settle()
    expect(await store.getMedia(row)).toMatchObject({
      state: 'failed',
      attempts: 1,
      reason: 'it is larger than 1000 bytes',
    })
    expect([media.kept.size, media.aside]).toEqual([0, 0])
  })

  test('a day’s limit is kept, by many at a time too, and what is over comes the next day', async () => {
    const rows: MessageRowId[] = []
    for (let i = 0; i < 6; i++) {
      answers.set(urlOf(`${i}.png`), Buffer.concat([PNG, Buffer.alloc(800 - i)]))
      rows.push(await arrive(path(`${i}.png`)))
    }
    begin({ bytesPerDay: 2_000, concurrency: 6 })
    await settle()
    for (let i = 0; i < 20; i++) await wait(11 * 60_000)
    const states = async () => Promise.all(rows.map(stateOf))
    expect((await states()).filter((state) => state === 'fetched')).toHaveLength(2)
    expect((await states()).filter((state) => state === 'wanted')).toHaveLength(4)
    expect(await store.mediaBytesSince(0)).toBeLessThanOrEqual(2_000)
    await wait(DAY)
    await wait(11 * 60_000)
    expect((await states()).filter((state) => state === 'fetched').length).toBeGreaterThanOrEqual(4)
  })

  test('no more at a time than allowed', async () => {
    let running = 0
    let most = 0
    const gates: (() => void)[] = []
    for (let i = 0; i < 5; i++) {
      answers.set(urlOf(`${i}.png`), async () => {
        most = Math.max(most, ++running)
        await new Promise<void>((go) => gates.push(go))
        running--
        return { type: 'bytes', chunks: chunksOf(PNG, 1_000) }
      })
      await arrive(path(`${i}.png`))
    }
    begin()
    for (let done = 0; done < 5; ) {
      await new Promise((next) => setImmediate(next))
      fetcher.nudge()
      const go = gates.shift()
      if (go) {
        done++
        go()
      }
    }
    await settle()
    expect(most).toBe(2)
    expect(await store.mediaBytesSince(0)).toBe(500)
  })

  test('a process that died while fetching: it is fetched after the next start', async () => {
    answers.set(urlOf('x.png'), () => new Promise(() => {}))
    const row = await arrive(path('x.png'))
    begin()
    for (let i = 0; i < 20; i++) await new Promise((next) => setImmediate(next))
    expect(asked).toHaveLength(1)
    await store.close()
    store = await open()
    answers.set(urlOf('x.png'), PNG)
    begin()
    await wait(4 * 30_000 + 120_001)
    expect(await store.getMedia(row)).toMatchObject({ state: 'fetched', attempts: 2 })
  })

  test('expires; bytes another message still needs stay', async () => {
    answers.set(urlOf('a.png'), PNG).set(urlOf('b.png'), PNG)
    begin()
    const first = await arrive(path('a.png'))
    await settle()
    now += 20 * DAY
    const second = await arrive(path('b.png'))
    await settle()
    now += 11 * DAY
    expect(await fetcher.prune()).toBe(0)
    expect([await stateOf(first), await stateOf(second), media.kept.size]).toEqual(['expired', 'fetched', 1])
    expect((await fetcher.open(first))?.bytes).toBeUndefined()
    now += 20 * DAY
    expect(await fetcher.prune()).toBe(1)
    expect([await stateOf(second), media.kept.size]).toEqual(['expired', 0])
    expect(await fetcher.prune()).toBe(0)
  })

  test('bytes that come again while they are being removed are there afterwards', async () => {
    answers.set(urlOf('a.png'), PNG).set(urlOf('b.png'), PNG)
    begin()
    await arrive(path('a.png'))
    await settle()
    now += 31 * DAY
    const again = await arrive(path('b.png'))
    await Promise.all([fetcher.prune(), settle()])
    await fetcher.prune()
    expect(await stateOf(again)).toBe('fetched')
    expect((await fetcher.open(again))?.bytes).toBeDefined()
  })

  test('a number that is not configured any more', async () => {
    const row = await arrive(path('x.png'))
    fetcher = createMediaFetcher({
      store,
      media,
      fetch,
      clients: new Map(),
      baseUrls: new Map(),
      limits,
      clock,
      random: () => 0.5,
      log: silent,
      metrics: noMetrics,
      outage: new Outage(clock, silent),
      wake() {},
    })
    fetcher.start()
    await settle()
    expect(await stateOf(row)).toBe('failed')
  })
})
