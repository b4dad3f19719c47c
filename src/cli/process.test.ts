import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { API_KEY, createListeners, keyed, TOKEN, URL_KEY } from './far-side.fixture.ts'

/** The program as a process of its own: signals, exit codes, and what reaches the terminal. */

// Processes start slowly where everything else runs at once.
vi.setConfig({ testTimeout: 40_000 })

const root = fileURLToPath(new URL('../..', import.meta.url))

let cwd: string
const children: ChildProcess[] = []
const { listen, close } = createListeners()
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'pombo-process-'))
})
afterEach(() => {
  for (const child of children.splice(0)) {
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch {
      // It has ended by itself, as it should.
    }
  }
  close()
  rmSync(cwd, { recursive: true, force: true })
})

interface Running {
  child: ChildProcess
  url: string
  output(): string
  /** Code and signal the process ended with. */
  ended: Promise<{ code: number | null; signal: string | null }>
  signalGroup(name: NodeJS.Signals): void
}

async function start(
  command: 'npm' | 'node',
  config: object,
  { written, env = {} }: { written?: string; env?: object } = {},
): Promise<Running> {
  const file = written ?? join(cwd, 'hub.json')
  if (written === undefined)
    writeFileSync(file, JSON.stringify({ port: 0, database: `sqlite:${join(cwd, 'hub.db')}`, ...config }))
  const args =
    command === 'npm'
      ? ['run', '--silent', 'pombo', '--', 'serve', '--config', file]
      : [join(root, 'src/cli/bin.ts'), 'serve', '--config', file]
  const child = spawn(command === 'npm' ? 'npm' : process.execPath, args, {
    cwd: root,
    // A group of its own, so that a signal reaches npm and the hub as Ctrl-C in a terminal does.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, POMBO_API_KEY: API_KEY, POMBO_SECRET_KEY: 'k'.repeat(64), PORT: '', ...env },
  })
  children.push(child)
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal }))
  })
  let output = ''
  const listens = Promise.withResolvers<string>()
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      const url = /Pombo listens on (http:\S+)/.exec(output)?.[1]
      if (url !== undefined) listens.resolve(url)
    })
  }
  const url = await Promise.race([
    listens.promise,
    ended.then(() => Promise.reject(new Error(`ended at start: ${output}`))),
  ])
  return { child, url, output: () => output, ended, signalGroup: (name) => process.kill(-child.pid!, name) }
}

