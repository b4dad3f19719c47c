import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mutate, mutation } from '../../../../test/mutate.ts'
import { parseAddress } from '../../../core/address.ts'
import type { Answer, GatewayClient, ServerClient } from '../../../core/gateway.ts'
import { messageId } from '../../../core/ids.ts'
import { systemClock } from '../../../platform/clock.ts'
import { administer, connect } from '../send.ts'
import { ANA, log, TEAM } from './played.fixture.ts'

const PERSON = {
  jid: '5511955550101@s.whatsapp.net',
  phone_number: '5511955550101@s.whatsapp.net',
  lid: '9@lid',
}
const AT = '2026-03-14T14:56:04Z'
const RAW = {
  JID: '120363000000000201@g.us',
  Name: 'Team',
  Topic: 'Us',
  IsLocked: true,
  IsAnnounce: false,
  Participants: [{ JID: PERSON.jid, PhoneNumber: PERSON.jid, LID: '9@lid', IsAdmin: true }],
}
const DEVICE = { id: 'front-desk', phone_number: '5511955559999', display_name: 'x', state: 'logged_in' }
const WEBHOOK = { device_id: 'a', webhook_url: 'https://a', webhook_secret: 's', webhook_events: 'message,x' }

/** What each question is answered with by a healthy GOWA, before it is changed. */
const ANSWERS: readonly [path: RegExp, results: unknown][] = [
  [
    /\/group\/participants\?/,
    { group_id: RAW.JID, name: 'Team', participants: [{ ...PERSON, is_admin: true }] },
  ],
  [/\/group\/info\?/, RAW],
  [/\/my\/groups/, { data: [RAW, RAW] }],
  [/\/participant-requests/, [{ ...PERSON, requested_at: AT }]],
  [/\/invite-link/, { invite_link: 'https://chat.whatsapp.com/x', group_id: RAW.JID }],
  [/\/info-from-link/, { group_id: RAW.JID, name: 'x', topic: 'y', is_locked: true, is_announce: false }],
  [/\/user\/check/, { is_on_whatsapp: true }],
  [
    /\/chats/,
    {
      data: [{ jid: PERSON.jid, name: 'Ana', archived: true, last_message_time: AT }],
      pagination: { total: 9 },
    },
  ],
  [/\/my\/contacts/, { data: [{ jid: PERSON.jid, name: 'Ana' }] }],
  [/\/user\/avatar/, { url: 'https://a', id: '1', type: 'image' }],
  [
    /\/privacy/,
    { group_add: 'all', last_seen: 'none', status: 'contacts', profile: 'all', read_receipts: 'all' },
  ],
  [/\/webhook/, WEBHOOK],
  [/\/devices/, [DEVICE, { ...DEVICE, id: 'b' }]],
  [
    /\/messages/,
    {
      data: [
        {
          id: 'A',
          chat_jid: PERSON.jid,
          content: '🎥 Video',
          timestamp: AT,
          is_from_me: true,
          media_type: 'video',
        },
      ],
      pagination: {},
    },
  ],
  [/\/download/, { message_id: 'A', file_path: 'statics/media/a.png', file_size: 7 }],
  [/\/login-with-code/, { pair_code: 'ABCD-EFGH' }],
  [/\/app\/login/, { qr_link: 'http://gowa:3000/statics/qrcode/a.png', qr_duration: 30 }],
  [/\/app\/status/, { is_connected: true, is_logged_in: true, device_id: 'a', jid: 'b' }],
  [/\/app\/info/, { version: 'v9.2.0' }],
]
const QUESTIONS: readonly ((
  client: GatewayClient,
  server: ServerClient,
) => Promise<Answer<unknown>> | undefined)[] = [
  (client) => client.groupInfo?.(TEAM),
  (client) => client.groups?.list(),
  (client) => client.groups?.requests(TEAM),
  (client) => client.groups?.inviteLink(TEAM),
  (client) => client.groups?.preview('x'),
  (client) => client.directory?.check(['5511955550101']),
  (client) => client.directory?.chats({ limit: 5 }),
  (client) => client.directory?.contacts({ limit: 5 }),
  (client) => client.directory?.picture(ANA),
  (client) => client.profile?.privacy?.(),
  (client) => client.webhooks?.list(),
  (client) => client.webhooks?.register({ url: 'https://hub.example.com' }),
  (client) => client.search?.({ chat: ANA }),
  (client) => client.download?.({ id: messageId('A'), chat: ANA, media: { source: { type: 'gateway' } } }),
  (client) => client.pair?.(),
  (client) => client.pair?.('5511955559999'),
  (client) => client.status?.(),
  (client) => client.version?.(),
  (_, server) => server.instances(),
]

it('whatever GOWA answers, a question throws nothing, and shows no address that is none', async () => {
  let answered = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...QUESTIONS),
      fc.array(mutation, { maxLength: 4 }),
      async (question, mutations) => {
        const context = {
          baseUrl: 'http://gowa.example.com',
          device: 'front-desk',
          clock: systemClock,
          log,
          http: async ({ url }: { url: string }) => {
            const results = ANSWERS.find(([path]) => path.test(url))?.[1]
            const whole: unknown = { code: 'SUCCESS', message: 'm', results }
            const body = mutations.reduce(mutate, structuredClone(whole))
            return { type: 'answered', status: 200, headers: {}, body: JSON.stringify(body) ?? '' } as const
          },
        }
        const answer = await question(connect({}, context), administer({}, context))
        if (!answer) throw new Error('missing')
        if (!answer.ok) {
          expect(answer.reason).toMatch(/./)
          return
        }
        answered += 1
        const text = JSON.stringify(answer.value) ?? ''
        for (const [, address] of text.matchAll(/"address":"([^"]*)"/g))
          expect(parseAddress(address ?? '')).toBe(address)
        // A secret of the server is never handed on.
        expect(text).not.toContain('webhook_secret')
      },
    ),
    { numRuns: 2_000 },
  )
  expect(answered).toBeGreaterThan(200)
})
