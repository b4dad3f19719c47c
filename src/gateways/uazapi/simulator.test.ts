import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { address } from '../../core/address.ts'
import { messageId } from '../../core/ids.ts'
import { noWorld } from '../../simulator/no-world.fixture.ts'
import type { FoundMessage, Happening, SimulatedNumber, World } from '../../simulator/port.ts'
import { uazapiSimulator } from './simulator.ts'

const CUSTOMER = address('phone', '5511955550101')
const GROUP = address('group', '120363000000000001')
const number: SimulatedNumber = {
  instance: 'sales',
  digits: '5511955550100',
  privateDigits: '90010020030099',
  name: 'Loja Exemplo',
  generation: 'real-2',
  connected: true,
  webhookUrl: 'http://127.0.0.1:3001/webhooks/sales/invented-url-key',
  token: '0f0e0d0c-1111',
}

const kept: FoundMessage[] = [1, 2, 3].map((n) => ({
  id: messageId(`3EB0A${n}`),
  chat: GROUP,
  message: { id: messageId(`3EB0A${n}`), content: { type: 'text', text: `n ${n}` } },
  at: 1_788_000_000_000,
  fromMe: true,
  reference: `hub1-${n}`,
}))
const find: World['find'] = ({ id, reference }) =>
  kept.filter((one) => (!id || one.id === id) && (!reference || one.reference === reference))

function setUp(changes: Partial<World> = {}, numberChanges: Partial<SimulatedNumber> = {}, keeps = true) {
  const done: unknown[] = []
  const world = noWorld({
    now: () => 1_788_000_000_000,
    newMessageId: () => messageId('3EB0C1'),
    isOnWhatsApp: (to) => to === CUSTOMER,
    send: (message) => void done.push(message),
    react: (...all) => void done.push(all),
    revoke: (to, target) => done.push([to, target]) > 0,
    read: (...all) => void done.push(all),
    typing: (...all) => void done.push(all),
    ...(keeps && { find }),
    ...changes,
  })
  const call = (path: string, body?: unknown, token: string | undefined = number.token) => {
    const answer = uazapiSimulator.serve(
      {
        method: body === undefined ? 'GET' : 'POST',
        path,
        query: {},
        headers: { token },
        body: typeof body === 'string' ? body : JSON.stringify(body ?? ''),
      },
      { ...number, ...numberChanges },
      world,
    )
    return { status: answer.status, body: JSON.parse(answer.body) as Record<string, unknown> }
  }
  return { call, done }
}

