import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { mutate, mutation } from '../../../../test/mutate.ts'
import type { Command, SendResult } from '../../../core/commands.ts'
import { REPEATABLE } from '../../../core/commands.ts'
import type { Answer } from '../../../core/gateway.ts'
import type { HttpOutcome } from '../../../core/ports.ts'
import { createHttpClient, MAX_RESPONSE_BYTES } from '../../../platform/http-client.ts'
import { FakeClock } from '../../../testing/fake-clock.ts'
import { connect } from './connect.ts'
import { ANA, answered, GROUP, log, NOW, REFERENCE, served, TOKEN, UNKNOWN_ID } from './served.fixture.ts'

type All = ReturnType<typeof served>
const SECRET_TEXT = 'um segredo entre nós'

const COMMANDS: Command[] = [
  { type: 'text', to: ANA, text: SECRET_TEXT },
  { type: 'media', to: ANA, media: 'image', url: 'https://files.example.com/a.png', text: SECRET_TEXT },
  { type: 'location', to: ANA, latitude: 1, longitude: 2 },
  { type: 'contact', to: ANA, name: 'Bia', phones: ['5511955550102'] },
  { type: 'poll', to: ANA, text: SECRET_TEXT, options: ['a', 'b'], choices: 1 },
  { type: 'pix', to: ANA, key: 'k', keyType: 'random' },
  { type: 'react', to: ANA, target: UNKNOWN_ID, emoji: '👍' },
  { type: 'revoke', to: ANA, target: UNKNOWN_ID },
  { type: 'read', to: ANA, targets: [UNKNOWN_ID] },
  { type: 'pin', to: ANA, target: UNKNOWN_ID, pinned: true },
  { type: 'members', to: GROUP, change: 'add', members: [ANA] },
  { type: 'group', to: GROUP, set: 'locked', on: true },
  { type: 'chat', to: ANA, set: 'deleted' },
  { type: 'lead', to: ANA, fields: { lead_name: SECRET_TEXT } },
]
const QUESTIONS: Record<string, (all: All) => Promise<Answer<unknown>>> = {
  groupInfo: ({ client }) => client.groupInfo(GROUP),
  groups: ({ client }) => client.groups.list(),
  createGroup: ({ client }) => client.groups.create('x', [ANA]),
  inviteLink: ({ client }) => client.groups.inviteLink(GROUP),
  preview: ({ client }) => client.groups.preview('AbCdEfGhIjKl'),
  join: ({ client }) => client.groups.join('AbCdEfGhIjKl'),
  requests: ({ client }) => client.groups.requests(GROUP),
  check: ({ client }) => client.directory.check(['5511955550101']),
  chats: ({ client }) => client.directory.chats({ limit: 5 }),
  contacts: ({ client }) => client.directory.contacts({ limit: 5 }),
  picture: ({ client }) => client.directory.picture(ANA),
  labels: async ({ client }) => (await client.directory.labels?.()) ?? { ok: true, value: [] },
  privacy: async ({ client }) => (await client.profile.privacy?.()) ?? { ok: true, value: {} },
  webhooks: ({ client }) => client.webhooks.list(),
  register: ({ client }) => client.webhooks.register({ url: 'https://hub.example.com/webhooks/sales/k' }),
  errors: async ({ client }) => (await client.webhooks.errors?.()) ?? { ok: true, value: [] },
  pair: ({ client }) => client.pair('5511955550100'),
  status: ({ client }) => client.status(),
  version: ({ client }) => client.version(true),
  search: ({ client }) => client.search({ reference: REFERENCE }),
  download: ({ client }) =>
    client.download({ id: UNKNOWN_ID, chat: ANA, media: { source: { type: 'gateway' } } }),
  campaigns: ({ client }) => client.campaigns.list(),
  createCampaign: ({ client }) =>
    client.campaigns.create({
      info: 'x',
      messages: [{ type: 'text', to: ANA, text: SECRET_TEXT }],
      minDelaySeconds: 1,
      maxDelaySeconds: 2,
    }),
  agents: ({ client }) => client.agents.list('agent'),
  editAgent: ({ client }) => client.agents.edit('agent', { fields: { name: 'x' } }),
  instances: ({ server }) => server.instances(),
  create: ({ server }) => server.create('x'),
  remove: ({ server }) => server.remove('x'),
  globalWebhook: ({ server }) => server.globalWebhook.list(),
}

function expectSafe(result: SendResult | Answer<unknown>): void {
  if (!('reason' in result)) return
  expect(result.reason).toMatch(/./)
  for (const secret of [TOKEN, SECRET_TEXT, '5511955550101']) expect(result.reason).not.toContain(secret)
}

