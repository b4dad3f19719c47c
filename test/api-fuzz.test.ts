import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createBot } from '../src/bot/bot.ts'
import type { HttpClient } from '../src/core/ports.ts'
import { type Asked, startHub } from './monitor-hub.ts'
import { type Mutation, mutate, mutation } from './mutate.ts'

/**
 * Every operation of the API with whatever somebody may send: real HTTP, real store. Nothing is answered with a fault
 * of the hub, what is no success is a problem document, and what is one is as promised.
 */
type Schema = {
  type?: string | string[]
  properties?: Record<string, Schema>
  items?: Schema
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  minItems?: number
}
interface Operation {
  method: string
  path: string
  parameters: { name: string; in: string; schema: Schema }[]
  body: Schema | undefined
}

/** Values of parameters: right ones, nearly right ones, and what nobody should send. */
const VALUES = [
  ...['support', 'sales', 'evt_1', 'chat_1', 'con_1', 'mrg_1', 'msg_1', 'dlv_1', 'rpl_1', 'usr_1', 'key_1'],
  ...['alr_1', 'inv_1', 'unr_1', '00000000-0000-7000-8000-000000000001', '2026-11-21T10:00:00Z', 'minute'],
  ...[
    '0',
    '1',
    '200',
    '-1',
    '1e9',
    '99999999999999999999',
    'true',
    'null',
    'undefined',
    '',
    ' ',
    ',',
    'a,,b',
  ],
  ...[
    '%00',
    '%ff',
    '..',
    '../../etc/passwd',
    '<script>',
    "' or 1=1 --",
    '💬'.repeat(50),
    '\u202e',
    'x'.repeat(300),
  ],
  ...['evt_0', 'evt_99999999999999999', 'chat_-1', '__proto__', 'constructor', 'message', 'dead', 'instance'],
]
const value = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...VALUES) },
  { weight: 1, arbitrary: fc.string() },
)

/** What there is, by where in a path it is named. */
const THERE: Readonly<Record<string, string>> = {
  instances: 'support',
  events: 'evt_1',
  'dead-letters': 'evt_1',
  chats: 'chat_1',
  contacts: 'con_1',
  messages: 'msg_1',
  hosted: 'agent',
  groups: 'group:123-456',
  pictures: 'phone:5511911110001',
}

/** A body of the form that is asked for; what makes it wrong is done to it afterwards. */
function sample(schema: Schema | undefined, pick: () => number): unknown {
  if (!schema) return {}
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[pick() % schema.enum.length]
  const one = schema.anyOf ?? schema.oneOf
  if (one) return sample(one[pick() % one.length], pick)
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => sample(part, pick)))
  switch ([schema.type].flat()[0]) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(() => pick() % 4 !== 0)
          .map(([name, part]) => [name, sample(part, pick)]),
      )
    case 'array':
      return Array.from({ length: Math.max(schema.minItems ?? 0, pick() % 3) }, () =>
        sample(schema.items, pick),
      )
    case 'integer':
    case 'number':
      return pick() % 100
    case 'boolean':
      return pick() % 2 === 0
    case 'string':
      return VALUES[pick() % VALUES.length]
    default:
      return null
  }
}

const requests = fc.record({
  operation: fc.nat(),
  picks: fc.array(fc.nat(1_000), { minLength: 40, maxLength: 40 }),
  path: fc.array(fc.option(value, { freq: 2 }), { minLength: 4, maxLength: 4 }),
  query: fc.array(fc.tuple(fc.nat(20), value), { maxLength: 4 }),
  mutations: fc.array(mutation, { maxLength: 3 }),
  raw: fc.option(fc.constantFrom('', '{', '[]', 'null', '"x"', '{"a":'.repeat(500), '\u0000', '[[[[1]]]]'), {
    freq: 8,
  }),
})
type Request = typeof requests extends fc.Arbitrary<infer T> ? T : never

/** A gateway that answers, but nothing of use. */
const answers = [
  '{}',
  '[]',
  'null',
  '{"results":{}}',
  '<html>',
  '{"code":"SUCCESS","results":[]}',
  '{"error":"no"}',
]
let asked = 0
const http: HttpClient = async () => ({
  type: 'answered',
  status: asked++ % 5 === 0 ? 500 : 200,
  headers: {},
  body: answers[asked % answers.length]!,
})

let hub: Awaited<ReturnType<typeof startHub>>
let operations: Operation[]

beforeAll(async () => {
  const bot = createBot()
  bot.on('message', (ctx) => void ctx.reply('hi'))
  hub = await startHub(bot.handler, { http })
  await hub.says('one')
  await hub.says('two', 'sales')
  const { json } = await hub.ask('GET', '/api/openapi.json')
  const paths = json.paths as Record<
    string,
    Record<
      string,
      {
        parameters?: Operation['parameters']
        requestBody?: { content: Record<string, { schema: Schema }> }
      }
    >
  >
  operations = Object.entries(paths).flatMap(([path, those]) =>
    Object.entries(those)
      // The stream has no end; its parameters are fuzzed in its own test.
      .filter(() => path !== '/api/v1/stream')
      .map(([method, { parameters = [], requestBody }]) => ({
        method: method.toUpperCase(),
        path,
        parameters,
        body: requestBody?.content['application/json']?.schema,
      })),
  )
})
afterAll(() => hub[Symbol.asyncDispose]())

function send({ operation, picks, path, query, mutations, raw }: Request): Promise<Asked> {
  const { method, path: pattern, parameters, body } = operations[operation % operations.length]!
  let nth = 0
  const url = pattern.replace(/([\w-]+)\/\{\w+\}/g, (_, of: string) => {
    const named = path[nth++ % path.length] ?? THERE[of] ?? 'evt_1'
    return `${of}/${encodeURIComponent(named.toWellFormed())}`
  })
  const names = [...parameters.filter((one) => one.in === 'query').map(({ name }) => name), 'unknown']
  const search = new URLSearchParams(
    query.map(([i, text]): [string, string] => [names[i % names.length]!, text]),
  )
  let drawn = 0
  const content =
    method === 'GET'
      ? undefined
      : (raw ??
        (mutations as Mutation[]).reduce(
          mutate,
          sample(body, () => picks[drawn++ % picks.length]!),
        ))
  return hub.ask(method, `${url}${search.size > 0 ? `?${search}` : ''}`, content)
}

test('nothing that is sent meets a fault of the hub', async () => {
  const statuses = new Map<number, number>()
  await fc.assert(
    fc.asyncProperty(requests, async (request) => {
      const { status, headers, json, text } = await send(request)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (status < 300) return
      expect(headers.get('content-type'), text).toMatch(/^application\/problem\+json/)
      expect(json).toMatchObject({ status, type: `urn:pombo:error:${json.code}`, detail: expect.any(String) })
      // The gateway is not the hub: what it cannot make sense of is told as such.
      if (status >= 500) expect(json.code, text).toBe('E_GATEWAY')
    }),
    { numRuns: Number(process.env.POMBO_FUZZ_RUNS ?? 1_500) },
  )
  if (process.env.POMBO_FUZZ_RUNS) console.log(Object.fromEntries([...statuses].sort()))
  expect(hub.faults.filter((fault) => !/^gateway|could not|a send/.test(fault))).toEqual([])
  expect((await hub.ask('GET', '/ready')).status).toBe(200)
}, 120_000)
