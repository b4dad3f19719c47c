import { describe, expect, it } from 'vitest'
import { noWorld } from '../../../simulator/no-world.fixture.ts'
import type { SimulatedNumber, WireRequest, World } from '../../../simulator/port.ts'
import { Form } from '../client/step.ts'
import { gowaSimulator } from '../simulator.ts'
import { parseBody } from './rest/bodies.ts'
import { SLOTS } from './rest/slots.ts'

const NUMBER: SimulatedNumber = {
  instance: 'support',
  digits: '5511955559999',
  privateDigits: '70010020030040',
  name: 'Loja',
  generation: 'envelope-9',
  connected: true,
  webhookUrl: 'https://hub.example.com/webhooks/support',
  device: 'front-desk',
}
const GONE = { connected: false, loggedOut: true }
const SEND = { phone: '5511955550201', message: 'oi' }

function ask(
  path: string,
  body: unknown,
  number: Partial<SimulatedNumber> = {},
  world: World = noWorld(),
  request: Partial<WireRequest> = {},
): { status: number; code: unknown; results: unknown } {
  const answer = gowaSimulator.serve(
    {
      method: body === undefined ? 'GET' : 'POST',
      path,
      query: {},
      headers: {},
      body: body === undefined ? '' : JSON.stringify(body),
      ...request,
    },
    { ...NUMBER, ...number },
    world,
  )
  const value = answer.body.startsWith('{') ? JSON.parse(answer.body) : { code: answer.body }
  return { status: answer.status, code: value.code, results: value.results }
}
const withSlots = (...slots: object[]): World => noWorld({ memory: new Map([[SLOTS, slots]]) })
const NEVER = { id: 'front-desk', createdAt: 0, client: false }

describe('a server', () => {
  it.each<[string, string, unknown, number, string]>([
    ['a send', '/send/message', SEND, 400, 'DEVICE_ID_REQUIRED'],
    ['an unknown path', '/nothing', undefined, 400, 'DEVICE_ID_REQUIRED'],
    ['its devices', '/devices', undefined, 200, 'SUCCESS'],
    ['what it is', '/app/info', undefined, 200, 'SUCCESS'],
    ['its health', '/health', undefined, 200, 'OK'],
  ])('without a device, asked for %s', (_, path, body, status, code) => {
    expect(ask(path, body, GONE, withSlots())).toMatchObject({ status, code })
  })
  it('without a device, asked by selector', () => {
    expect(ask('/send/message', SEND, GONE, withSlots(), { headers: { 'x-device-id': 'x' } })).toEqual({
      status: 404,
      code: 'DEVICE_NOT_FOUND',
      results: { device_id: 'x' },
    })
  })
  it.each<[string, string, unknown, number, string]>([
    ['an invalid send', '/send/message', {}, 400, 'VALIDATION_ERROR'],
    ['a send', '/send/message', SEND, 500, 'INVALID_WA_CLI'],
    ['groups', '/user/my/groups', undefined, 500, 'INVALID_WA_CLI'],
    ['to reconnect', '/app/reconnect', undefined, 500, 'INTERNAL_SERVER_ERROR'],
    ['chats', '/chats', undefined, 200, 'SUCCESS'],
    ['messages', '/chat/x@g.us/messages', undefined, 200, 'SUCCESS'],
    ['to log out', '/app/logout', undefined, 200, 'SUCCESS'],
    ['its webhook', '/devices/front-desk/webhook', undefined, 200, 'SUCCESS'],
  ])('whose device never logged in, asked for %s', (_, path, body, status, code) => {
    expect(ask(path, body, GONE, withSlots(NEVER))).toMatchObject({ status, code })
  })
  it('whose device is logged out, or only cut off', () => {
    expect(ask('/send/message', SEND, GONE)).toMatchObject({ status: 401, code: 'AUTHENTICATION_ERROR' })
    expect(ask('/app/status', undefined, GONE).results).toMatchObject({
      is_connected: false,
      is_logged_in: false,
    })
    const off = { connected: false }
    expect(ask('/app/login', undefined, off)).toMatchObject({ status: 401, code: 'AUTHENTICATION_ERROR' })
    expect(ask('/app/login', undefined)).toMatchObject({ status: 400, code: 'ALREADY_LOGGED_IN' })
  })
  it('with several devices wants one to be named', () => {
    const world = withSlots({ ...NEVER, client: true }, { ...NEVER, id: 'till' })
    const by = (selector: string) =>
      ask('/send/message', SEND, {}, world, { headers: { 'x-device-id': selector } })
    expect(ask('/send/message', SEND, {}, world)).toMatchObject({ code: 'DEVICE_ID_REQUIRED' })
    expect(by('front-desk')).toMatchObject({ status: 200 })
    expect(by('5511955559999%40s.whatsapp.net')).toMatchObject({ status: 200 })
    expect(by('till')).toMatchObject({ status: 500, code: 'INVALID_WA_CLI' })
    const query = { query: { device_id: 'front-desk' } }
    expect(ask('/send/message', SEND, {}, world, query)).toMatchObject({ status: 200 })
  })
})

