import { createHash, randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { MediaStore } from '../core/media.ts'
import { systemClock } from './clock.ts'
import { openMediaFolder } from './media-folder.ts'
import { openMediaBucket } from './media-s3.ts'
import { signV4 } from './sign-v4.ts'

const sha = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex')
async function* chunks(...parts: (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part
    yield Buffer.from(part)
  }
}
const read = async (bytes: AsyncIterable<Uint8Array> | undefined) => {
  const all: Uint8Array[] = []
  for await (const chunk of bytes ?? []) all.push(chunk)
  return Buffer.concat(all).toString()
}

const ACCESS = { region: 'eu-1', accessKeyId: 'an-access-key', secretAccessKey: 'its-secret' }

/** A bucket that proves signatures over what it receives, as a server of that protocol does. */
class FakeBucket {
  readonly objects = new Map<string, Buffer>()
  readonly requests: string[] = []
  failing = 0
  readonly server: Server
  constructor() {
    this.server = createServer((request, response) => {
      const body: Buffer[] = []
      request.on('data', (chunk: Buffer) => body.push(chunk))
      request.on('end', () => {
        void this.#answer(request, Buffer.concat(body)).then(({ status, bytes }) => {
          response.writeHead(status, { 'content-length': bytes?.length ?? 0 })
          response.end(request.method === 'HEAD' ? undefined : bytes)
        })
      })
    })
  }
  async #answer(request: IncomingMessage, body: Buffer): Promise<{ status: number; bytes?: Buffer }> {
    const path = request.url ?? ''
    this.requests.push(`${request.method} ${path}`)
    if (this.failing-- > 0) return { status: 500 }
    const { headers } = request
    const stamp = String(headers['x-amz-date']).replace(
      /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
      '$1-$2-$3T$4:$5:$6Z',
    )
    const signed = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? []
    const expected = await signV4({
      ...ACCESS,
      method: request.method ?? '',
      url: new URL(path, `http://${headers.host}`),
      headers: Object.fromEntries(signed.map((name) => [name, String(headers[name])])),
      payloadHash: sha(body),
      now: Date.parse(stamp),
    })
    if (headers.authorization !== expected.authorization) return { status: 403 }
    const object = this.objects.get(path)
    switch (request.method) {
      case 'PUT':
        this.objects.set(path, body)
        return { status: 200 }
      case 'DELETE':
        this.objects.delete(path)
        return { status: 204 }
      default:
        return object ? { status: 200, bytes: object } : { status: 404 }
    }
  }
}

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'pombo-media-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const kinds: [string, () => Promise<{ store: MediaStore; bucket?: FakeBucket; close(): Promise<void> }>][] = [
  ['a folder', async () => ({ store: await openMediaFolder(dir), close: async () => {} })],
  [
    'a bucket',
    async () => {
      const bucket = new FakeBucket()
      await new Promise<void>((done) => bucket.server.listen(0, '127.0.0.1', done))
      const endpoint = `http://127.0.0.1:${(bucket.server.address() as AddressInfo).port}`
      const store = await openMediaBucket(
        { ...ACCESS, endpoint, bucket: 'media', prefix: 'pombo/', folder: join(dir, 'incoming') },
        { clock: systemClock },
      )
      return {
        store,
        bucket,
        async close() {
          await store.close()
          await new Promise((done) => bucket.server.close(done))
        },
      }
    },
  ],
]

