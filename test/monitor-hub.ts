import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '../src/core/ports.ts'
import type { Handler } from '../src/core/turn.ts'
import { compose, loadHub, type Overrides } from '../src/main.ts'

const SECRET = 'a-monitor-test-secret'
export const HUB_KEY = 'a-monitor-api-key-000000'

export interface Asked {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: answers are what a test says they are
  json: any
}

/** The whole program on a database of its own: real HTTP, real store, every answer held against its contract. */
export async function startHub(bot: Handler, overrides: Overrides = {}, config: object = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'pombo-monitor-'))
  const file = join(dir, 'pombo.config.json')
  writeFileSync(
    file,
    JSON.stringify({
      port: 0,
      database: `sqlite:${join(dir, 'hub.db')}`,
      instances: [
        { id: 'support', gateway: 'gowa', baseUrl: 'http://127.0.0.1:9', webhook: { secrets: [SECRET] } },
        { id: 'sales', gateway: 'gowa', baseUrl: 'http://127.0.0.1:9', webhook: { secrets: [SECRET] } },
      ],
      ...config,
    }),
  )
  const loaded = await loadHub({ file, cwd: dir, env: { POMBO_API_KEY: HUB_KEY } })
  const faults: string[] = []
  const log: Logger = {
    debug() {},
    info() {},
    warn() {},
    error: (fields, message) => void faults.push(`${message} ${'err' in fields ? String(fields.err) : ''}`),
    child: () => log,
  }
  const begun = performance.now()
  const program = await compose({
    config: loaded.config,
    bot,
    overrides: { log, checkAnswers: true, ...overrides },
  })
  const { url } = await program.start()
  const readyMs = performance.now() - begun

  async function ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Asked> {
    const res = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${HUB_KEY}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await res.text()
    const isJson = /json/.test(res.headers.get('content-type') ?? '')
    return { status: res.status, headers: res.headers, text, json: isJson ? JSON.parse(text) : undefined }
  }
  let nth = 0
  let last: { to: string; body: string } | undefined
  async function deliver(to: string, body: string): Promise<void> {
    last = { to, body }
    const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`
    const res = await fetch(`${url}/webhooks/${to}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'x-hub-signature-256': signature },
    })
    if (res.status !== 200) throw new Error(`the delivery was answered ${res.status}`)
    await program.hub.idle()
  }
  return {
    url,
    dir,
    program,
    faults,
    readyMs,
    ask,
    api: (method: string, path: string, body?: unknown) => ask(method, `/api/v1${path}`, body),
    /** A customer writes; resolves once everything that follows is done. */
    async says(text: string, to = 'support', from = '5511911110001'): Promise<void> {
      const body = JSON.stringify({
        event: 'message',
        device_id: '5511900000000@s.whatsapp.net',
        payload: {
          id: `M${++nth}`,
          chat_id: `${from}@s.whatsapp.net`,
          from: `${from}@s.whatsapp.net`,
          from_name: 'Ana',
          timestamp: new Date().toISOString(),
          body: text,
        },
      })
      await deliver(to, body)
    },
    /** The gateway delivers the last one again. */
    repeat: () => deliver(last!.to, last!.body),
    /** Asks until something is so. */
    async until(isSo: () => Promise<boolean>): Promise<void> {
      const deadline = Date.now() + 10_000
      while (!(await isSo())) {
        if (Date.now() > deadline) throw new Error('it did not become so within 10 s')
        await new Promise((next) => setTimeout(next, 20))
      }
    },
    async [Symbol.asyncDispose]() {
      await program.stop(500)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
