import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { address } from '../../core/address.ts'
import { loadHub } from '../../main.ts'
import { systemClock } from '../../platform/clock.ts'
import { createLogger } from '../../platform/log.ts'
import { simulatedGateways } from '../../simulator/gateways.ts'
import { openSqliteStore } from '../../storage/sqlite/open.ts'
import { type FakeTurn, fakeTurn } from '../../testing/fake-turn.ts'
import { createDemoBot } from './bot.ts'
import { writeDemoConfig } from './config.ts'
import { createScene } from './scene.ts'
import { type Supervised, supervise } from './supervisor.ts'

describe('the demo bot', () => {
  const bot = createDemoBot({ pictureUrl: 'http://127.0.0.1:3002/media/example.png' })
  /** Says lines one after the other in one chat; the answers of the last. */
  async function talk(...lines: string[]): Promise<FakeTurn> {
    let turn = fakeTurn({ text: '' })
    for (const text of lines) {
      turn = fakeTurn({ text, state: turn.stored, contact: { name: 'Ana Souza' } })
      await turn.run(bot)
    }
    return turn
  }

  test.each([
    ['Hi!', 'Hello Ana'],
    ['bom dia', 'Olá, Ana'],
    ['Hola', '¡Hola, Ana'],
    ['what is the price?', 'Our prices'],
    ['Qual é o PRECO?', 'Nossos preços'],
    ['precios', 'Nuestros precios'],
  ])('%s → %s', async (text, answer) => {
    expect((await talk(text)).said).toEqual([expect.stringContaining(answer)])
  })

  test('keeps the language of the chat', async () => {
    expect((await talk('olá', 'xyz')).said).toEqual([expect.stringContaining('Olá')])
  })

  test('takes an order in two steps, and once only', async () => {
    expect((await talk('order')).said).toEqual([expect.stringContaining('What would you like')])
    expect((await talk('order', 'charger')).said).toEqual(['One charger. Shall I order it? (yes / no)'])
    expect((await talk('order', 'charger', 'perhaps')).said).toEqual(['Please answer yes or no.'])
    const done = await talk('order', 'charger', 'yes')
    expect(done.said).toEqual([expect.stringMatching(/^Done: order T-[0-9A-F]{5}, one charger/)])
    expect(done.steps).toEqual(['create order'])
    expect((await talk('order', 'charger', 'yes', 'yes')).steps).toEqual([])
    expect((await talk('pedido', 'fones', 'não')).said).toEqual([expect.stringContaining('Nada foi pedido')])
  })

  test('sends a picture back, and hands over to a person', async () => {
    const picture = fakeTurn({ content: { type: 'image', media: { source: { type: 'gateway' } } } })
    await picture.run(bot)
    expect(picture.commands.map(({ command }) => command.type)).toEqual(['read', 'media'])
    const turn = await talk('a human, please')
    expect(turn.ownerSet).toBe('person')
  })

  test('welcomes who joins a group, and keeps out of what is said there', async () => {
    const chat = address('group', '1203')
    const members = [{ address: address('phone', '34600000123'), aliases: [], name: 'Lucía' }]
    const join = fakeTurn({ chat, fact: { kind: 'membership', change: 'join', members } })
    await join.run(bot)
    expect(join.said).toEqual(['Welcome, @34600000123!'])
    const said = fakeTurn({ chat, text: 'price' })
    await said.run(bot)
    expect(said.said).toEqual([])
    const asked = fakeTurn({ chat, text: '/ajuda' })
    await asked.run(bot)
    expect(asked.said).toEqual([expect.stringContaining('boas-vindas')])
  })
})

test('numbers of somebody’s own are played under their ids, proved as their gateway proves', () => {
  let made = 0
  const scene = createScene('http://127.0.0.1:3001', simulatedGateways, () => `secret-number-${++made}`, [
    { id: 'shop', gateway: 'uazapi', proof: 'url-key' },
    { id: 'desk', gateway: 'gowa', proof: 'signature' },
    { id: 'yard', gateway: 'gowa', proof: 'signature' },
  ])
  expect(scene.numbers.map(({ number, gateway }) => [number.instance, gateway.name])).toEqual([
    ['shop', 'uazapi'],
    ['desk', 'gowa'],
    ['yard', 'gowa'],
  ])
  const [shop, desk, yard] = scene.numbers.map(({ number }) => number)
  expect(shop?.webhookUrl).toMatch(/\/webhooks\/shop\/secret-number-\d$/)
  expect(shop?.token).toMatch(/^secret-number-/)
  expect(desk).toMatchObject({ webhookUrl: 'http://127.0.0.1:3001/webhooks/desk' })
  expect(new Set([desk?.secret, yard?.secret, undefined]).size).toBe(3)
  expect(new Set(scene.numbers.map(({ number }) => number.digits)).size).toBe(3)
  expect(scene.groups[0]?.instance).toBe('shop')
})

