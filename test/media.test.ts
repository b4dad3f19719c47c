import { createHash, createHmac } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compose, loadHub } from '../src/main.ts'

/** A picture's whole way through the program: webhook, log, fetch, folder, API; the gateway over real HTTP. */

const SECRET = 'a-secret-of-the-webhook'
const KEY = 'an-api-key-of-the-hub'
const PNG = Buffer.concat([
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  Buffer.alloc(5_000, 7),
])

test('a picture somebody sends can be had from the API, also after the gateway has lost it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'pombo-picture-'))
  const asked: string[] = []
  const gateway = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    if (request.url === '/statics/media/1-a.png') response.writeHead(200).end(PNG)
    else response.writeHead(404).end('{}')
  })
  await new Promise<void>((done) => gateway.listen(0, '127.0.0.1', done))
  const { config } = await loadHub({
    file: undefined,
    cwd: dir,
    env: { PORT: '0', POMBO_API_KEY: KEY },
  })
  const baseUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`
  const program = await compose({
    config: {
      ...config,
      logLevel: 'silent',
      instances: [
        {
          id: 'support' as (typeof config.instances)[number]['id'],
          gateway: 'gowa',
          baseUrl,
          webhook: { secrets: [SECRET], allow: [] },
          insecure: false,
          tags: [],
          pacing: { minDelayMs: 0, maxDelayMs: 0 },
          apiMessagesClaim: false,
          settings: {},
        },
      ],
    },
  })
  try {
    const { url } = await program.start()
    const body = JSON.stringify({
      event: 'message',
      device_id: '5511900000000@s.whatsapp.net',
      payload: {
        id: '3EB0C0FFEE0001',
        timestamp: new Date().toISOString(),
        is_from_me: false,
        chat_id: '5511911110001@s.whatsapp.net',
        from: '5511911110001@s.whatsapp.net',
        from_name: 'Ana',
        image: 'statics/media/1-a.png',
      },
    })
    const signature = createHmac('sha256', SECRET).update(body).digest('hex')
    const accepted = await fetch(`${url}/webhooks/support`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}` },
      body,
    })
    expect(await accepted.json()).toEqual({ accepted: 1, duplicates: 0 })

    const api = (path: string) => fetch(`${url}${path}`, { headers: { authorization: `Bearer ${KEY}` } })
    type List<T> = { data: T[] }
    const medium = async () => {
      const [chat] = ((await (await api('/api/v1/chats')).json()) as List<{ id: string }>).data
      if (!chat) return undefined
      const messages = await api(`/api/v1/chats/${chat.id}/messages`)
      return ((await messages.json()) as List<{ media: { state: string; href: string } }>).data[0]?.media
    }
    await expect
      .poll(medium, { timeout: 15_000 })
      .toMatchObject({ state: 'fetched', mime: 'image/png', bytes: PNG.length })
    gateway.closeAllConnections()
    await new Promise((done) => gateway.close(done))

    const { href } = (await medium())!
    const shown = await api(href)
    expect(shown.headers.get('content-type')).toBe('image/png')
    expect(Buffer.from(await shown.arrayBuffer()).equals(PNG)).toBe(true)
    expect((await fetch(`${url}${href}`)).status).toBe(401)
    const hash = createHash('sha256').update(PNG).digest('hex')
    expect(existsSync(join(dir, 'data', 'media', hash.slice(0, 2), hash.slice(2)))).toBe(true)
    expect(asked.filter((one) => one.includes('/statics/'))).toEqual(['GET /statics/media/1-a.png'])
  } finally {
    await program.stop(2_000)
    gateway.close()
    rmSync(dir, { recursive: true })
  }
}, 40_000)
