import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ending } from './commands/send.ts'
import { API_KEY, createListeners, keyed, SECRET, signed, TOKEN, URL_KEY } from './far-side.fixture.ts'
import { run } from './run.ts'
import { startServing, terminal } from './terminal.fixture.ts'

/** `send` and `replay` against a hub that really runs, between it and a gateway that answers as told. */

let cwd: string
let hub: Awaited<ReturnType<typeof startServing>> | undefined
const { listen, close } = createListeners()
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'pombo-send-'))
})
afterEach(async () => {
  await hub?.end()
  hub = undefined
  close()
  rmSync(cwd, { recursive: true, force: true })
})

/** A hub whose secrets lie in `.env`. */
async function start(instances: object[], config: object = {}): Promise<string> {
  writeFileSync(
    join(cwd, 'pombo.config.json'),
    JSON.stringify({ logLevel: 'silent', port: 0, instances, ...config }),
  )
  writeFileSync(join(cwd, '.env'), `POMBO_API_KEY=${API_KEY}\nGATEWAY_SECRET=${SECRET}\n`)
  hub = await startServing(cwd)
  expect(hub.url, hub.line).not.toBe('')
  return hub.url
}

async function pombo(...args: string[]) {
  const { io, out, err } = terminal(cwd)
  const code = await run(args, io)
  return { code, out: out.join('\n'), err: err.join('\n') }
}
const ask = async (url: string, path: string, init: RequestInit = {}) => {
  const res = await fetch(`${url}/api/v1${path}`, {
    ...init,
    headers: { authorization: `Bearer ${API_KEY}` },
  })
  return (await res.json()) as { data: { id: string; kind: string; status: string }[] }
}

const textOf = (id: string, text: string) => ({
  event: 'message',
  device_id: '5511955559999@s.whatsapp.net',
  payload: {
    id,
    chat_id: '5511955550101@s.whatsapp.net',
    from: '5511955550101@s.whatsapp.net',
    from_name: 'Ana',
    is_from_me: false,
    body: text,
    timestamp: new Date().toISOString().replace(/\.\d+/, ''),
  },
})

describe('send', () => {
  test('queues; a known key queues nothing new; --wait tells the end', async () => {
    let sends = 0
    const gateway = await listen((req, res) => {
      // It is also asked how its number is connected.
      if (req.url?.startsWith('/send/')) sends += 1
      res.setHeader('content-type', 'application/json')
      res.end('{"code":"SUCCESS","message":"ok","results":{"message_id":"3EB0AA","status":"ok"}}')
    })
    const url = await start([signed(gateway)])
    const keyedSend = [
      'send',
      'support',
      '+55 11 95555-0101',
      'Hello',
      '--hub',
      url,
      '--idempotency-key',
      'k1',
    ]
    const first = await pombo(...keyedSend)
    expect(first).toMatchObject({ code: 0, err: '' })
    expect(first.out).toMatch(/^Queued as command [0-9a-f-]{36}\./)
    const again = await pombo(...keyedSend)
    expect(again.out).toBe(first.out)
    const waited = await pombo('send', 'support', '5511955550102', 'Hello', '--hub', `${url}/`, '--wait')
    expect(waited).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Sent as message 3EB0AA \(command /),
    })
    expect(sends).toBe(2)
  })

  test('an answer that was lost is asked for again, under the same key', async () => {
    const keys: unknown[] = []
    const fake = await listen((req, res) => {
      keys.push(req.headers['idempotency-key'])
      if (keys.length < 3) res.destroy()
      else res.writeHead(202, { 'content-type': 'application/json' }).end('{"id":"c-1"}')
    })
    const { code, out } = await pombo(
      'send',
      'a',
      '5511955550101',
      'Hi',
      '--hub',
      fake,
      '--key',
      'k'.repeat(16),
    )
    expect([code, out]).toEqual([0, expect.stringMatching(/^Queued as command c-1\./)])
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), keys[0], keys[0]])
  })

  test('what a gateway rejects ends with 1 and its reason', async () => {
    const gateway = await listen((_req, res) => res.writeHead(400).end('{"error":"invalid number"}'))
    const url = await start([keyed(gateway)])
    const { code, out } = await pombo(
      'send',
      'sales',
      '5511955550101',
      'nobody may read',
      '--hub',
      url,
      '--wait',
    )
    expect([code, out]).toEqual([1, expect.stringMatching(/^Rejected: .* Reason: /)])
    expect(out).not.toMatch(/5511955550101|nobody may read/)
  })

  test.each([
    ['sent', 0, /^Sent /],
    ['rejected', 1, /^Rejected: /],
    ['dead', 1, /^Given up after 2 attempts/],
    ['refused', 1, /^Not sent/],
    ['discarded', 1, /^Not sent/],
    ['unknown', 3, /^Unknown: .* not repeated/],
    ['held', 3, /^Unknown: .*\/resolve/],
    ['queued', 4, /^Retry later: it is queued after 2 attempts/],
    ['sending', 4, /^Retry later/],
  ] as const)('%s ends with %i', (state, code, line) => {
    expect(ending({ id: 'c', state, attempts: 2, reason: 'because' })).toEqual({
      code,
      line: expect.stringMatching(line),
    })
  })

  test('an unknown instance, a wrong key, no key, no hub: each says so', async () => {
    const url = await start([])
    const to = ['5511955550101', 'Hello', '--hub']
    const nobody = await pombo('send', 'nobody', ...to, url)
    expect([nobody.code, nobody.err]).toEqual([1, expect.stringMatching(/^E_NOT_FOUND: /)])
    const wrong = await pombo('send', 'nobody', ...to, url, '--key', 'another-key-0123456789')
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringMatching(/^E_UNAUTHENTICATED: /)])
    expect(wrong.err).not.toContain('another-key')
    await hub?.end()
    const gone = await pombo('send', 'nobody', ...to, url)
    expect([gone.code, gone.err]).toEqual([1, expect.stringMatching(/^E_HUB_UNREACHABLE: .*refused/)])
    const other = await listen((_req, res) => res.end('<html>'))
    expect((await pombo('send', 'nobody', ...to, other)).err).toMatch(/^E_HUB_UNREACHABLE: .*no Pombo/)
    writeFileSync(join(cwd, '.env'), '')
    expect((await pombo('send', 'nobody', ...to, url)).err).toMatch(/^E_UNAUTHENTICATED: .*POMBO_API_KEY/)
    expect(await pombo('send', 'nobody', ...to, 'localhost:3001')).toMatchObject({ code: 2 })
  })
})

