import { describe, expect, it } from 'vitest'
import type { Answer } from '../../../core/gateway.ts'
import type { HttpOutcome } from '../../../core/ports.ts'
import { timeLocked } from '../simulator/serve.ts'
import { type About, asAnswer, asResult, judge } from './endings.ts'
import { answered, NOW } from './served.fixture.ts'
import { carriedOut, chatDeleted, membersChanged, readMarked, type Success, sentWithId } from './success.ts'

const locked = timeLocked()
type Failed = Partial<Extract<Answer<never>, { ok: false }>>

/** One refusal, as the end of a send and as the answer to a question. */
const TABLE: [
  name: string,
  outcome: HttpOutcome,
  about: About,
  end: string,
  answer: Omit<Failed, 'ok' | 'reason'>,
  partly?: true,
][] = [
  ['not reached', { type: 'not-sent', reason: 'ECONNREFUSED' }, 'message', 'retry', { retry: true }],
  ['cut off', { type: 'unanswered', reason: 'reset' }, 'message', 'unknown', { retry: true }],
  [
    'No session, 401',
    answered(401, { error: 'No session' }),
    'message',
    'hold',
    { code: 'not-connected', retry: true },
  ],
  [
    'No session, 500',
    answered(500, { error: 'No session' }),
    'group',
    'hold',
    { code: 'not-connected', retry: true },
  ],
  [
    'disconnected, 503',
    answered(503, { error: 'WhatsApp disconnected' }),
    'chat',
    'hold',
    { code: 'not-connected', retry: true },
  ],
  [
    'a session that is missing, in Portuguese',
    answered(500, { error: 'Não há sessão' }),
    'message',
    'hold',
    { code: 'not-connected', retry: true },
  ],
  [
    'a connection that may have broken under a message',
    answered(503, { error: 'WhatsApp disconnected' }),
    'message',
    'unknown',
    { retry: true },
  ],
  [
    'the same of a chat, in Portuguese',
    answered(500, { error: 'Instância desconectada' }),
    'chat',
    'hold',
    { code: 'not-connected', retry: true },
  ],
  [
    'Invalid token',
    answered(401, { error: 'Invalid token' }),
    'message',
    'hold',
    { code: 'unauthorized', retry: false },
  ],
  [
    'Invalid AdminToken',
    answered(403, { error: 'Invalid AdminToken Header' }),
    'server',
    'rejected:unauthorized',
    { code: 'unauthorized', retry: false },
  ],
  [
    'time-locked',
    answered(locked.status, locked.body),
    'message',
    'rejected:time-locked',
    { code: 'time-locked', retry: false },
  ],
  [
    'time-locked, by its key alone',
    answered(500, { error: 'x', error_key: 'WHATSAPP_REACHOUT_TIMELOCK' }),
    'message',
    'rejected:time-locked',
    { code: 'time-locked', retry: false },
  ],
  [
    'another code of WhatsApp',
    answered(500, { error: 'x', provider_code: '479' }),
    'message',
    'rejected:invalid',
    { code: 'invalid', retry: false },
  ],
  [
    '429 with seconds',
    answered(429, { error: 'Rate limit exceeded' }, { 'retry-after': '30' }),
    'message',
    'retry',
    { code: 'rate-limited', retry: true, afterMs: 30_000 },
  ],
  [
    '429 with a date',
    answered(429, '', { 'retry-after': new Date(NOW + 5_000).toUTCString() }),
    'chat',
    'retry',
    { code: 'rate-limited', retry: true, afterMs: 5_000 },
  ],
  [
    '429 with its time in the body',
    answered(429, { error: 'x', retry_after_ms: 86_400_000 }),
    'server',
    'retry',
    { code: 'rate-limited', retry: true, afterMs: 86_400_000 },
  ],
  [
    '503 of a login that has to wait',
    answered(503, { error: 'busy' }, { 'retry-after': '7' }),
    'instance',
    'retry',
    { retry: true, afterMs: 7_000 },
  ],
  [
    '503 of a send',
    answered(503, { error: 'busy' }, { 'retry-after': '7' }),
    'message',
    'unknown',
    { retry: true },
  ],
  [
    'not an admin',
    answered(403, { error: 'not admin' }),
    'group',
    'rejected:not-admin',
    { code: 'not-admin', retry: false },
  ],
  [
    'a message that is gone',
    answered(404, { error: 'message not found' }),
    'message-action',
    'rejected:gone',
    { code: 'gone', retry: false },
  ],
  [
    'a chat that is gone',
    answered(404, { error: 'chat not found' }),
    'chat',
    'rejected:gone',
    { code: 'gone', retry: false },
  ],
  [
    'a path of other versions',
    answered(404, { error: 'not found' }),
    'message-action',
    'rejected:unsupported',
    { code: 'unsupported', retry: false },
    true,
  ],
  [
    'a path of other versions, in the words of its router',
    answered(404, 'Cannot POST /message/pin'),
    'message-action',
    'rejected:unsupported',
    { code: 'unsupported', retry: false },
    true,
  ],
  [
    'a message that is gone, on a path of some versions',
    answered(404, { error: 'message not found' }),
    'message-action',
    'rejected:gone',
    { code: 'gone', retry: false },
    true,
  ],
  ['404 of a proxy', answered(404, '<html>'), 'message-action', 'retry', { retry: true }],
  [
    'not on WhatsApp',
    answered(500, { error: 'the number is not on WhatsApp' }),
    'message',
    'rejected:not-on-whatsapp',
    { code: 'not-on-whatsapp', retry: false },
  ],
  [
    'a request it could not decode',
    answered(400, { error: 'json: cannot unmarshal string into Go struct field' }),
    'chat',
    'rejected:gateway-bug',
    { code: 'gateway-bug', retry: false },
  ],
  ['400', answered(400, { error: 'x' }), 'message', 'rejected:invalid', { code: 'invalid', retry: false }],
  ['413', answered(413, { error: 'x' }), 'message', 'rejected:invalid', { code: 'invalid', retry: false }],
  ['415', answered(415, { error: 'x' }), 'message', 'rejected:invalid', { code: 'invalid', retry: false }],
  ['409', answered(409, { error: 'sync in progress' }), 'chat', 'retry', { retry: true }],
  ['408', answered(408, { error: 'x' }), 'message', 'unknown', { retry: true }],
  ['500 of an unknown kind', answered(500, { error: 'x' }), 'message', 'unknown', { retry: true }],
  ['502', answered(502, '<html>'), 'message', 'unknown', { retry: true }],
  ['504', answered(504), 'message', 'unknown', { retry: true }],
  ['a redirect', answered(302, '', { location: 'https://x.example' }), 'message', 'unknown', { retry: true }],
  ['HTML in a 200', answered(200, '<html>'), 'message', 'unknown', { code: 'gateway-bug', retry: false }],
]

