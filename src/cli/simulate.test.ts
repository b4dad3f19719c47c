import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { freePort } from '../../test/free-port.ts'
import { compose, loadHub, type Program } from '../main.ts'
import { createLogger } from '../platform/log.ts'
import { simulatedGateways } from '../simulator/gateways.ts'
import type { ScenarioReport } from '../simulator/scenario/play.ts'
import { castOf, parseScenario } from '../simulator/scenario/read.ts'
import { createDemoBot } from './demo/bot.ts'
import { writeDemoConfig } from './demo/config.ts'
import { applyGenerations, parseGenerations } from './generations.ts'
import { run } from './run.ts'
import { terminal } from './terminal.fixture.ts'

vi.setConfig({ testTimeout: 60_000 })

const scenarioFile = (name: string) =>
  fileURLToPath(new URL(`../../examples/scenarios/${name}.json`, import.meta.url))
const scenarioOf = (name: string) => parseScenario(readFileSync(scenarioFile(name), 'utf8'))

const folder = mkdtempSync(join(tmpdir(), 'pombo-simulate-'))
let program: Program
let hub: string
let port: number

/** The demo's hub and bot, with the numbers of the scenarios, which are the same in all of them. */
beforeAll(async () => {
  port = await freePort()
  const scene = castOf(scenarioOf('hello'), { gateways: simulatedGateways, hubUrl: 'http://hub', env: {} })
  const file = writeDemoConfig({ folder, port: 0, simulatorUrl: `http://127.0.0.1:${port}`, scene })
  const { config } = await loadHub({ file, cwd: folder, env: {} })
  program = await compose({
    config,
    bot: createDemoBot({ pictureUrl: `http://127.0.0.1:${port}/media/example.png` }).handler,
    overrides: { log: createLogger({ level: 'error', secrets: [] }) },
  })
  hub = (await program.start()).url
})
afterAll(async () => {
  await program?.stop(1_000)
  rmSync(folder, { recursive: true, force: true })
})

let tty: ReturnType<typeof terminal>
beforeEach(() => {
  tty = terminal(folder)
})
const simulate = (...args: string[]) => run(['simulate', ...args], tty.io)
const against = (name: string, ...args: string[]) =>
  simulate(scenarioFile(name), '--hub', hub, '--port', String(port), ...args)
const written = (scenario: object): string => {
  const file = join(folder, 'scenario.json')
  writeFileSync(file, JSON.stringify(scenario))
  return file
}

