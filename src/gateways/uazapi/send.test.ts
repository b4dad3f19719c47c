import { describe, expect, it } from 'vitest'
import { address } from '../../core/address.ts'
import type { Command } from '../../core/commands.ts'
import type { ClientContext, GatewayClient } from '../../core/gateway.ts'
import { messageId } from '../../core/ids.ts'
import type { Clock, HttpOutcome, HttpRequest, Logger } from '../../core/ports.ts'
import { connect } from './client/connect.ts'

const TOKEN = '0f0e0d0c-1111-4222-8333-444455556666'
const PHONE = address('phone', '5511955550101')
const PRIVATE = address('private', '90010020030040')
const GROUP = address('group', '120363000000000001')
const REFERENCE = 'hub1-0198aaaa-0000-7000-8000-000000000001'
const TARGET = messageId('3EB0B1')

const clock: Clock = {
  now: () => 1_788_000_000_000,
  monotonic: () => 0,
  setTimeout: () => ({ cancel() {} }),
}
const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }

/** A client and every request it made. */
function setUp(
  outcome: HttpOutcome = { type: 'answered', status: 200, headers: {}, body: '{"messageid":"3EB0A1"}' },
) {
  const requests: HttpRequest[] = []
  const context: ClientContext = {
    baseUrl: 'https://uazapi.example.com',
    clock,
    log,
    http: async (request) => {
      requests.push(request)
      return outcome
    },
  }
  return { client: connect({ token: TOKEN }, context), requests }
}
const answered = (status: number, body: unknown): HttpOutcome => ({
  type: 'answered',
  status,
  headers: {},
  body: JSON.stringify(body),
})
async function requestFor(act: (client: GatewayClient) => Promise<unknown> | undefined) {
  const { client, requests } = setUp()
  await act(client)
  const [request] = requests
  const body: unknown = request?.body === undefined ? undefined : JSON.parse(String(request.body))
  return { request, body }
}

describe('requests', () => {
  it('carry the token, a time limit, and go below the configured base', async () => {
    const { request } = await requestFor((client) =>
      client.send({ type: 'text', to: PHONE, text: 'x' }, REFERENCE),
    )
    expect(request).toMatchObject({
      method: 'POST',
      url: 'https://uazapi.example.com/send/text',
      headers: { token: TOKEN, 'content-type': 'application/json' },
      timeoutMs: 30_000,
    })
    expect(setUp().client.sendTimeoutMs).toBe(30_000)
  })

  it.each<[string, Command, string, object]>([
    [
      'text',
      { type: 'text', to: PHONE, text: 'oi' },
      '/send/text',
      { number: '5511955550101', text: 'oi', track_id: REFERENCE },
    ],
    [
      'text with everything',
      { type: 'text', to: GROUP, text: 'oi', replyTo: TARGET, mentions: [PHONE, PRIVATE], linkPreview: true },
      '/send/text',
      {
        number: '120363000000000001@g.us',
        text: 'oi',
        replyid: '3EB0B1',
        mentions: '5511955550101,90010020030040@lid',
        linkPreview: true,
        track_id: REFERENCE,
      },
    ],
    [
      'text that mentions all',
      { type: 'text', to: GROUP, text: 'oi', mentions: 'all' },
      '/send/text',
      { number: '120363000000000001@g.us', text: 'oi', mentions: 'all', track_id: REFERENCE },
    ],
    [
      'text to a private id, where nobody can be mentioned',
      { type: 'text', to: PRIVATE, text: 'oi', mentions: 'all' },
      '/send/text',
      { number: '90010020030040@lid', text: 'oi', track_id: REFERENCE },
    ],
    [
      'a document',
      {
        type: 'media',
        to: PHONE,
        media: 'document',
        url: 'https://files.example.com/a.pdf',
        text: 'segue',
        fileName: 'a.pdf',
        replyTo: TARGET,
      },
      '/send/media',
      {
        number: '5511955550101',
        type: 'document',
        file: 'https://files.example.com/a.pdf',
        text: 'segue',
        docName: 'a.pdf',
        replyid: '3EB0B1',
        track_id: REFERENCE,
      },
    ],
    [
      'a voice message',
      { type: 'media', to: PHONE, media: 'voice', url: 'https://files.example.com/a.ogg' },
      '/send/media',
      { number: '5511955550101', type: 'ptt', file: 'https://files.example.com/a.ogg', track_id: REFERENCE },
    ],
    [
      'a video note',
      {
        type: 'media',
        to: PHONE,
        media: 'video-note',
        url: 'https://files.example.com/a.mp4',
        viewOnce: true,
      },
      '/send/media',
      {
        number: '5511955550101',
        type: 'ptv',
        file: 'https://files.example.com/a.mp4',
        viewOnce: true,
        track_id: REFERENCE,
      },
    ],
    [
      'a reaction taken back',
      { type: 'react', to: PHONE, target: TARGET, emoji: '' },
      '/message/react',
      { number: '5511955550101', text: '', id: '3EB0B1' },
    ],
    ['a deletion', { type: 'revoke', to: GROUP, target: TARGET }, '/message/delete', { id: '3EB0B1' }],
    ['read', { type: 'read', to: PHONE, targets: [TARGET] }, '/message/markread', { id: ['3EB0B1'] }],
    [
      'a removal',
      { type: 'remove-member', to: GROUP, members: [PHONE, PRIVATE] },
      '/group/updateParticipants',
      {
        groupjid: '120363000000000001@g.us',
        action: 'remove',
        participants: ['5511955550101', '90010020030040@lid'],
      },
    ],
  ])('%s', async (_, command, path, expected) => {
    const { request, body } = await requestFor((client) => client.send(command, REFERENCE))
    expect(request?.url).toBe(`https://uazapi.example.com${path}`)
    expect(body).toEqual(expected)
  })

  it('show typing for at most five minutes, and end it', async () => {
    const start = await requestFor((client) => client.typing?.(PHONE, 'start', 900_000))
    expect(start.body).toEqual({ number: '5511955550101', presence: 'composing', delay: 300_000 })
    const stop = await requestFor((client) => client.typing?.(PHONE, 'stop', 0))
    expect(stop.body).toEqual({ number: '5511955550101', presence: 'paused' })
  })
})