/** A gateway that takes sends, and refuses them or never answers. */
async function gatewayThat(answers: 'refuses' | 'hangs'): Promise<{ url: string; asked: Promise<void> }> {
  const asked = Promise.withResolvers<void>()
  const url = await listen((request, response) => {
    if (request.url?.startsWith('/send/')) asked.resolve()
    if (answers === 'refuses') response.writeHead(400).end('{"error":"a text nobody may read"}')
  })
  return { url, asked: asked.promise }
}
const send = (hub: Running) =>
  fetch(`${hub.url}/api/v1/instances/sales/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ to: '5511933330000', text: 'a text nobody may read' }),
  })
const isGone = async (url: string) =>
  fetch(`${url}/health`).then(
    () => false,
    () => true,
  )

test.each(['SIGTERM', 'SIGINT'] as const)('%s to the process ends it well', async (name) => {
  const hub = await start('node', {})
  hub.child.kill(name)
  expect(await hub.ended).toEqual({ code: 0, signal: null })
  expect(hub.output()).toContain('"msg":"stopped"')
})

test('started through npm, SIGTERM to the whole group drains the hub once and ends it in time', async () => {
  const hub = await start('npm', {})
  const begun = performance.now()
  hub.signalGroup('SIGTERM')
  await hub.ended
  expect(performance.now() - begun).toBeLessThan(5000)
  await expect.poll(() => isGone(hub.url), { timeout: 5000 }).toBe(true)
  await expect.poll(() => hub.output(), { timeout: 5000 }).toContain('"msg":"stopped"')
  // The database was given back: the next hub may have it.
  const next = await start('npm', {})
  next.signalGroup('SIGTERM')
  await next.ended
})

test('while nobody can sign in its log says how to change that, and holds no link', async () => {
  const hub = await start('node', {})
  hub.child.kill('SIGTERM')
  await hub.ended
  expect(hub.output()).toMatch(/"level":"warn".*this hub has no owner yet: \\"pombo owner link\\"/)
  expect(hub.output()).not.toContain('/welcome/')
  const owned = await start('node', {}, { env: { POMBO_ADMIN_PASSWORD: 'violet gathers nine stones' } })
  owned.child.kill('SIGTERM')
  await owned.ended
  expect(owned.output()).not.toMatch(/no owner|violet/)
})

test('a pombo.config.ts inside the checkout imports pombo, without a build', async () => {
  mkdirSync(join(root, '.tmp'), { recursive: true })
  const folder = mkdtempSync(join(root, '.tmp', 'own-bot-'))
  try {
    const file = join(folder, 'pombo.config.ts')
    writeFileSync(
      file,
      `import { createBot, defineHub } from 'pombo'
export default defineHub({ bot: createBot(), port: 0, database: 'sqlite:${join(cwd, 'hub.db')}' })
`,
    )
    const hub = await start('node', {}, { written: file })
    expect((await fetch(`${hub.url}/ready`)).status).toBe(200)
    hub.child.kill('SIGTERM')
    expect(await hub.ended).toEqual({ code: 0, signal: null })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a pombo.config.ts in a project that is not of modules says how to mend that', async () => {
  const file = join(cwd, 'pombo.config.ts')
  writeFileSync(join(cwd, 'package.json'), '{"type":"commonjs"}')
  writeFileSync(file, `import { join } from 'node:path'\nexport default { port: join('0') }\n`)
  await expect(start('node', {}, { written: file })).rejects.toThrow('npm pkg set type=module')
})

test('a stop waits for a send under way; a second signal, later, does not', async () => {
  const gateway = await gatewayThat('hangs')
  const hub = await start('node', { instances: [keyed(gateway.url)] })
  expect((await send(hub)).status).toBe(202)
  await gateway.asked
  hub.child.kill('SIGTERM')
  const waiting = await Promise.race([hub.ended, new Promise((done) => setTimeout(done, 1500, 'waits'))])
  expect(waiting).toBe('waits')
  expect(await isGone(hub.url)).toBe(true)
  hub.child.kill('SIGTERM')
  expect(await hub.ended).toEqual({ code: 143, signal: null })
})

test('a stop does not wait for ever', async () => {
  const gateway = await gatewayThat('hangs')
  const hub = await start('node', { instances: [keyed(gateway.url)] })
  await send(hub)
  await gateway.asked
  const begun = performance.now()
  hub.child.kill('SIGTERM')
  expect(await hub.ended).toEqual({ code: 0, signal: null })
  expect(performance.now() - begun).toBeLessThan(10_000)
})

test('nothing a hub prints holds a secret, a number or a text', async () => {
  const gateway = await gatewayThat('refuses')
  const hub = await start('node', { logLevel: 'debug', instances: [keyed(gateway.url)] })
  await send(hub)
  await gateway.asked
  await fetch(`${hub.url}/webhooks/sales/${URL_KEY}`, {
    method: 'POST',
    body: JSON.stringify({ token: TOKEN, EventType: 'messages', note: 'a text nobody may read' }),
  })
  await fetch(`${hub.url}/webhooks/sales/a-wrong-key-0123`, { method: 'POST', body: '{}' })
  hub.child.kill('SIGINT')
  await hub.ended
  expect(hub.output()).not.toMatch(/5511933330000|nobody may read|a-wrong-key/)
  for (const hidden of [API_KEY, TOKEN, URL_KEY, 'kkkkkkkk']) expect(hub.output()).not.toContain(hidden)
})

test('a promise that a bot left to itself is logged, and the hub goes on', async () => {
  const file = join(cwd, 'pombo.config.mjs')
  writeFileSync(
    file,
    `setTimeout(() => Promise.reject(new Error('stray')), 200)
     export default { port: 0, database: ${JSON.stringify(`sqlite:${join(cwd, 'hub.db')}`)}, instances: [] }`,
  )
  const hub = await start('node', {}, { written: file })
  await vi.waitFor(() => expect(hub.output()).toContain('nobody to hear it'), { timeout: 10_000 })
  expect((await fetch(`${hub.url}/health`)).status).toBe(200)
})