describe('against the demo’s hub', () => {
  test('a first conversation passes, and is told step by step', async () => {
    expect(await against('hello')).toBe(0)
    expect(tty.out[0]).toMatch(/^A first conversation: 2 numbers at http:/)
    expect(tty.out.join('\n')).toMatch(/ok {3}2 +expect +\d+ ms {2}after \d+ ms/)
    expect(tty.out.join('\n')).toContain('4 of 4 acknowledged')
    expect(tty.out.at(-1)).toMatch(/Passed in \d/)
  })

  test('every trouble in a row passes too', async () => {
    expect(await against('trouble', '--json')).toBe(0)
    expect(JSON.parse(tty.out[0] ?? '')).toMatchObject({
      failures: [],
      deliveries: { messages: 9, acknowledged: 9, refused: 1, duplicates: 1 },
    })
  })

  test('what is wrong with the hub is said, as JSON too, and the exit code is 1', async () => {
    const file = written({
      ...scenarioOf('hello'),
      settleMs: 300,
      steps: [
        { do: 'say', instance: 'support', person: 'Tom', text: '/help' },
        { do: 'expect', instance: 'support', person: 'Tom', replies: [{ text: 'Nothing' }], withinMs: 5000 },
        { do: 'say', instance: 'support', person: 'Tom', text: '/help' },
        { do: 'expect', instance: 'support', person: 'Tom', replies: [], withinMs: 3000 },
        { do: 'say', instance: 'nobody', person: 'Tom', text: 'hi' },
      ],
    })
    expect(await simulate(file, '--hub', hub, '--port', String(port), '--json')).toBe(1)
    expect(tty.out).toHaveLength(1)
    const report = JSON.parse(tty.out[0] ?? '') as ScenarioReport
    expect(report).toMatchObject({ ok: false, deliveries: { messages: 2, acknowledged: 2 }, sent: 2 })
    expect(report.failures).toEqual([
      expect.stringMatching(/^step 2: expected "Nothing" within 5000 ms, heard "Available/),
      expect.stringMatching(/^step 4: expected silence, heard "Available/),
      'step 5: there is no number "nobody"',
      expect.stringMatching(/^said twice: "Available/),
    ])
  })
})

test('a forged message that is accepted is a fault of the hub', async () => {
  const gullible = createServer((_request, response) => response.end('{"accepted":1,"duplicates":0}'))
  await new Promise<void>((ready) => gullible.listen(0, '127.0.0.1', ready))
  const file = written({
    ...scenarioOf('hello'),
    settleMs: 0,
    steps: [
      { do: 'fault', instance: 'support', delivery: 'forge' },
      { do: 'say', instance: 'support', person: 'Ana', text: 'hi' },
    ],
  })
  const url = `http://127.0.0.1:${(gullible.address() as AddressInfo).port}`
  expect(await simulate(file, '--hub', url, '--port', '0', '--json')).toBe(1)
  expect(JSON.parse(tty.out[0] ?? '')).toMatchObject({
    failures: [expect.stringMatching(/^forged message \w+ was accepted$/)],
  })
  gullible.close()
})

test('without a hub it fails at once; a port that is taken is told with the flag for another', async () => {
  const nobody = `http://127.0.0.1:${await freePort()}`
  expect(await simulate(scenarioFile('hello'), '--hub', nobody, '--port', '0')).toBe(1)
  expect(tty.err.join()).toMatch(/^E_HUB_UNREACHABLE: No hub answers at .*refused/)
  const taken = new URL(hub).port
  expect(await simulate(scenarioFile('hello'), '--hub', hub, '--port', taken)).toBe(1)
  expect(tty.err.at(-1)).toMatch(/^E_PORT_TAKEN: .*--port PORT/)
  expect(tty.out).toEqual([])
})

test('--setup prints what the hub’s configuration needs, and plays nothing', async () => {
  expect(await simulate(scenarioFile('hello'), '--setup')).toBe(0)
  expect(JSON.parse(tty.out[0] ?? '')).toEqual({
    instances: [
      {
        id: 'support',
        gateway: 'gowa',
        baseUrl: 'http://127.0.0.1:3002/gateways/support',
        webhook: { secrets: ['scenario-secret-0001'] },
      },
      {
        id: 'sales',
        gateway: 'uazapi',
        baseUrl: 'http://127.0.0.1:3002/gateways/sales',
        webhook: { key: 'scenario-key-0001' },
        token: 'scenario-token-0001',
      },
    ],
  })
})

test('every example can be played by the gateways there are', () => {
  const folder = fileURLToPath(new URL('../../examples/scenarios', import.meta.url))
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  expect(files.length).toBeGreaterThan(3)
  for (const file of files) {
    const scenario = scenarioOf(file.replace('.json', ''))
    const cast = castOf(scenario, { gateways: simulatedGateways, hubUrl: 'http://hub', env: {} })
    expect([file, cast.numbers.length]).toEqual([file, scenario.numbers.length])
  }
})

describe('faults of the file and of the command line', () => {
  test.each([
    [{ steps: [{ do: 'sya' }] }, 'steps.0.do: must be "expect", "wait"'],
    [{ steps: [{ do: 'say', instance: 'support', person: 'Ana' }] }, 'exactly one of text and content'],
    [{ steps: [{ do: 'wait' }] }, 'steps.0.ms: is missing; write a number'],
    [{ port: 'x' }, 'port: must be a number'],
    [{ nmubers: [] }, 'the file: "nmubers" is no key here'],
    [{ timing: { scanMs: true } }, 'timing.scanMs: must be a number or "never"'],
    [{ steps: [{ do: 'repeat', times: 0, steps: [] }] }, 'steps.0.times: must be 1 or more'],
    [{ people: [] }, 'people: must be of length 1 or more'],
    [{ numbers: [{ instance: 'a', gateway: 'gova' }] }, 'Did you mean "gowa"?'],
    [{ numbers: [{ instance: 'a', gateway: 'gowa', generation: 'x' }] }, 'no generation "x"'],
    [{ numbers: [{ instance: 'a', gateway: 'gowa', secret: { env: 'NOT_SET' } }] }, 'NOT_SET is not set'],
    [{ groups: [{ name: 'g', instance: 'support', members: ['Nobody'] }] }, 'no person "Nobody"'],
  ])('%j', async (change, words) => {
    expect(await simulate(written({ ...scenarioOf('hello'), ...change }), '--port', '0')).toBe(1)
    expect(tty.err.join('\n')).toContain('E_INVALID')
    expect(tty.err.join('\n')).toContain(words)
  })

  test('a file that is not there, flags that are none', async () => {
    expect(await simulate('nowhere.json')).toBe(1)
    expect(await simulate()).toBe(2)
    expect(await simulate(scenarioFile('hello'), '--port', 'x')).toBe(2)
    expect(await simulate(scenarioFile('hello'), '--hub', 'x')).toBe(2)
    expect(await simulate(scenarioFile('hello'), '--generation', 'support')).toBe(2)
    expect(await simulate(scenarioFile('hello'), '--generation', 'nobody=x')).toBe(1)
    expect(tty.out).toEqual([])
  })
})

test('versions can be chosen for the demo’s numbers', () => {
  const { numbers } = castOf(scenarioOf('hello'), {
    gateways: simulatedGateways,
    hubUrl: 'http://hub',
    env: {},
  })
  const [support] = numbers
  const oldest = support?.gateway.generations.at(-1) ?? ''
  applyGenerations(numbers, parseGenerations([`support=${oldest}`]))
  expect(support?.number.generation).toBe(oldest)
  expect(() => applyGenerations(numbers, new Map([['support', 'x']]))).toThrow('no generation "x"')
  expect(() => applyGenerations(numbers, new Map([['nobody', 'x']]))).toThrow('no number "nobody"')
})
