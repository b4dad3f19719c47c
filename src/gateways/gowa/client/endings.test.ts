import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Command, SendResult } from '../../../core/commands.ts'
import type { Answer, ClientContext, GatewayClient } from '../../../core/gateway.ts'
import { messageId } from '../../../core/ids.ts'
import type { HttpOutcome } from '../../../core/ports.ts'
import { systemClock } from '../../../platform/clock.ts'
import { createHttpClient } from '../../../platform/http-client.ts'
import { administer, connect } from '../send.ts'
import { ANA, hurried, log, TEAM } from './played.fixture.ts'

const NOW = 1_788_000_000_000
const answered = (status: number, body: unknown, headers = {}): HttpOutcome => ({
  type: 'answered',
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
const error = (status: number, code: string, message = 'in words'): HttpOutcome =>
  answered(status, { code, message })
const whatsmeow = (message: string): HttpOutcome => error(500, 'INTERNAL_SERVER_ERROR', message)

/** A client whose every request ends like this. */
const context = (outcome: HttpOutcome): ClientContext => ({
  baseUrl: 'http://gowa.example.com/wa',
  http: async () => outcome,
  clock: { ...systemClock, now: () => NOW },
  log,
})
const target = messageId('3EB0A')
const PICTURE = 'data:image/png;base64,iVBORw0KGgo='

/** Commands that put something into a chat, and those that do not. */
const SAYING: Command[] = [
  { type: 'text', to: ANA, text: 'x' },
  { type: 'text', to: ANA, text: 'x\nhttps://e.example', linkPreview: true },
  { type: 'media', to: ANA, media: 'image', url: PICTURE },
  { type: 'location', to: ANA, latitude: 1, longitude: 1 },
  { type: 'contact', to: ANA, name: 'x', phones: ['5511955550102'] },
  { type: 'poll', to: ANA, text: 'x', options: ['a', 'b'], choices: 1 },
  { type: 'forward', to: ANA, target, from: ANA },
  { type: 'edit', to: ANA, target, text: 'x' },
  { type: 'react', to: ANA, target, emoji: '👍' },
  { type: 'revoke', to: ANA, target },
]
const QUIET: Command[] = [
  { type: 'delete-for-me', to: ANA, target },
  { type: 'read', to: ANA, targets: [target] },
  { type: 'star', to: ANA, target, starred: true },
  { type: 'members', to: TEAM, change: 'add', members: [ANA] },
  { type: 'remove-member', to: TEAM, members: [ANA] },
  { type: 'group', to: TEAM, set: 'name', name: 'x' },
  { type: 'group', to: TEAM, set: 'picture', url: PICTURE },
  { type: 'leave-group', to: TEAM },
  { type: 'chat', to: ANA, set: 'pinned', on: true },
  { type: 'reject-call', to: ANA, call: 'A' },
]

/** Every question. `once`: asking twice might do it twice. */
const questions = (
  client: GatewayClient,
  with_: ClientContext,
): [string, Promise<Answer<unknown>>, 'once'?][] => {
  const { groups, directory, profile, webhooks } = client
  const server = administer({}, with_)
  const asked: [string, Promise<Answer<unknown>> | undefined, 'once'?][] = [
    ['groupInfo', client.groupInfo?.(TEAM)],
    ['groups.list', groups?.list()],
    ['groups.create', groups?.create('x', [ANA]), 'once'],
    ['groups.inviteLink', groups?.inviteLink(TEAM)],
    ['groups.preview', groups?.preview('https://chat.whatsapp.com/x')],
    ['groups.join', groups?.join('https://chat.whatsapp.com/x')],
    ['groups.requests', groups?.requests(TEAM)],
    ['directory.check', directory?.check(['5511955550101'])],
    ['directory.chats', directory?.chats({ limit: 5 })],
    ['directory.contacts', directory?.contacts({ limit: 5 })],
    ['directory.picture', directory?.picture(ANA)],
    ['profile.setName', profile?.setName?.('x')],
    ['profile.setPicture', profile?.setPicture?.(PICTURE)],
    ['profile.privacy', profile?.privacy?.()],
    ['webhooks.list', webhooks?.list()],
    ['webhooks.register', webhooks?.register({ url: 'https://hub.example.com' })],
    ['webhooks.remove', webhooks?.remove('a')],
    ['status', client.status?.()],
    ['version', client.version?.()],
    ['search', client.search?.({ chat: ANA })],
    ['download', client.download?.({ id: target, chat: ANA, media: { source: { type: 'gateway' } } })],
    ['pair', client.pair?.()],
    ['pair by code', client.pair?.('5511955559999')],
    ['disconnect', client.disconnect?.()],
    ['instances', server.instances()],
    ['create', server.create('x'), 'once'],
    ['remove', server.remove('x')],
  ]
  return asked.map(([name, answer, once]) => {
    if (!answer) throw new Error(`${name} is missing`)
    return [name, answer, ...(once ? ([once] as const) : [])] as [string, Promise<Answer<unknown>>, 'once'?]
  })
}

describe('endings of a command', () => {
  const run = (command: Command, outcome: HttpOutcome) => connect({}, context(outcome)).send(command, 'ref')
  const [text] = SAYING as [Command]
  const group = QUIET[5] as Command

  it.each<[string, Command, HttpOutcome, SendResult['end'], string?]>([
    ['463', text, error(429, 'WA_REACHOUT_TIMELOCK'), 'rejected', 'time-locked'],
    ['not on WhatsApp', text, error(400, 'INVALID_JID'), 'rejected', 'not-on-whatsapp'],
    ['no client', text, error(500, 'INVALID_WA_CLI'), 'hold'],
    ['not logged in', text, error(401, 'AUTHENTICATION_ERROR'), 'hold'],
    ['no admin', group, whatsmeow('info query returned status 403: forbidden'), 'rejected', 'not-admin'],
    [
      'no admin, said otherwise',
      group,
      whatsmeow('info query returned status 401: not-authorized'),
      'rejected',
      'not-admin',
    ],
    ['no such group', group, whatsmeow('that group does not exist'), 'rejected', 'gone'],
    [
      'not in the group',
      text,
      whatsmeow("failed to get group members: you're not participating in that group"),
      'rejected',
      'gone',
    ],
    [
      'no such message',
      SAYING[6] as Command,
      whatsmeow('message with ID 3EB0A not found'),
      'rejected',
      'gone',
    ],
    ['a medium out of reach', text, whatsmeow('failed to download video from URL timeout'), 'retry'],
    ['no ffmpeg', text, whatsmeow('ffmpeg not installed'), 'rejected', 'invalid'],
    [
      'a document without a file',
      text,
      whatsmeow('there is no uploaded file associated with the given key'),
      'rejected',
      'unsupported',
    ],
    ['WhatsApp limits', group, whatsmeow('info query returned status 429: rate-overlimit'), 'retry'],
    ['socket down', group, whatsmeow('websocket not connected'), 'hold'],
    // The same words after a message was handed over prove nothing about it.
    ['socket down while saying', text, whatsmeow('websocket not connected'), 'unknown'],
    ['an IQ error while saying', text, whatsmeow('info query returned status 403: forbidden'), 'unknown'],
    ['anything else', text, whatsmeow('server returned error 479'), 'unknown'],
    ['a panic', group, whatsmeow('runtime error: invalid memory address'), 'unknown'],
    ['the deadline', text, error(504, 'GATEWAY_TIMEOUT'), 'unknown'],
    ['200 with another code', group, error(200, 'INTERNAL_SERVER_ERROR'), 'rejected', 'gateway-bug'],
    ['200 with another code while saying', text, error(200, 'INVALID_WA_CLI'), 'unknown'],
    ['a picture GOWA cannot read', group, error(400, 'INVALID_IMAGE_FORMAT'), 'rejected', 'invalid'],
    ['no address', text, { type: 'not-sent', reason: 'refused' }, 'retry'],
  ])('%s', async (_, command, outcome, end, code) => {
    expect(await run(command, outcome)).toMatchObject({ end, ...(code && { code }) })
  })
  it.each([
    ['12', 12_000],
    [' 0 ', 0],
    [new Date(NOW + 30_000).toUTCString(), 30_000],
    [new Date(NOW - 30_000).toUTCString(), 0],
    ['soon', undefined],
  ])('429 with Retry-After %s', async (header, afterMs) => {
    const result = await run(text, answered(429, '', { 'retry-after': header }))
    expect(result).toEqual({
      end: 'retry',
      reason: expect.any(String),
      ...(afterMs !== undefined && { afterMs }),
    })
  })
  it.each([
    ['phone: cannot be blank.', '(phone: cannot be blank)'],
    [
      'caption: the length must be no more than 1024; phone: cannot be blank.',
      '(caption: the length must be no more than 1024)',
    ],
    ['phone number 5511955550101 is odd', 'invalid'],
    ['message: secret words must be shorter', 'invalid'],
    ['secret words: cannot be blank.', 'invalid'],
    ['secret: cannot be blank.', 'invalid'],
  ])('names the field of %s and quotes nothing else', async (message, words) => {
    const result = await run(text, error(400, 'VALIDATION_ERROR', message))
    if (result.end === 'sent') throw new Error('sent')
    expect(result.reason).toContain(words)
    expect(result.reason).not.toMatch(/secret|5511955550101/)
  })
  it('tells per member what was refused', async () => {
    const results = (...messages: string[]) =>
      answered(200, {
        code: 'SUCCESS',
        message: '',
        results: messages.map((message) => ({ participant: 'x', status: 'error', message })),
      })
    const add = QUIET[3] as Command
    const forbidden = 'Action add failed (code 403)'
    expect(await run(add, results(forbidden))).toMatchObject({ code: 'not-admin' })
    expect(await run(add, results(forbidden, 'Failed to add participant'))).toMatchObject({ code: 'invalid' })
    expect(await run(add, answered(200, { code: 'SUCCESS', results: null }))).toMatchObject({
      end: 'unknown',
    })
  })
})

describe('answers to questions', () => {
  it.each<[string, HttpOutcome, object]>([
    ['not connected', error(401, 'AUTHENTICATION_ERROR'), { code: 'not-connected', retry: true }],
    ['no login', answered(401, 'Unauthorized'), { code: 'unauthorized', retry: true }],
    [
      'too many',
      answered(429, '', { 'retry-after': '7' }),
      { code: 'rate-limited', afterMs: 7_000, retry: true },
    ],
    ['out of reach', { type: 'not-sent', reason: 'refused' }, { retry: true }],
  ])('%s', async (_, outcome, expected) => {
    const all = context(outcome)
    for (const [name, answer] of questions(connect({}, all), all))
      expect([name, await answer]).toEqual([name, expect.objectContaining({ ok: false, ...expected })])
  })
})

describe('hostile answers over real HTTP', () => {
  let answer: (response: ServerResponse) => void
  let server: Server
  let http: ReturnType<typeof createHttpClient>
  let all: ClientContext
  beforeEach(async () => {
    server = createServer((request, response) => {
      // Whoever hangs up early is no fault of this server.
      response.on('error', () => {})
      request.resume()
      request.on('end', () => answer(response))
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    http = createHttpClient({ clock: hurried })
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    all = { baseUrl, http: http.request, clock: hurried, log }
  })
  afterEach(async () => {
    await http.close()
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  })
  const json = { 'content-type': 'application/json' }
  const whole =
    (body: string | Buffer, headers: Record<string, string> = json) =>
    (response: ServerResponse) =>
      void response.writeHead(200, headers).end(body)
  const good = JSON.stringify({ code: 'SUCCESS', message: 'm', results: { message_id: '3EB0A' } })

  const HOSTILE: [string, (response: ServerResponse) => void][] = [
    ['HTML', whole('<html><body>Welcome</body></html>', { 'content-type': 'text/html' })],
    ['HTML that says it is JSON', whole('<html>')],
    ['nothing', whole('')],
    ['truncated JSON', whole(good.slice(0, -9))],
    ['a list', whole('[]')],
    ['null', whole('null')],
    ['a number', whole('7')],
    ['wrong types', whole('{"code":7,"message":{},"results":"SUCCESS"}')],
    ['wrong types within', whole('{"code":["SUCCESS"],"results":{"message_id":{"a":1},"data":7}}')],
    ['deep nesting', whole('['.repeat(100_000))],
    ['bytes that are no text', whole(Buffer.from([0xff, 0xfe, 0x00, 0x01]))],
    ['a prototype', whole('{"__proto__":{"code":"SUCCESS","results":{"message_id":"x"}}}')],
    [
      'less than announced',
      (response) => {
        response.writeHead(200, { ...json, 'content-length': '1000' }).write(good)
        setTimeout(() => response.destroy(), 5)
      },
    ],
    ['a hang-up', (response) => response.destroy()],
    ['silence', () => {}],
    [
      'a beginning that never ends',
      (response) => void response.writeHead(200, json).write(good.slice(0, 20)),
    ],
  ]

  it.each(HOSTILE)('%s is never taken for sent', async (_, misbehave) => {
    answer = misbehave
    const client = connect({}, all)
    const results = await Promise.all(
      [...SAYING, ...QUIET].map(
        async (command) => [command.type, await client.send(command, 'ref')] as const,
      ),
    )
    for (const [type, result] of results) expect([type, result.end]).toEqual([type, 'unknown'])
    // Typing is a courtesy: it fails without a word.
    expect(await client.typing?.(ANA, 'start', 1_000)).toBeUndefined()
  })
  it.each(HOSTILE)('%s is no answer to a question', async (_, misbehave) => {
    answer = misbehave
    for (const [name, asked, once] of questions(connect({}, all), all)) {
      const result = await asked
      expect([name, result.ok]).toEqual([name, false])
      if (!result.ok && once) expect([name, result.retry]).toEqual([name, false])
    }
  })
  it('is cut off when it is 100 MB, or has no end', async () => {
    let written = 0
    const part = Buffer.alloc(1024 * 1024, ' ')
    answer = (response) => {
      response.writeHead(200, json)
      const more = (): void => {
        while (!response.destroyed && written < 200 * part.length) {
          written += part.length
          if (!response.write(part)) return void response.once('drain', more)
        }
      }
      more()
    }
    const client = connect({}, all)
    expect(await client.send(SAYING[0] as Command, 'ref')).toMatchObject({ end: 'unknown' })
    expect(await client.groups?.list()).toMatchObject({ ok: false, retry: true })
    // What is on its way when the limit is passed may be a little more.
    expect(written).toBeLessThan(60 * part.length)
  })
  it('a good answer with odd headers is good', async () => {
    answer = whole(good, { 'content-type': 'text/plain' })
    expect(await connect({}, all).send(SAYING[0] as Command, 'ref')).toEqual({
      end: 'sent',
      messageId: '3EB0A',
    })
  })
})