describe('what a refusal means', () => {
  it.each(TABLE)('%s', (_, outcome, about, end, expected, partly) => {
    const judged = judge(outcome, { about, now: NOW, ...(partly && { partly }) })
    if (judged.ok) throw new Error('it was no failure')
    const result = asResult(judged.failure)
    expect(result.end === 'rejected' ? `rejected:${result.code}` : result.end).toBe(end)
    const { ok, reason, ...rest } = asAnswer(judged.failure)
    expect(ok).toBe(false)
    expect(reason).toMatch(/./)
    expect(rest).toEqual(expected)
    if (expected.afterMs !== undefined) expect(result).toMatchObject({ afterMs: expected.afterMs })
  })
})

/** What a 2xx may still say. */
const ACCEPTED: [name: string, success: Success, body: unknown, end: string][] = [
  ['a message', sentWithId, { id: '5511955550100:3EB0A1' }, 'sent:3EB0A1'],
  ['a status post', sentWithId, { Id: '3EB0A1', status: 'Pending' }, 'sent:3EB0A1'],
  ['a queued message', sentWithId, { messageid: '3EB0A1', status: 'Queued' }, 'sent:3EB0A1'],
  ['a message that was stopped', sentWithId, { messageid: '3EB0A1', status: 'Canceled' }, 'unknown'],
  ['a message without a name', sentWithId, { status: 'Pending' }, 'unknown'],
  ['a list for a message', sentWithId, [], 'unknown'],
  ['something done', carriedOut, {}, 'sent'],
  ['a list for something done', carriedOut, [], 'unknown'],
  ['nothing read', readMarked, { results: [{ status: 'error', error: 'x' }] }, 'rejected:gone'],
  ['nothing read, disconnected', readMarked, { results: [{ status: 'error', error: 'No session' }] }, 'hold'],
  ['a chat deleted in part', chatDeleted, { actions: ['deleteChatDB'], errors: ['x'] }, 'sent'],
  ['a chat deleted not at all', chatDeleted, { actions: [], errors: ['x'] }, 'rejected:invalid'],
  ['a chat deleted without a session', chatDeleted, { errors: ['No session'] }, 'hold'],
  ['added', membersChanged('add'), { groupUpdated: [{ Error: 0 }, { Error: 403 }] }, 'sent'],
  ['added who was in already', membersChanged('add'), { groupUpdated: [{ Error: 409 }] }, 'sent'],
  [
    'added whose privacy forbids it',
    membersChanged('add'),
    { groupUpdated: [{ Error: 403 }, { Error: 408 }] },
    'rejected:unauthorized',
  ],
  [
    'added who is not on WhatsApp',
    membersChanged('add'),
    { groupUpdated: [{ Error: 404 }] },
    'rejected:not-on-whatsapp',
  ],
  ['removed who is not in', membersChanged('remove'), { groupUpdated: [{ Error: 404 }] }, 'rejected:gone'],
  [
    'promoted without the right',
    membersChanged('promote'),
    { groupUpdated: [{ Error: 403 }] },
    'rejected:not-admin',
  ],
]

describe('what a 2xx means', () => {
  it.each(ACCEPTED)('%s', (_, success, body, end) => {
    const result = success(body)
    const detail =
      result.end === 'sent' ? result.messageId : result.end === 'rejected' ? result.code : undefined
    expect(detail === undefined ? result.end : `${result.end}:${detail}`).toBe(end)
  })
})