const ECHO = `${TOKEN} ${SECRET_TEXT} 5511955550101`
const BODIES: [string, string][] = [
  ['HTML', `<!doctype html><html><body>${ECHO}</body></html>`],
  ['nothing', ''],
  ['half of it', `{"id":"5511955550100:3EB0A1","messageid":"3EB0`],
  ['null', 'null'],
  ['a number', '7'],
  ['a text', JSON.stringify(ECHO)],
  ['an error', JSON.stringify({ error: ECHO, message: ECHO })],
  [
    'wrong types',
    '{"id":7,"messageid":{},"messages":"x","chats":{},"groups":7,"JID":[],"instance":"x","results":{}}',
  ],
  [
    'lists of nothing',
    '{"messages":[null,1,[],{}],"chats":[null],"groups":[1],"contacts":[{}],"results":[7]}',
  ],
  ['depth', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
]

describe.each(BODIES)('%s as an answer', (name, body) => {
  it.each([200, 201, 204, 301, 400, 401, 403, 404, 405, 409, 413, 429, 500, 502, 503])(
    '%i is an end of every command, and the answer to every question',
    async (status) => {
      const all = served('2.1', {}, () => answered(status, body))
      for (const command of COMMANDS) {
        const result = await all.client.send(command, REFERENCE)
        expectSafe(result)
        if (status < 300 && !REPEATABLE[command.type]) expect(result.end, command.type).toBe('unknown')
        if (status >= 300) expect(result.end).not.toBe('sent')
      }
      for (const [question, ask] of Object.entries(QUESTIONS)) {
        const answer = await ask(all)
        expectSafe(answer)
        if (status >= 300 && question !== 'globalWebhook' && question !== 'version') {
          expect(answer.ok, question).toBe(false)
        }
        if (status < 300 && (name === 'HTML' || name === 'nothing') && question !== 'version') {
          expect(answer.ok, question).toBe(false)
        }
      }
      await all.client.typing(ANA, 'start', 1)
    },
  )
})

it('answers of the right shape with anything in them throw nothing', async () => {
  const questions = Object.values(QUESTIONS)
  await fc.assert(
    fc.asyncProperty(
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
      fc.constantFrom('1.0' as const, '2.1' as const),
      async (mutations, line) => {
        const all = served(line, {}, (_, real) => {
          const outcome = real()
          if (outcome.type !== 'answered') return outcome
          const changed = mutations.reduce(mutate, JSON.parse(outcome.body) as unknown)
          return { ...outcome, body: JSON.stringify(changed) ?? '' }
        })
        all.anaWrites()
        for (const ask of questions) expectSafe(await ask(all))
        for (const command of COMMANDS) expectSafe(await all.client.send(command, REFERENCE))
      },
    ),
    { numRuns: 60 },
  )
}, 30_000)

describe('over real connections', () => {
  let server: Server | undefined
  afterEach(
    () =>
      new Promise<void>((resolve) => {
        server?.closeAllConnections()
        if (server) server.close(() => resolve())
        else resolve()
      }),
  )
  async function setUp(answer: Parameters<typeof createServer>[1]) {
    const listening = createServer(answer)
    server = listening
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
    const clock = new FakeClock({ start: NOW })
    const http = createHttpClient({ clock })
    const { port } = listening.address() as AddressInfo
    const context = { baseUrl: `http://127.0.0.1:${port}`, http: http.request, clock, log }
    return { client: connect({ token: TOKEN }, context), clock }
  }
  const text: Command = { type: 'text', to: ANA, text: SECRET_TEXT }

  it('a huge answer is no answer', async () => {
    const { client } = await setUp((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const chunk = Buffer.alloc(1024 * 1024, 0x20)
      for (let sent = 0; sent <= MAX_RESPONSE_BYTES; sent += chunk.length) response.write(chunk)
      response.end('{}')
    })
    expect(await client.send(text, REFERENCE)).toMatchObject({ end: 'unknown' })
    expect(await client.groups?.list()).toMatchObject({ ok: false, retry: true })
  })
  it('an answer that never ends is given up in time', async () => {
    let begun: (() => void) | undefined
    const asked = new Promise<void>((resolve) => {
      begun = resolve
    })
    const { client, clock } = await setUp((_, response) => {
      response.writeHead(200)
      response.write('{"messageid":"3EB0A1"')
      begun?.()
    })
    const sending = client.send(text, REFERENCE)
    await asked
    await clock.advance(client.sendTimeoutMs)
    expect(await sending).toMatchObject({ end: 'unknown' })
  })
  it('a truncated answer is no answer', async () => {
    const { client } = await setUp((_, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"messageid":"3EB0A1"}')
      response.socket?.end()
    })
    expect(await client.send(text, REFERENCE)).toMatchObject({ end: 'unknown' })
  })
})

it('a server that takes the message and then dies leaves it unknown, and the search finds it', async () => {
  let dies = true
  const all = served('2.1', {}, ({ path }, real): HttpOutcome => {
    const outcome = real()
    return dies && path.startsWith('/send/') ? { type: 'unanswered', reason: 'reset' } : outcome
  })
  expect(await all.client.send(COMMANDS[0] as Command, REFERENCE)).toMatchObject({ end: 'unknown' })
  dies = false
  expect(await all.client.search({ reference: REFERENCE })).toMatchObject({
    ok: true,
    value: [{ fromMe: true, reference: REFERENCE, state: 'sent' }],
  })
})
