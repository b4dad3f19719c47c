import { createHmac } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createBot } from '../src/bot/bot.ts'
import type { Logger } from '../src/core/ports.ts'
import { compose, loadHub, type Program } from '../src/main.ts'
import { mutate, mutation } from './mutate.ts'

/**
 * Everything a gateway, a stranger or a fault can put on the wire, through the whole program: real HTTP,
 * the real store, turns included. Each gets its designed answer, and the hub is none the worse for it.
 */
const SECRET = 'a-hostile-test-secret'
const KEY = 'a-hostile-url-key'
const TOKEN = 'b1f2c3d4-0000-4000-8000-000000000009'
const sign = (body: string | Buffer) => `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`

interface Sample {
  body?: unknown
  text?: string
}
const samplesOf = (gateway: string): unknown[] => {
  const folder = new URL(`../src/gateways/${gateway}/samples/`, import.meta.url)
  return readdirSync(folder)
    .flatMap((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Sample[])
    .filter((sample) => sample.text === undefined)
    .map((sample) => sample.body)
}

let dir: string
let program: Program
let url: string
const logged: string[] = []

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'pombo-hostile-'))
  const file = join(dir, 'pombo.config.json')
  const { writeFileSync } = await import('node:fs')
  writeFileSync(
    file,
    JSON.stringify({
      port: 0,
      database: `sqlite:${join(dir, 'hub.db')}`,
      instances: [
        { id: 'support', gateway: 'gowa', baseUrl: 'http://127.0.0.1:9', webhook: { secrets: [SECRET] } },
        {
          id: 'sales',
          gateway: 'uazapi',
          baseUrl: 'http://127.0.0.1:9',
          token: TOKEN,
          webhook: { key: KEY },
        },
      ],
    }),
  )
  const { config } = await loadHub({ file, cwd: dir, env: { POMBO_API_KEY: 'a-hostile-api-key-000' } })
  const record = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`)
  const log: Logger = { debug() {}, info: record, warn: record, error: record, child: () => log }
  const bot = createBot()
  bot.everywhere().on('message', () => {})
  program = await compose({ config, bot: bot.handler, overrides: { log } })
  url = (await program.start()).url
})
afterAll(async () => {
  await program.stop(1000)
  rmSync(dir, { recursive: true, force: true })
})

const gowa = (
  body: string | Buffer,
  headers: Record<string, string> = { 'x-hub-signature-256': sign(body) },
) =>
  fetch(`${url}/webhooks/support`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })
const uazapi = (body: string) =>
  fetch(`${url}/webhooks/sales/${KEY}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  })