describe('replay of a file', () => {
  test('a file that is not there is told before what a configuration lacks', async () => {
    const { code, err } = await pombo('replay', 'nothing.json')
    expect([code, err]).toEqual([1, expect.stringMatching(/^E_FILE: nothing\.json .*ENOENT/)])
  })

  test('a raw body is signed with the configured secret; the second time the hub has it', async () => {
    const url = await start([signed('http://127.0.0.1:9')])
    writeFileSync(join(cwd, 'delivery.json'), JSON.stringify(textOf('3EB0F1', 'Hello'), null, 2))
    const first = await pombo('replay', 'delivery.json', '--hub', url)
    expect(first).toEqual({ code: 0, out: 'Accepted by support: 1 new event.', err: '' })
    const again = await pombo('replay', 'delivery.json', '--hub', url)
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('had it already: 1 event,') })
    expect((await ask(url, '/events?kind=message')).data).toHaveLength(1)
  })

  test('a saved delivery: its old signature is not used', async () => {
    const url = await start([signed('http://127.0.0.1:9')])
    const body = JSON.stringify(textOf('3EB0F2', 'Olá'))
    const headers = {
      'Content-Type': 'application/json',
      'X-Hub-Signature-256': `sha256=${createHmac('sha256', 'another-secret-of-long-ago').update(body).digest('hex')}`,
    }
    for (const [name, saved] of Object.entries({
      text: { headers, body },
      json: { headers, payload: JSON.parse(body) as object },
      base64: { headers, encoding: 'base64', payload: Buffer.from(body).toString('base64') },
    }))
      writeFileSync(join(cwd, `${name}.json`), JSON.stringify(saved))
    expect((await pombo('replay', 'text.json', '--hub', url)).out).toMatch(/^Accepted by support: 1 new/)
    expect((await pombo('replay', 'json.json', '--hub', url)).out).toMatch(/had it already/)
    expect((await pombo('replay', 'base64.json', '--hub', url)).out).toMatch(/had it already/)
  })

  test('an event as the API shows it: the masked token is the instance’s again', async () => {
    const url = await start([signed('http://127.0.0.1:9'), keyed('http://127.0.0.1:9')])
    const body = { EventType: 'something new', token: TOKEN, note: 'first' }
    const posted = await fetch(`${url}/webhooks/sales/${URL_KEY}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    expect(posted.status).toBe(200)
    const [{ id } = { id: '' }] = (await ask(url, '/events')).data
    const shown = JSON.stringify(await ask(url, `/events/${id}`))
    expect(shown).not.toContain(TOKEN)
    writeFileSync(join(cwd, 'event.json'), shown.replace('first', 'second'))

    const unsaid = await pombo('replay', 'event.json', '--hub', url)
    expect([unsaid.code, unsaid.err]).toEqual([2, expect.stringContaining('--instance: support, sales')])
    const misspelt = await pombo('replay', 'event.json', '--hub', url, '--instance', 'slaes')
    expect(misspelt.err).toContain('Did you mean "sales"?')
    expect(await pombo('replay', 'event.json', '--hub', url, '--instance', 'sales')).toMatchObject({
      code: 0,
      out: 'Accepted by sales: 1 new event.',
      err: '',
    })
  })

  test('a hub with another secret says so; so does a file that is not there', async () => {
    const url = await start([signed('http://127.0.0.1:9')])
    writeFileSync(join(cwd, 'delivery.json'), JSON.stringify(textOf('3EB0F3', 'Hello')))
    writeFileSync(join(cwd, '.env'), `GATEWAY_SECRET=${SECRET}-changed`)
    const refused = await pombo('replay', 'delivery.json', '--hub', url)
    expect([refused.code, refused.err]).toEqual([
      1,
      expect.stringMatching(/^E_UNAUTHENTICATED: .*signature/i),
    ])
    expect(refused.err).not.toContain(SECRET)
    const missing = await pombo('replay', 'nothing.json', '--hub', url)
    expect([missing.code, missing.err]).toEqual([1, expect.stringMatching(/^E_FILE: nothing\.json .*ENOENT/)])
  })
})

describe('replay of an event', () => {
  test('one that is done runs again; one that waits does not', async () => {
    const bodies: string[] = []
    const gateway = await listen((req, res) => {
      if (req.url === '/send/message') req.on('data', (chunk) => bodies.push(String(chunk)))
      res.end('{"code":"SUCCESS","results":{"message_id":"3EB0BB"}}')
    })
    const url = await start([signed(gateway)], {
      features: { replies: { rules: [{ match: '/help', reply: 'Here I am' }] } },
    })
    writeFileSync(join(cwd, 'delivery.json'), JSON.stringify(textOf('3EB0F4', '/help')))
    await pombo('replay', 'delivery.json', '--hub', url)
    await expect.poll(() => bodies.length, { timeout: 5000 }).toBe(1)
    const [{ id } = { id: '' }] = (await ask(url, '/events?kind=message')).data

    const again = await pombo('replay', id, '--hub', url)
    expect(again.code).toBe(0)
    expect(again.out).toMatch(
      new RegExp(`^${id} \\(message of support, done\\) runs again as evt_\\d+\\.\\nevt_\\d+ is done`),
    )
    await expect.poll(() => bodies.length, { timeout: 5000 }).toBe(2)

    const nowhere = await pombo('replay', 'evt_999', '--hub', url)
    expect([nowhere.code, nowhere.err]).toEqual([1, expect.stringMatching(/^E_NOT_FOUND: /)])
    expect((await pombo('replay', id, '--hub', url, '--instance', 'support')).code).toBe(2)
  })

  test('a handler that fails again is told at once', async () => {
    const url = await start([signed('http://127.0.0.1:9')])
    await hub?.end()
    rmSync(join(cwd, 'pombo.config.json'))
    writeFileSync(
      join(cwd, 'pombo.config.mjs'),
      `export default { port: 0, logLevel: 'silent', instances: ${JSON.stringify([signed('http://127.0.0.1:9')])},
        bot: (turn) => { if (globalThis.fails) throw new Error('the shop is closed') } }`,
    )
    expect(url).not.toBe('')
    hub = await startServing(cwd)
    writeFileSync(join(cwd, 'delivery.json'), JSON.stringify(textOf('3EB0F5', 'Hello')))
    await pombo('replay', 'delivery.json', '--hub', hub.url)
    const status = async () => (await ask(hub!.url, '/events?kind=message')).data.at(-1)!
    await expect.poll(async () => (await status()).status, { timeout: 5000 }).toBe('done')
    Object.assign(globalThis, { fails: true })
    try {
      const again = await pombo('replay', (await status()).id, '--hub', hub.url)
      expect([again.code, again.out]).toEqual([
        1,
        expect.stringContaining('failed, and will be tried again: '),
      ])
    } finally {
      Reflect.deleteProperty(globalThis, 'fails')
    }
  })
})
