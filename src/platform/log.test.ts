import { expect, test } from 'vitest'
import { HubError } from '../core/errors.ts'
import { createLogger, type LogOptions } from './log.ts'
import { createScrubber, secretsIn } from './scrub.ts'

function logged(options: Partial<LogOptions> = {}) {
  const lines: string[] = []
  const log = createLogger({ level: 'debug', write: (line) => lines.push(line), ...options })
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> }
}

test('one JSON line: level as a word, time, constant message, fields beside it', () => {
  const { log, last, lines } = logged()
  log.child({ instance: 'sales' }).warn({ attempt: 2, waitMs: 12.345678912 }, 'send failed')
  expect(last()).toMatchObject({
    level: 'warn',
    msg: 'send failed',
    instance: 'sales',
    attempt: 2,
    waitMs: 12.345678912,
  })
  expect(Date.parse(String(last().time))).not.toBeNaN()
  expect(lines[0]).toMatch(/\n$/)
})

test('levels below the chosen one are silent', () => {
  const { log, lines } = logged({ level: 'warn' })
  log.info({}, 'no')
  log.error({}, 'yes')
  expect(lines).toHaveLength(1)
  const silent = logged({ level: 'silent' })
  silent.log.error({}, 'no')
  expect(silent.lines).toHaveLength(0)
})

const SECRET = 'hunter2-hunter2'
test.each<[string, object]>([
  ['a phone in a field', { to: '5511912345678' }],
  ['a phone inside a text', { reason: 'number 5511912345678 is not known' }],
  ['a phone as a number', { to: 5511912345678 }],
  ['a written phone', { to: '+55 (11) 91234-5678' }],
  ['a phone as a key', { seen: { '5511912345678': true } }],
  ['a phone in a map', { seen: new Map([['5511912345678', 1]]) }],
  ['message text', { text: 'call me at 91234-5678', caption: '91234-5678', content: { body: '91234-5678' } }],
  ['a token', { token: SECRET }],
  [
    'nested credentials',
    { settings: [{ adminToken: SECRET, basicAuth: { username: 'x', password: SECRET } }] },
  ],
  [
    'headers',
    { headers: { Authorization: `Bearer ${SECRET}`, 'x-api-key': SECRET, cookie: `sid=${SECRET}` } },
  ],
  ['a bearer inside a text', { reason: `sent Bearer ${SECRET}` }],
  ['a key in a webhook path', { path: `/webhooks/sales/${SECRET}/messages/text` }],
  ['a query', { url: `https://x.example/?token=${SECRET}&a=1` }],
  ['a login in a URL', { url: `https://me:${SECRET}@x.example/` }],
  ['an error', { err: new Error(`bad token=${SECRET} for 5511912345678`) }],
  ['an error’s cause', { err: new Error('x', { cause: new Error(`5511912345678 password: ${SECRET}`) }) }],
  [
    'an error’s own fields',
    { err: Object.assign(new Error('x'), { body: SECRET, request: { phone: '5511912345678' } }) },
  ],
  ['bytes', { data: Buffer.from(SECRET) }],
])('hides %s', (_name, fields) => {
  const { log, lines } = logged()
  log.error(fields, 'happened')
  log.child(fields).info({}, 'happened')
  expect(lines).toHaveLength(2)
  for (const line of lines) expect(line).not.toMatch(/5511912345678|91234-5678|hunter2/)
})

test('hides configured secrets wherever they turn up', () => {
  const { log, lines } = logged({ secrets: ['urlkey-0123', 'urlkey-0123456'] })
  log.info({ note: 'got urlkey-0123456 from there' }, 'saw urlkey-0123')
  expect(lines[0]).not.toMatch(/urlkey|456 from/)
})

test('keeps the hub’s own ids, counts and flags', () => {
  const { log, last } = logged()
  const fields = {
    event: 'evt_123456789',
    command: '01936f2a-0000-7000-8000-123456789012',
    tokens: 312,
    hasSecret: true,
    source: '203.113.100.124',
  }
  log.info(fields, 'kept')
  expect(last()).toMatchObject(fields)
})

test('an error keeps its code, message and places', () => {
  const { log, last } = logged()
  log.error({ err: new HubError('E_INTERNAL', 'it broke', { details: { value: 1 } }) }, 'failed')
  expect(last().err).toMatchObject({ type: 'HubError', code: 'E_INTERNAL', message: 'it broke' })
  expect((last().err as { stack: string }).stack).toMatch(/^\s+at /)
  expect(last().err).not.toHaveProperty('details')
})

test('a field that cannot be read never takes the program down', () => {
  const { log, lines } = logged()
  const loop: Record<string, unknown> = {}
  loop.self = loop
  log.info(loop, 'loop')
  log.info(
    {
      inner: {
        get bad() {
          throw new Error('no')
        },
      },
    },
    'getter',
  )
  log.info(null as unknown as object, 'nothing')
  expect(lines).toHaveLength(3)
})

test('lines for people are short and put a stack below', () => {
  const { log, lines } = logged({ human: true })
  log.warn({ instance: 'sales', reason: 'not connected' }, 'instance held')
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d warn {2}instance held instance=sales reason="not connected"\n$/)
  log.error({ err: new HubError('E_INTERNAL', 'it broke') }, 'failed')
  expect(lines[1]).toMatch(/failed err="E_INTERNAL: it broke"\n\s+at /)
  expect(lines.join('')).not.toContain('\x1b[')
  const colourful = logged({ human: true, colour: true })
  colourful.log.error({}, 'x')
  expect(colourful.lines[0]).toContain('\x1b[31m')
})

test('finds the secrets of a configuration by the names they stand under', () => {
  const found = secretsIn({
    baseUrl: 'https://gateway.example',
    webhook: { secrets: ['first-secret-1', 'second-secret'], key: 'url-key-12345' },
    settings: { token: 'token-123456', basicAuth: { username: 'administrator', password: 'pass-word-1' } },
  })
  expect(found).toEqual(
    expect.arrayContaining([
      'first-secret-1',
      'second-secret',
      'url-key-12345',
      'token-123456',
      'pass-word-1',
    ]),
  )
  expect(found).not.toContain('https://gateway.example')
})

test('scrubs plain text', () => {
  expect(createScrubber().text('no 5511912345678 at 10:30')).toBe('no [digits] at 10:30')
})
