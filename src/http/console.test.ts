import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startEdge } from './edge.fixture.ts'

const PAGE = '<!doctype html><title>Pombo</title>'
const SCRIPT = `console.log(${JSON.stringify('coo '.repeat(200))})`
const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pombo-console-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function build(): void {
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), PAGE)
  writeFileSync(join(folder, 'assets/index-abc123.js'), SCRIPT)
  writeFileSync(join(folder, 'assets/index-abc123.js.br'), brotliCompressSync(SCRIPT))
  writeFileSync(join(folder, 'assets/index-abc123.js.gz'), gzipSync(SCRIPT))
  writeFileSync(join(folder, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  writeFileSync(join(folder, '.sources'), 'a note')
}
const start = () => startEdge({ console: { folder, connect: ['http://127.0.0.1:3002'] } })

describe('the page', () => {
  test.each(['/', '/events/evt_12?tab=raw', '/welcome/abc', '/no/such/page'])('is at %s', async (path) => {
    build()
    await using edge = await start()
    const { status, headers, text } = await edge.ask('GET', path, { headers: BROWSER })
    expect([status, text]).toEqual([200, PAGE])
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(headers['cache-control']).toBe('no-store')
  })

  test('allows nothing inline, no other host but those named, and no frame', async () => {
    build()
    await using edge = await start()
    const { headers } = await edge.ask('GET', '/', { headers: BROWSER })
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("connect-src 'self' http://127.0.0.1:3002;")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|\*|https:/)
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    })
  })

  test.each([
    ['GET', '/nothing', { accept: 'application/json' }],
    ['GET', '/nothing', {}],
    ['GET', '/assets/gone-123.js', BROWSER],
    ['GET', '/.sources', { accept: '*/*' }],
    ['GET', '/assets/..%2f..%2fpackage.json', { accept: '*/*' }],
    ['POST', '/', BROWSER],
  ])('%s %s with %o is 404', async (method, path, headers) => {
    build()
    await using edge = await start()
    const { status, json } = await edge.ask(method, path, { headers })
    expect([status, (json as { code: string }).code]).toEqual([404, 'E_NOT_FOUND'])
  })

  test('does not stand in front of the API, nor of /health', async () => {
    build()
    await using edge = await start()
    expect((await edge.ask('GET', '/api/v1/nothing', { headers: BROWSER })).status).not.toBe(200)
    expect((await edge.ask('GET', '/api/other', { headers: BROWSER })).status).toBe(404)
    expect((await edge.ask('GET', '/health', { headers: BROWSER })).json).toMatchObject({ status: 'healthy' })
  })

  test('says so where it is not built, and is there once it is', async () => {
    await using edge = await start()
    const before = await edge.ask('GET', '/', { headers: BROWSER })
    expect([before.status, before.headers['retry-after']]).toEqual([503, '2'])
    expect(before.text).toContain('npm run build')
    build()
    expect((await edge.ask('GET', '/', { headers: BROWSER })).status).toBe(200)
  })
})

describe('a file of the build', () => {
  test.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
    ['identity', undefined],
  ])('for %s comes as %s, and stays in the browser for good', async (accepts, coding) => {
    build()
    await using edge = await start()
    const { status, headers } = await edge.ask('GET', '/assets/index-abc123.js', {
      headers: { 'accept-encoding': accepts },
    })
    expect([status, headers['content-encoding']]).toEqual([200, coding])
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(headers.vary).toBe('Accept-Encoding')
  })

  test('without a hash in its name is asked for again each time, and not sent twice', async () => {
    build()
    await using edge = await start()
    const first = await edge.ask('GET', '/icon.svg')
    expect([first.status, first.headers['cache-control']]).toEqual([200, 'no-cache'])
    const again = await edge.ask('GET', '/icon.svg', {
      headers: { 'if-none-match': String(first.headers.etag) },
    })
    expect([again.status, again.text]).toEqual([304, ''])
  })
})
