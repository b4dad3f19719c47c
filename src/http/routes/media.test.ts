import { describe, expect, test } from 'vitest'
import { address } from '../../core/address.ts'
import type { ChatId, ContactId, MergeId, MessageRowId } from '../../core/ids.ts'
import type { MediaRow } from '../../core/media.ts'
import { API_KEY, startEdge } from '../edge.fixture.ts'

async function* chunks(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}
const medium = (more: Partial<MediaRow> = {}): MediaRow => ({
  message: 7 as MessageRowId,
  state: 'fetched',
  attempts: 1,
  hash: 'a'.repeat(64),
  bytes: 6,
  mime: 'image/png',
  fetchedAt: 1_700_000_000_000,
  ...more,
})

describe('GET /messages/:id/media', () => {
  test('streams the bytes under what they are, for nobody else to keep', async () => {
    await using edge = await startEdge()
    edge.hub.files.set(7, { row: medium(), bytes: chunks('abc', 'def') })
    const res = await edge.api('GET', '/messages/msg_7/media')
    expect([res.status, res.text]).toEqual([200, 'abcdef'])
    expect(res.headers).toMatchObject({
      'content-type': 'image/png',
      'content-length': '6',
      'content-disposition': 'inline',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private, max-age=86400, immutable',
    })
  })

  test.each([
    ['text/html', 'application/octet-stream'],
    ['image/svg+xml', 'application/octet-stream'],
    ['application/xml', 'application/octet-stream'],
    ['application/pdf', 'application/pdf'],
    ['text/plain', 'text/plain'],
    ['application/octet-stream', 'application/octet-stream'],
  ])('%s is for saving, as %s', async (mime, shown) => {
    await using edge = await startEdge()
    edge.hub.files.set(7, { row: medium({ mime }), bytes: chunks('abcdef') })
    const { headers } = await edge.api('GET', '/messages/msg_7/media')
    expect([headers['content-type'], headers['content-disposition']]).toEqual([shown, 'attachment'])
  })

  test.each([
    ['offer.pdf', `filename="offer.pdf"; filename*=UTF-8''offer.pdf`],
    ['preço "novo".pdf', `filename="pre_o _novo_.pdf"; filename*=UTF-8''pre%C3%A7o%20%22novo%22.pdf`],
    ['../../etc/passwd', `filename=".._.._etc_passwd"; filename*=UTF-8''.._.._etc_passwd`],
    ['a\r\nSet-Cookie: x=1', `filename="a__Set-Cookie_ x_1"; filename*=UTF-8''a__Set-Cookie%3A%20x%3D1`],
    ['fdp.\u202egpj', `filename="fdp._gpj"; filename*=UTF-8''fdp._gpj`],
    ["it's (1)*.pdf", `filename="it_s (1)_.pdf"; filename*=UTF-8''it%27s%20%281%29%2A.pdf`],
    ['\ud800', `filename="_"; filename*=UTF-8''%EF%BF%BD`],
  ])('a name somebody else chose: %j', async (fileName, shown) => {
    await using edge = await startEdge()
    edge.hub.files.set(7, { row: medium({ mime: 'application/pdf', fileName }), bytes: chunks('abcdef') })
    const { headers } = await edge.api('GET', '/messages/msg_7/media')
    expect(headers['content-disposition']).toBe(`attachment; ${shown}`)
    expect(headers['set-cookie']).toBeUndefined()
  })

  test.each<[MediaRow['state'], number, string, RegExp]>([
    ['wanted', 409, 'E_CONFLICT', /not been fetched yet/],
    ['failed', 404, 'E_NOT_FOUND', /it is empty/],
    ['expired', 404, 'E_NOT_FOUND', /media\.keepMs/],
    ['fetched', 404, 'E_NOT_FOUND', /not in the media store/],
  ])('%s without bytes is %i and says why', async (state, status, code, words) => {
    await using edge = await startEdge()
    edge.hub.files.set(7, { row: medium({ state, reason: 'it is empty' }) })
    const res = await edge.api('GET', '/messages/msg_7/media')
    expect([res.status, res.json.code]).toEqual([status, code])
    expect(res.json.detail).toMatch(words)
  })

  test('no such message, no such id, no key', async () => {
    await using edge = await startEdge()
    expect((await edge.api('GET', '/messages/msg_8/media')).status).toBe(404)
    expect((await edge.api('GET', '/messages/M1/media')).json.code).toBe('E_INVALID')
    expect((await edge.ask('GET', '/api/v1/messages/msg_7/media')).status).toBe(401)
    const wrong = await edge.ask('GET', `/api/v1/messages/msg_7/media?key=${API_KEY}`)
    expect(wrong.status).toBe(401)
  })
})

describe('merges', () => {
  const merge = {
    id: 3 as MergeId,
    kept: 1 as ContactId,
    gone: 2 as ContactId,
    at: 1_700_000_000_000,
    proof: 'event' as const,
    addresses: [address('private', '123')],
    chats: [{ kept: 4 as ChatId, gone: 5 as ChatId }],
  }
  const shown = {
    id: 'mrg_3',
    kept: 'con_1',
    gone: 'con_2',
    at: '2023-11-14T22:13:20.000Z',
    proof: 'event',
    addresses: ['private:123'],
    chats: [{ kept: 'chat_4', gone: 'chat_5' }],
  }

  test('are listed for a contact', async () => {
    await using edge = await startEdge()
    edge.hub.merges.push(merge)
    const res = await edge.api('GET', '/contacts/con_1/merges?limit=5')
    expect(res.json).toEqual({ data: [shown], next: null })
    expect((await edge.api('GET', '/contacts/con_1')).json).toMatchObject({ id: 'con_1', name: 'Ana' })
    expect((await edge.api('GET', '/contacts/chat_1')).json.code).toBe('E_INVALID')
  })

  test('are undone once; a busy one says to come again', async () => {
    await using edge = await startEdge()
    edge.hub.merges.push(merge)
    expect((await edge.api('POST', '/merges/mrg_3/undo')).json).toEqual(shown)
    expect((await edge.api('POST', '/merges/mrg_9/undo')).status).toBe(404)
    edge.hub.undoOutcome = 'busy'
    const busy = await edge.api('POST', '/merges/mrg_3/undo')
    expect([busy.status, busy.headers['retry-after'], busy.json.code]).toEqual([409, '5', 'E_CONFLICT'])
    edge.hub.undoOutcome = 'undone-before'
    expect((await edge.api('POST', '/merges/mrg_3/undo')).json.code).toBe('E_CONFLICT')
  })
})
