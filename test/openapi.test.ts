import { afterAll, beforeAll, expect, test } from 'vitest'
import { createBot } from '../src/bot/bot.ts'
import { OPERATIONS } from '../src/http/operations.ts'
import { type Asked, startHub } from './monitor-hub.ts'

interface Operation {
  operationId: string
  summary?: string
  description: string
  tags?: string[]
  'x-scope': string
  security: object[]
  parameters?: { name: string; in: string; required?: boolean }[]
  responses: Record<string, { $ref?: string }>
}

let hub: Awaited<ReturnType<typeof startHub>>
let answer: Asked
let operations: { name: string; path: string; operation: Operation }[]

beforeAll(async () => {
  hub = await startHub(createBot().handler)
  answer = await hub.ask('GET', '/api/openapi.json', undefined, { authorization: '' })
  const paths = answer.json.paths as Record<string, Record<string, Operation>>
  operations = Object.entries(paths).flatMap(([path, those]) =>
    Object.entries(those).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path.replace('/api/v1', '').replace(/\{(\w+)\}/g, ':$1')}`,
      path,
      operation,
    })),
  )
})
afterAll(() => hub[Symbol.asyncDispose]())

test('the document is OpenAPI 3.1, for anyone, and the same the second time', async () => {
  expect(answer.status).toBe(200)
  expect(answer.json).toMatchObject({ openapi: '3.1.0', info: { title: 'Pombo' } })
  expect((await hub.ask('GET', '/api/openapi.json')).text).toBe(answer.text)
  expect(answer.text.length).toBeLessThan(400_000)
})

test('every operation of the API is described, and none that is not there', () => {
  const described = Object.values(OPERATIONS).flatMap((those) => Object.keys(those))
  expect(operations.map(({ name }) => name).sort()).toEqual(described.sort())
})

test('every operation says what it does, who may, what it answers and how it fails', () => {
  for (const { name, path, operation } of operations) {
    expect(operation.summary, name).toBeTruthy()
    expect(operation.tags, name).toHaveLength(1)
    expect(operation['x-scope'], name).toMatch(/^(read|send|operate|manage|people|self|anyone)$/)
    expect(operation.security.length > 0, name).toBe(operation['x-scope'] !== 'anyone')
    const statuses = Object.keys(operation.responses)
    expect(
      statuses.filter((status) => status.startsWith('2')),
      name,
    ).not.toEqual([])
    for (const status of statuses.filter((one) => !one.startsWith('2')))
      expect(operation.responses[status], name).toEqual({ $ref: '#/components/responses/Problem' })
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, one]) => one)
    const declared = (operation.parameters ?? []).filter((one) => one.in === 'path').map((one) => one.name)
    expect(declared.sort(), name).toEqual(named.sort())
  }
  const ids = operations.map(({ operation }) => operation.operationId)
  expect(new Set(ids).size).toBe(ids.length)
})

test('every reference leads somewhere, and no schema lies there for nobody', () => {
  const wanted = [...answer.text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name)
  expect(Object.keys(answer.json.components.schemas).sort()).toEqual([...new Set(wanted)].sort())
})

test('what can be asked without naming anything answers as it promises, empty and full', async () => {
  const asked = operations.filter(
    ({ name }) =>
      name.startsWith('GET ') && !name.includes(':') && name !== 'GET /stream' && name !== 'GET /me/sessions',
  )
  for (const moment of ['empty', 'full']) {
    for (const { name, path } of asked) {
      const { status, text } = await hub.ask('GET', path)
      expect([200, 409, 422], `${moment} ${name}: ${text}`).toContain(status)
    }
    await hub.says('hello')
    await hub.says('hello', 'sales')
  }
  expect(hub.faults).toEqual([])
})