describe('versions', () => {
  const has = (generation: string, path: string, body?: unknown) =>
    ask(path, body, { generation }).status !== 404
  it.each<[string, unknown, string, string]>([
    ['/app/info', undefined, 'envelope-9.0', 'envelope-8.11'],
    ['/message/A/forward', SEND, 'envelope-8.11', 'envelope-8.10'],
    ['/call/reject', {}, 'envelope-8.9', 'envelope-8.8'],
    ['/health', undefined, 'envelope-8.4', 'envelope-8.3'],
    ['/chat/x@g.us/archive', {}, 'envelope-8.1', 'envelope-8.0'],
    ['/chat/x@g.us/disappearing', {}, 'envelope-8.0', 'flat-7.11'],
    ['/devices', undefined, 'envelope-8.0', 'flat-7.11'],
    ['/send/sticker', {}, 'flat-7.7', 'flat-7.6'],
  ])('%s', (path, body, since, before) => {
    expect([has(since, path, body), has(before, path, body)]).toEqual([true, false])
  })
  it('7.x knows no devices, and no such codes', () => {
    const flat = { generation: 'flat-7.11', ...GONE }
    const named = { headers: { 'x-device-id': 'another' } }
    expect(ask('/send/message', SEND, flat, withSlots(), named)).toMatchObject({
      status: 401,
      code: 'AUTHENTICATION_ERROR',
    })
    expect(ask('/app/status', undefined, flat).results).toEqual({ is_connected: false, is_logged_in: false })
  })
})

describe('bodies', () => {
  it('reads what the client writes, whatever the bytes', () => {
    const bytes = Uint8Array.from({ length: 600 }, (_, index) => (index * 7) % 256)
    const form = new Form(
      { phone: '55', ptt: true, caption: 'é 👍\r\n--x', none: undefined },
      { field: 'audio', name: 'a"b\r\n.ogg', mime: 'audio/ogg', bytes },
    )
    const { contentType, body } = form.encode()
    const request = { method: 'POST', path: '/', query: {}, headers: { 'content-type': contentType } }
    const parsed = parseBody({ ...request, body: Buffer.from(body).toString('utf8'), bytes: body })
    expect(parsed?.body).toEqual({ phone: '55', ptt: 'true', caption: 'é 👍\r\n--x' })
    expect(parsed?.files.audio).toMatchObject({ name: 'a_b__.ogg', mime: 'audio/ogg' })
    expect(Buffer.from(parsed?.files.audio?.bytes ?? []).equals(Buffer.from(bytes))).toBe(true)
  })
  it.each([
    ['/send/message', 500, 'INTERNAL_SERVER_ERROR'],
    ['/devices', 400, 'BAD_REQUEST'],
    ['/chat/x@g.us/pin', 400, 'BAD_REQUEST'],
  ])('that cannot be read: %s', (path, status, code) => {
    for (const request of [
      { body: '{' },
      { body: '[]' },
      { body: 'x', headers: { 'content-type': 'multipart/form-data; boundary=y' } },
    ])
      expect(ask(path, {}, {}, noWorld(), request)).toMatchObject({ status, code })
  })
  it('also urlencoded', () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = new URLSearchParams(SEND).toString()
    expect(ask('/send/message', {}, {}, noWorld(), { headers, body })).toMatchObject({ status: 200 })
  })
})