describe.each(kinds)('media in %s', (_name, open) => {
  let store: MediaStore
  let bucket: FakeBucket | undefined
  let close: () => Promise<void>
  beforeEach(async () => {
    ;({ store, bucket, close } = await open())
  })
  afterEach(() => close())
  const left = () => readdirSync(join(dir, 'incoming'))

  test('is found under its hash once it is kept, not before', async () => {
    const received = await store.receive(chunks('hello ', 'world'))
    expect(received).toMatchObject({ hash: sha('hello world'), bytes: 11 })
    expect(Buffer.from(received.head).toString()).toBe('hello world')
    expect(await store.open(received.hash)).toBeUndefined()
    await received.keep()
    await received.drop()
    expect(await read(await store.open(received.hash))).toBe('hello world')
    expect(left()).toEqual([])
  })

  test('the same bytes are kept once', async () => {
    for (const parts of [['ab', 'c'], ['abc']]) await (await store.receive(chunks(...parts))).keep()
    expect(left()).toEqual([])
    if (bucket) expect(bucket.requests.filter((r) => r.startsWith('PUT'))).toHaveLength(1)
    const place = `${sha('abc').slice(0, 2)}/${sha('abc').slice(2)}`
    if (bucket) expect([...bucket.objects.keys()]).toEqual([`/media/pombo/${place}`])
    else expect(readFileSync(join(dir, place), 'utf8')).toBe('abc')
  })

  test('what breaks off leaves nothing', async () => {
    await expect(store.receive(chunks('half', new Error('broken')))).rejects.toThrow('broken')
    const unwanted = await store.receive(chunks('unwanted'))
    await unwanted.drop()
    await unwanted.drop()
    expect(left()).toEqual([])
    expect(await store.open(unwanted.hash)).toBeUndefined()
  })

  test('removed is gone; removing twice is fine', async () => {
    const received = await store.receive(chunks('abc'))
    await received.keep()
    await store.remove(received.hash)
    await store.remove(received.hash)
    expect(await store.open(received.hash)).toBeUndefined()
  })

  test('a hash that is none never becomes a path', async () => {
    for (const bad of ['../../etc/passwd', '', 'ab', `${'a'.repeat(63)}/`, 'A'.repeat(64)])
      await expect(async () => store.open(bad)).rejects.toThrow('sha256')
  })

  test('nothing, and the first bytes of much', async () => {
    expect(await store.receive(chunks())).toMatchObject({ bytes: 0, hash: sha('') })
    const much = await store.receive(chunks('x'.repeat(3_000), 'y'.repeat(3_000)))
    expect([much.bytes, much.head.length]).toEqual([6_000, 4_096])
  })
})

test('what a crash left half-written goes at the next start; files are for their owner only', async () => {
  const store = await openMediaFolder(dir)
  const received = await store.receive(chunks('abc'))
  await received.keep()
  writeFileSync(join(dir, 'incoming', randomUUID()), 'half')
  writeFileSync(join(dir, 'incoming', 'report.pdf'), 'somebody else’s')
  await openMediaFolder(dir)
  expect(readdirSync(join(dir, 'incoming'))).toEqual(['report.pdf'])
  const place = join(dir, sha('abc').slice(0, 2), sha('abc').slice(2))
  expect(existsSync(place)).toBe(true)
  expect(statSync(place).mode & 0o077).toBe(0)
})

test('in a folder that nodes share, what another is receiving stays', async () => {
  await openMediaFolder(dir)
  const [old, fresh] = [randomUUID(), randomUUID()]
  for (const name of [old, fresh]) writeFileSync(join(dir, 'incoming', name), 'half')
  const now = Date.now()
  utimesSync(join(dir, 'incoming', old), now / 1000, now / 1000 - 7_200)
  await openMediaFolder(dir, { spoolBefore: now - 3_600_000 })
  expect(readdirSync(join(dir, 'incoming'))).toEqual([fresh])
})

test('a bucket that refuses says so and keeps the bytes until they are dropped', async () => {
  const { store, bucket, close } = await kinds[1]![1]()
  const received = await store.receive(chunks('abc'))
  bucket!.failing = 2
  await expect(received.keep()).rejects.toThrow('500')
  expect(readdirSync(join(dir, 'incoming'))).toHaveLength(1)
  await received.drop()
  bucket!.failing = 1
  await expect(store.open(received.hash)).rejects.toThrow('500')
  await close()
})
