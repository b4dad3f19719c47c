import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Clock } from '../../core/ports.ts'
import { fakeGateway, fetchClient } from '../fake-gateway.fixture.ts'
import type { Happening } from '../port.ts'
import { startSimulator } from '../server.ts'
import { Judge } from './judge.ts'
import { playScenario } from './play.ts'
import { castOf, parseScenario, scenarioJsonSchema } from './read.ts'
import { summary } from './report.ts'

const clock: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  setTimeout(fn, ms) {
    const timer = setTimeout(fn, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}

/** What the stand-in for a hub does with a text of Ana: what it answers, and with which reference. */
type Bot = (text: string) => { text: string; reference?: string }[]
let bot: Bot
let status: number
let gatewayUrl: string
let hub: Server

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  response.writeHead(status).end('{"accepted":1,"duplicates":0}')
  const { fact } = JSON.parse(Buffer.concat(chunks).toString()) as Happening
  if (status !== 200 || fact.kind !== 'message' || !fact.message.content.text?.startsWith('say')) return
  for (const answer of bot(fact.message.content.text.slice(4)))
    await fetch(`${gatewayUrl}/send`, { method: 'POST', body: JSON.stringify({ to: ANA, ...answer }) })
}

beforeEach(async () => {
  status = 200
  bot = (text) => [{ text: `echo ${text}` }]
  hub = createServer((request, response) => void receive(request, response))
  await new Promise<void>((ready) => hub.listen(0, '127.0.0.1', ready))
})
afterEach(() => {
  hub.closeAllConnections()
  hub.close()
})

const ANA = '5511912345678'
const say = (text: string) => ({ do: 'say', instance: 'support', person: 'Ana', text: `say ${text}` })
const expects = (more: object) => ({
  do: 'expect',
  instance: 'support',
  person: 'Ana',
  // Long enough for a busy machine; what is not to come is waited for less.
  withinMs: 10_000,
  ...more,
})

async function play(steps: object[]) {
  const scenario = parseScenario(
    JSON.stringify({
      name: 'A test',
      numbers: [{ instance: 'support', gateway: 'fake', secret: 'right-secret' }],
      people: [{ name: 'Ana', digits: ANA }],
      timing: { deliveredMs: [1, 1], readMs: [1, 1], latencyMs: 1 },
      settleMs: 60,
      steps,
    }),
  )
  const hubUrl = `http://127.0.0.1:${(hub.address() as AddressInfo).port}`
  const judge = new Judge()
  const simulator = await startSimulator({
    clock,
    random: Math.random,
    http: fetchClient,
    port: 0,
    ...castOf(scenario, { gateways: [fakeGateway], hubUrl, env: {} }),
    timing: { deliveredMs: [1, 1], readMs: [1, 1], latencyMs: 1 },
    watch: (entry) => judge.see(entry),
  })
  gatewayUrl = `${simulator.url}/gateways/support`
  try {
    return await playScenario({ scenario, simulator, judge, clock })
  } finally {
    await simulator.close()
  }
}

describe('answers', () => {
  test('in order, as text or pattern, round by round', async () => {
    const report = await play([
      say('hello'),
      expects({ replies: [{ text: 'echo hello' }] }),
      { do: 'repeat', times: 3, steps: [say('{n}'), expects({ replies: [{ matches: '^echo {n}$' }] })] },
    ])
    expect(report.failures).toEqual([])
    expect(report).toMatchObject({ ok: true, sent: 4, deliveries: { messages: 4, acknowledged: 4 } })
    expect(report.steps.map(({ step }) => step)).toEqual([
      ...['1', '2', '3.1 (1)', '3.2 (1)', '3.1 (2)', '3.2 (2)', '3.1 (3)', '3.2 (3)'],
    ])
    expect(summary(report)).toContain('Passed in')
  })

  test.each([
    ['nothing at all', [], /^step 2: expected "echo a" within 150 ms, heard nothing$/, 150],
    ['something else', ['b'], /^step 2: expected "echo a" within 150 ms, heard "b"$/, 150],
    ['twice', ['echo a', 'echo a'], /^said twice: "echo a"$/, 10_000],
    ['and more', ['echo a', 'b'], /^unexpected answer: "b"$/, 10_000],
  ])('%s is a failure', async (_name, answers, failure, withinMs) => {
    bot = () => answers.map((text) => ({ text }))
    const report = await play([say('a'), expects({ replies: [{ text: 'echo a' }], withinMs })])
    expect(report.failures).toEqual([expect.stringMatching(failure)])
    expect(summary(report)).toMatch(/Failed in .*\n {2}- /)
  })

  test('others may come where the file says so', async () => {
    bot = () => [{ text: 'x' }, { text: 'echo a' }, { text: 'y' }]
    const report = await play([say('a'), expects({ replies: [{ text: 'echo a' }], more: true })])
    expect(report.failures).toEqual([])
  })

  test('silence, and a number of answers', async () => {
    expect((await play([say('a'), expects({ replies: [], withinMs: 1_000 })])).failures).toEqual([
      'step 2: expected silence, heard "echo a"',
      'unexpected answer: "echo a"',
    ])
    expect((await play([say('a'), say('b'), expects({ count: 2 })])).failures).toEqual([])
    expect((await play([say('a'), expects({ count: 2, withinMs: 150 })])).failures).toEqual([
      'step 2: 1 of 2 answers within 150 ms',
    ])
  })

  test('one command that goes out twice is a failure, whatever it says', async () => {
    bot = () => [
      { text: 'a', reference: 'hub1-7' },
      { text: 'b', reference: 'hub1-7' },
    ]
    const report = await play([say('a'), expects({ count: 2 })])
    expect(report.failures).toEqual(['command hub1-7 went out 2 times'])
  })
})

describe('deliveries', () => {
  test('a message that is never acknowledged is a failure', async () => {
    status = 500
    const report = await play([say('a')])
    expect(report.failures).toEqual([
      expect.stringMatching(/^message 3EB0\w+ of a customer was not acknowledged: answered 500$/),
    ])
    expect(report.deliveries).toMatchObject({ messages: 1, acknowledged: 0, lost: 1, attempts: 3 })
  })

  test('what the gateway itself loses is nobody’s fault; what is forged must be refused', async () => {
    const drop = { do: 'fault', instance: 'support', delivery: 'drop' }
    expect((await play([drop, say('a')])).failures).toEqual([])
    const forge = { do: 'fault', instance: 'support', delivery: 'forge' }
    expect((await play([forge, say('a')])).failures).toEqual([expect.stringMatching(/^forged message/)])
    status = 401
    expect(await play([forge, say('a')])).toMatchObject({ ok: true, deliveries: { messages: 0, refused: 1 } })
  })
})

test('a step that cannot be done is a failure, and the rest is played', async () => {
  const report = await play([
    { do: 'edit', instance: 'support', person: 'Ana', target: 'own', text: 'x' },
    { do: 'join', group: 'Nowhere', person: 'Ana' },
    { do: 'wait', ms: 1 },
    say('a'),
  ])
  expect(report.failures).toEqual([
    'step 1: nothing has been said there',
    'step 2: there is no group "Nowhere"',
  ])
  expect(report.deliveries.acknowledged).toBe(1)
})

test('the published schema is the one that is checked (renewed by scripts/scenario-schema.ts)', () => {
  const published = new URL('../../../docs/scenario.schema.json', import.meta.url)
  expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(scenarioJsonSchema())),
  )
})