describe('authentic, whatever it holds', () => {
  test.each<[string, string | Buffer]>([
    ['nothing', ''],
    ['an array', '[1,[2,[3]]]'],
    ['a number', '42'],
    ['null', 'null'],
    ['text that is not JSON', '{oops'],
    ['bytes that are not text', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
    ['an event that is an object', '{"event":{"a":1},"payload":7}'],
    ['an unknown kind', '{"event":"brand.new","payload":{"x":1}}'],
    ['ten thousand levels', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['ten thousand objects deep', `${'{"event":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    [
      'NUL',
      '{"event":"message","payload":{"id":"a\\u0000b","chat_id":"5511911110001@s.whatsapp.net","from":"5511911110001@s.whatsapp.net","body":"x\\u0000y"}}',
    ],
    [
      'lone surrogates',
      '{"event":"message","payload":{"id":"\\ud800","chat_id":"5511911110001@s.whatsapp.net","from":"5511911110001@s.whatsapp.net","body":"\\udfff \\ud83d"}}',
    ],
    [
      '__proto__',
      '{"event":"message","payload":{"__proto__":{"id":"x"},"constructor":{"prototype":{"y":1}}}}',
    ],
  ])('%s is accepted and kept', async (_, body) => {
    const answer = await gowa(body)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ accepted: 1, duplicates: 0 })
  })

  test('golden samples mutated in every way never meet a 5xx, a dead letter or a lane that stops', async () => {
    const golden = { gowa: samplesOf('gowa'), uazapi: samplesOf('uazapi') }
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('gowa' as const, 'uazapi' as const),
        fc.nat(),
        fc.array(mutation, { maxLength: 4 }),
        async (gateway, index, mutations) => {
          const samples = golden[gateway]
          const body = mutations.reduce(mutate, structuredClone(samples[index % samples.length]))
          const withToken =
            gateway === 'uazapi' && typeof body === 'object' && body !== null && 'token' in body
              ? { ...body, token: TOKEN }
              : body
          const text = JSON.stringify(withToken) ?? ''
          const answer = gateway === 'gowa' ? await gowa(text) : await uazapi(text)
          expect(answer.status).toBe(200)
        },
      ),
      { numRuns: 400 },
    )
    await program.hub.idle()
    const { store } = program.hub
    expect(await store.backlog()).toMatchObject({ deadEvents: 0 })
    const waiting = (await store.listEvents({ limit: 200, status: 'pending' })).data
    expect(waiting).toEqual([])
  })

  test('a duplicate is one event, and a year-old one is kept without being answered', async () => {
    const body = (at: string, id: string) =>
      JSON.stringify({
        event: 'message',
        device_id: '5511900000000@s.whatsapp.net',
        payload: {
          id,
          timestamp: at,
          is_from_me: false,
          chat_id: '5511911110002@s.whatsapp.net',
          from: '5511911110002@s.whatsapp.net',
          body: 'hi',
        },
      })
    const now = new Date().toISOString()
    const both = await Promise.all([gowa(body(now, 'TWICE')), gowa(body(now, 'TWICE'))])
    const counts = await Promise.all(both.map((answer) => answer.json() as Promise<{ accepted: number }>))
    expect(counts.map((c) => c.accepted).sort()).toEqual([0, 1])
    await gowa(body(new Date(Date.now() - 365 * 24 * 3_600_000).toISOString(), 'OLD'))
    await program.hub.idle()
    const [old] = (await program.hub.store.listEvents({ limit: 1 })).data
    expect(old).toMatchObject({ status: 'skipped', note: expect.stringContaining('too old') })
  })
})

describe('not authentic', () => {
  const body = '{"event":"message","payload":{}}'
  const good = sign(body)
  test.each<[string, Record<string, string>]>([
    ['missing', {}],
    ['empty', { 'x-hub-signature-256': '' }],
    ['short', { 'x-hub-signature-256': 'sha256=abc' }],
    ['long', { 'x-hub-signature-256': `${good}00` }],
    ['not hex', { 'x-hub-signature-256': `sha256=${'z'.repeat(64)}` }],
    ['without its prefix', { 'x-hub-signature-256': good.slice(7) }],
    ['of another body', { 'x-hub-signature-256': sign(`${body} `) }],
    ['twice', { 'x-hub-signature-256': `${good}, ${good}` }],
  ])('a signature that is %s is refused', async (_, headers) => {
    const answer = await gowa(body, headers)
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ code: 'E_UNAUTHENTICATED', status: 401 })
  })

  test('upper-case hex is the same signature', async () => {
    expect(
      (await gowa(body, { 'x-hub-signature-256': `sha256=${good.slice(7).toUpperCase()}` })).status,
    ).toBe(200)
  })

  test('two signature headers on the wire are refused', async () => {
    const { port } = new URL(url)
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () =>
        socket.write(
          `POST /webhooks/support HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\nConnection: close\r\n` +
            `X-Hub-Signature-256: ${good}\r\nX-Hub-Signature-256: ${good}\r\n\r\n${body}`,
        ),
      )
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk
      })
      socket.on('end', () => resolve(text))
      socket.on('error', reject)
    })
    expect(answer).toMatch(/^HTTP\/1\.1 401/)
  })
})

test('nothing of a body, a phone or a credential is in the log', () => {
  const all = logged.join('\n')
  for (const word of [SECRET, KEY, TOKEN, '5511911110001', '5511911110002']) expect(all).not.toContain(word)
})