describe('what cannot be done is rejected without a request', () => {
  it.each<[string, Command, string]>([
    ['a status post', { type: 'text', to: address('status', 'broadcast'), text: 'x' }, 'unsupported'],
    ['a business id', { type: 'text', to: address('business', 'BR.1'), text: 'x' }, 'unsupported'],
    [
      'a caption on a voice message',
      { type: 'media', to: PHONE, media: 'voice', url: 'https://files.example.com/a.ogg', text: 'x' },
      'unsupported',
    ],
    ['removing from a direct chat', { type: 'remove-member', to: PHONE, members: [PHONE] }, 'invalid'],
    ['removing nobody', { type: 'remove-member', to: GROUP, members: [] }, 'unsupported'],
  ])('%s', async (_, command, code) => {
    const { client, requests } = setUp()
    expect(await client.send(command, REFERENCE)).toMatchObject({ end: 'rejected', code })
    expect(requests).toEqual([])
  })
})

describe('questions', () => {
  it('read a group whose members hide their numbers', async () => {
    const { client } = setUp(
      answered(200, {
        JID: '120363000000000001@g.us',
        Name: 'Grupo',
        Topic: 'Regras',
        Participants: [
          {
            JID: '90010020030040@lid',
            LID: '90010020030040@lid',
            PhoneNumber: '5511955550101@s.whatsapp.net',
            IsAdmin: false,
            IsSuperAdmin: true,
            DisplayName: '',
          },
          { JID: '90010020030041@lid', LID: '', PhoneNumber: '', IsAdmin: false, DisplayName: 'Bia' },
          'nobody',
        ],
      }),
    )
    expect(await client.groupInfo?.(GROUP)).toEqual({
      ok: true,
      value: {
        address: GROUP,
        name: 'Grupo',
        description: 'Regras',
        members: [
          { address: PHONE, aliases: [PRIVATE], admin: true },
          { address: 'private:90010020030041', aliases: [], name: 'Bia', admin: false },
        ],
      },
    })
  })
  it.each<[string, HttpOutcome, boolean]>([
    ['an unknown group', answered(404, { error: 'group not found' }), false],
    ['a wrong token', answered(401, { error: 'Invalid token' }), false],
    ['a fault', answered(500, {}), true],
    ['a limit', answered(429, {}), true],
    ['no answer', { type: 'unanswered', reason: 'timeout' }, true],
    ['a list', answered(200, []), false],
    ['another thing', answered(200, { Name: 'x' }), false],
  ])('%s is no answer', async (_, outcome, retry) => {
    expect(await setUp(outcome).client.groupInfo?.(GROUP)).toMatchObject({ ok: false, retry })
  })
  it.each<[string, unknown, string | undefined]>([
    ['connected', { instance: { status: 'connected' }, status: { connected: true } }, 'connected'],
    ['connecting', { instance: { status: 'connecting' }, status: { connected: false } }, 'connecting'],
    ['disconnected', { instance: { status: 'disconnected' } }, 'disconnected'],
    ['hibernated', { instance: { status: 'hibernated' }, status: { connected: false } }, 'disconnected'],
    [
      'logged out',
      { instance: { status: 'disconnected', lastDisconnectReason: '401: logged out' } },
      'logged-out',
    ],
    [
      'saying two things',
      { instance: { status: 'connected' }, status: { connected: false } },
      'disconnected',
    ],
    ['saying nothing', {}, undefined],
  ])('a number that is %s', async (_, body, state) => {
    const expected = state === undefined ? { ok: false } : { ok: true, value: state }
    expect(await setUp(answered(200, body)).client.status?.()).toMatchObject(expected)
  })
})