describe('the demo configuration', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pombo-demo-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('is one the hub takes, with secrets of its own, readable by its owner only', async () => {
    writeFileSync(join(folder, 'pombo.db'), 'of the run before')
    writeFileSync(join(folder, 'notes.txt'), 'of a person')
    let count = 0
    const scene = createScene('http://127.0.0.1:3001', simulatedGateways, () => `secret-number-${++count}`)
    const file = writeDemoConfig({ folder, port: 3001, simulatorUrl: 'http://127.0.0.1:3002', scene })
    const { config, warnings } = await loadHub({ file, cwd: '/', env: {} })
    expect(warnings).toEqual([])
    expect(config).toMatchObject({
      host: '127.0.0.1',
      database: { path: join(folder, 'pombo.db') },
      instances: [
        { id: 'support', baseUrl: 'http://127.0.0.1:3002/gateways/support' },
        { id: 'sales', webhook: { key: expect.stringMatching(/^secret-number-/) } },
      ],
    })
    const [support, sales] = scene.numbers.map(({ number }) => number)
    expect(config.instances[0]?.webhook.secrets).toEqual([support?.secret])
    expect(sales?.webhookUrl).toContain(config.instances[1]?.webhook.key)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(() => statSync(join(folder, 'pombo.db'))).toThrow()
    expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('of a person')
  })

  test('does not empty what another demo runs on', async () => {
    const scene = createScene('http://127.0.0.1:3001', simulatedGateways, () => 'secret-number-1')
    const write = () => writeDemoConfig({ folder, port: 0, simulatorUrl: 'http://127.0.0.1:3002', scene })
    const path = join(folder, 'pombo.db')
    const log = createLogger({ level: 'error', secrets: [] })
    const running = await openSqliteStore({ path, clock: systemClock, log, dedupeMs: 1_000 })
    expect(write).toThrow(expect.objectContaining({ code: 'E_STORE_LOCKED' }))
    expect(statSync(path).size).toBeGreaterThan(0)
    await running.close()
    write()
    expect(() => statSync(path)).toThrow()
  })
})

test('whoever starts the demo waits for neither the hub nor the real gateways', () => {
  const program = `
    const loaded = []
    const { registerHooks } = await import('node:module')
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
    await import(${JSON.stringify(new URL('../commands/demo.ts', import.meta.url).href)})
    console.log(loaded.join('\\n'))`
  const loaded = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  expect(loaded).toMatch(/simulator\/server\.ts/)
  expect(loaded).not.toMatch(/src\/(main|hub|gateways\/index)\.ts|node_modules\/(kysely|fastify)/)
})

describe('the supervisor', () => {
  let supervised: Supervised | undefined
  afterEach(() => supervised?.stop())

  function run(program: string) {
    const heard = { lines: [] as string[], down: [] as string[], up: 0 }
    supervised = supervise({
      command: [process.execPath, '-e', program],
      cwd: tmpdir(),
      env: {},
      clock: systemClock,
      onLine: (line) => heard.lines.push(line),
      onDown: (how) => heard.down.push(how),
      onUp: () => {
        heard.up++
      },
    })
    return { heard, supervised }
  }
  const STAYS = 'process.send("ready"); process.on("disconnect", () => process.exit())'

  test('brings back what was killed, until it is told to stop', async () => {
    const { heard, supervised } = run(STAYS)
    expect(await supervised.started).toBe(true)
    supervised.kill()
    await vi.waitFor(() => expect(heard.up).toBe(2), 5_000)
    expect(heard.down).toEqual(['SIGKILL'])
    await supervised.stop()
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(heard).toMatchObject({ up: 2, down: ['SIGKILL'] })
  })

  test('says when it ends before it ever worked, with its last words', async () => {
    const { heard, supervised } = run('console.error("E_STORE_LOCKED: no"); process.exit(1)')
    expect(await supervised.started).toBe(false)
    expect(heard).toMatchObject({ lines: ['E_STORE_LOCKED: no'], down: [], up: 0 })
  })

  test('waits longer each time it ends at once', async () => {
    const { heard, supervised } = run('process.send("ready", () => process.exit(3))')
    await supervised.started
    await vi.waitFor(() => expect(heard.up).toBe(3), 8_000)
    expect(new Set(heard.down)).toEqual(new Set(['exit code 3']))
  })
})