describe('requests', () => {
  it('are refused in the words of uazapi', () => {
    const { call } = setUp()
    expect(call('/send/text', {}, '')).toEqual({ status: 401, body: { error: 'missing token' } })
    expect(call('/send/text', {}, 'wrong')).toEqual({ status: 401, body: { error: 'Invalid token' } })
    expect(call('/nowhere', {})).toMatchObject({ status: 404 })
    expect(call('/send/text')).toMatchObject({ status: 404 })
    expect(call('/send/text', 'not json')).toMatchObject({ status: 400 })
    expect(call('/send/text', { number: '5511955550101' })).toEqual({
      status: 400,
      body: { error: 'Missing number or text' },
    })
    expect(call('/send/text', { number: '5511955550109', text: 'x' })).toMatchObject({ status: 500 })
  })
  it('that need WhatsApp fail without a session', () => {
    const { call, done } = setUp({}, { connected: false })
    expect(call('/send/text', { number: '5511955550101', text: 'x' })).toEqual({
      status: 500,
      body: { error: 'No session' },
    })
    expect(call('/instance/status')).toMatchObject({ status: 200, body: { status: { connected: false } } })
    expect(done).toEqual([])
  })
  it('answer a send with the message that will come back', () => {
    const { call, done } = setUp()
    const { body } = call('/send/media', {
      number: '5511955550101@s.whatsapp.net',
      type: 'myaudio',
      file: 'https://x.example/a',
      track_id: 'hub1-9',
    })
    expect(body).toMatchObject({
      id: '5511955550100:3EB0C1',
      messageid: '3EB0C1',
      status: 'Pending',
      mediaType: 'ptt',
      fromMe: true,
      track_id: 'hub1-9',
      response: { status: 'success', fileUrl: 'https://x.example/a' },
    })
    expect(done).toMatchObject([{ to: CUSTOMER, content: { type: 'voice' }, reference: 'hub1-9' }])
  })
  it('name a message by its id alone, as uazapi takes it', () => {
    const { call, done } = setUp()
    expect(call('/message/delete', { id: '5511955550100:3EB0A2' })).toMatchObject({
      status: 200,
      body: { id: '3EB0A2' },
    })
    expect(call('/message/markread', { id: ['3EB0A1', '3EB0A9'] }).body).toEqual({
      results: [
        { message_id: '3EB0A1', status: 'success' },
        { message_id: '3EB0A9', status: 'error', error: 'message not found' },
      ],
    })
    expect(call('/message/delete', { id: '3EB0A9' })).toEqual({
      status: 404,
      body: { error: 'message not found' },
    })
    expect(done).toEqual([
      [GROUP, '3EB0A2'],
      [GROUP, ['3EB0A1']],
    ])
  })
  it('find messages by reference, page by page', () => {
    const { call } = setUp()
    expect(call('/message/find', { track_id: 'hub1-2' }).body).toMatchObject({
      returnedMessages: 1,
      messages: [{ messageid: '3EB0A2', track_id: 'hub1-2', status: 'Sent', wasSentByApi: true }],
      hasMore: false,
    })
    expect(call('/message/find', { limit: 2, offset: 1 }).body).toMatchObject({
      returnedMessages: 2,
      nextOffset: 3,
    })
    expect(call('/message/find', { limit: 2 }).body).toMatchObject({ hasMore: true })
  })
  it('find nothing to say in a world that keeps no messages', () => {
    const { find: _, ...rest } = { find: undefined }
    expect(setUp({ ...rest, find: undefined as never }).call('/message/find', {})).toMatchObject({
      status: 500,
    })
  })
  it('list webhooks', () => {
    expect(setUp().call('/webhook').body).toMatchObject([{ enabled: true, url: number.webhookUrl }])
  })
})

describe('deliveries', () => {
  const happening: Happening = {
    fact: { kind: 'message', message: { id: messageId('3EB0A1'), content: { type: 'text', text: 'oi' } } },
    chat: { address: CUSTOMER, aliases: [address('private', '90010020030040')], name: 'Ana' },
    author: 'other',
    at: 1_788_000_000_123,
  }
  const encode = (changes: Partial<SimulatedNumber> = {}) => {
    const [delivery] = uazapiSimulator.encode(happening, { ...number, ...changes })
    return {
      ...delivery!,
      json: JSON.parse(String(delivery!.body)) as Record<string, Record<string, unknown>>,
    }
  }
  it('look like those of 2.x: the headers, the keys beside the payload, 29 keys of a message', () => {
    const { headers, json } = encode()
    expect(headers).toEqual({ 'content-type': 'application/json', 'user-agent': 'uazapiGO-Webhook/1.0' })
    expect(json).toMatchObject({ EventType: 'messages', owner: number.digits, token: number.token })
    expect(Object.keys(json.message ?? {}).sort()).toEqual(
      'buttonOrListid chatid chatlid content convertOptions edited fromMe groupName id isGroup mediaType messageTimestamp messageType messageid owner quoted reaction sender senderName sender_lid sender_pn source status text track_id track_source type vote wasSentByApi'.split(
        ' ',
      ),
    )
  })
  it('look like those of the 1.0.0 line: the name in `event`, few keys', () => {
    expect(encode({ generation: 'seed-1' }).json).toEqual({
      BaseUrl: expect.any(String),
      event: 'messages',
      owner: number.digits,
      instanceName: 'sales',
      token: number.token,
      message: {
        messageid: '3EB0A1',
        chatid: '5511955550101@s.whatsapp.net',
        sender: '5511955550101@s.whatsapp.net',
        sender_pn: '5511955550101@s.whatsapp.net',
        senderName: 'Ana',
        groupName: 'Unknown',
        fromMe: false,
        isGroup: false,
        owner: number.digits,
        text: 'oi',
        content: { text: 'oi' },
        messageTimestamp: 1_788_000_000_123,
        wasSentByApi: false,
      },
    })
  })
  it('are signed where a proxy is meant to sign', () => {
    const { headers, body } = encode({ secret: 'invented-secret' })
    const hex = createHmac('sha256', 'invented-secret').update(body).digest('hex')
    expect(headers['x-webhook-signature']).toBe(hex)
  })
})
