import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { freshDatabase } from './postgres/database.ts'

/** A process that is killed between making an instance at its gateway and storing it. */

vi.setConfig({ testTimeout: 60_000 })

const root = fileURLToPath(new URL('..', import.meta.url))
const API_KEY = 'an-api-key-of-this-hub'
const ADMIN_TOKEN = 'the-admin-token-of-the-server'

let dir: string
let gateway: Server
let made: { id: string; name: string; token: string; status: string }[]
/** Called once the gateway has made an instance and before it answers. */
let onMade: () => void
const children: ChildProcess[] = []

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'pombo-registry-crash-'))
  made = []
  onMade = () => {}
  gateway = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      response.setHeader('content-type', 'application/json')
      if (request.url === '/instance/all') return response.end(JSON.stringify(made))
      if (request.url !== '/instance/create') return response.writeHead(404).end('{}')
      const { name } = JSON.parse(Buffer.concat(chunks).toString()) as { name: string }
      const one = {
        id: `r${made.length}`,
        name,
        token: `token-of-instance-${made.length}`,
        status: 'disconnected',
      }
      made.push(one)
      onMade()
      return response.end(JSON.stringify({ instance: one, token: one.token, name }))
    })
  })
  await new Promise<void>((done) => gateway.listen(0, '127.0.0.1', done))
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  gateway.closeAllConnections()
  gateway.close()
  rmSync(dir, { recursive: true, force: true })
})

async function start(database: string) {
  const { port } = gateway.address() as AddressInfo
  const file = join(dir, 'hub.json')
  const server = {
    id: 'uaz',
    gateway: 'uazapi',
    baseUrl: `http://127.0.0.1:${port}`,
    adminToken: ADMIN_TOKEN,
  }
  writeFileSync(file, JSON.stringify({ port: 0, database, media: { fetch: false }, servers: [server] }))
  const child = spawn(process.execPath, [join(root, 'src/cli/bin.ts'), 'serve', '--config', file], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, POMBO_API_KEY: API_KEY, POMBO_SECRET_KEY: 'k'.repeat(64), PORT: '' },
  })
  children.push(child)
  const listens = Promise.withResolvers<string>()
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk
      const url = /Pombo listens on (http:\S+)/.exec(output)?.[1]
      if (url !== undefined) listens.resolve(url)
    })
  const ended = new Promise<void>((done) => child.on('exit', () => done()))
  const url = await Promise.race([listens.promise, ended.then(() => Promise.reject(new Error(output)))])
  const api = async (method: string, path: string, body?: object, key?: string) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${API_KEY}`,
        ...(body && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: response.status, json: (await response.json()) as Record<string, unknown> }
  }
  return { child, ended, api, output: () => output }
}

describe.each(['sqlite', 'postgres'] as const)('on %s', (engine) => {
  test('kill -9 before it is stored: the same request finds what was made, and makes no second one', async () => {
    const fresh = engine === 'postgres' ? await freshDatabase('18') : undefined
    const database = fresh?.url ?? `sqlite:${join(dir, 'hub.db')}`
    const wanted = { id: 'shop', server: 'uaz', create: { name: 'Shop' } }
    const first = await start(database)
    onMade = () => void first.child.kill('SIGKILL')
    await expect(first.api('POST', '/instances', wanted, 'once')).rejects.toThrow()
    await first.ended
    expect(made).toHaveLength(1)

    onMade = () => {}
    const second = await start(database)
    // Not in the hub, and at the gateway, to be adopted.
    expect((await second.api('GET', '/instances')).json).toMatchObject({ data: [] })
    expect((await second.api('GET', '/servers/uaz/instances')).json).toMatchObject({
      data: [{ name: 'Shop', adoptable: true }],
    })
    // The node that died may count as living for some seconds.
    await expect
      .poll(async () => (await second.api('POST', '/instances', wanted, 'once')).status, { timeout: 20_000 })
      .toBe(201)
    expect(made).toHaveLength(1)
    expect((await second.api('GET', '/servers/uaz/instances')).json).toMatchObject({
      data: [{ name: 'Shop', instance: 'shop', adoptable: false }],
    })

    // Without that key it is adopted by hand.
    onMade = () => void second.child.kill('SIGKILL')
    const other = { id: 'other', server: 'uaz', create: {} }
    await expect(second.api('POST', '/instances', other)).rejects.toThrow()
    await second.ended
    onMade = () => {}
    const third = await start(database)
    const adopted = await third.api('POST', '/instances', {
      id: 'other',
      server: 'uaz',
      adopt: { instance: 'r1' },
    })
    expect(adopted).toMatchObject({
      status: 201,
      json: { id: 'other', secrets: { urlKey: expect.any(String) } },
    })
    expect(made).toHaveLength(2)
    for (const { token } of made)
      expect(first.output() + second.output() + third.output()).not.toContain(token)
    third.child.kill('SIGKILL')
    await third.ended
    await fresh?.drop()
  })
})
