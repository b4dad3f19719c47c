import { describe, expect, it } from 'vitest'
import { REFUSAL_STATUSES } from '../../../simulator/port.ts'
import { asResult, judge } from '../client/endings.ts'
import { ANA, NOW, served, TOKEN } from '../client/served.fixture.ts'
import { uazapiSimulator } from '../simulator.ts'
import { serve } from './serve.ts'
import { SIMULATED_ADMIN_TOKEN } from './serve-server.ts'

function setUp(line: '1.0' | '2.1' = '2.1') {
  const { number, view, world } = served(line)
  const call = (name: string, body: unknown = {}, headers: Record<string, string> = { token: TOKEN }) => {
    const [method = '', path = ''] = name.split(' ')
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const answer = serve({ method, path, query: {}, headers, body: text }, number, view)
    return { status: answer.status, body: JSON.parse(answer.body) as unknown }
  }
  return { call, view, world }
}

describe('the simulated REST API', () => {
  it('has the paths of its line, and answers 404 to the other’s', () => {
    const admin = { admintoken: SIMULATED_ADMIN_TOKEN }
    const newer = [
      'POST /message/pin',
      'POST /chat/ephemeral',
      'POST /group/ephemeral',
      'POST /contacts/list',
    ]
    const older = ['GET /agent/list', 'POST /trigger/edit', 'POST /instance/updatechatbotsettings']
    for (const [line, here, there] of [
      ['2.1', newer, older],
      ['1.0', older, newer],
    ] as const) {
      const { call } = setUp(line)
      for (const path of here) expect(call(path).status, path).not.toBe(404)
      for (const path of there)
        expect(call(path), path).toEqual({ status: 404, body: { error: 'not found' } })
      const made = call('POST /instance/create', { name: 'x' }, admin)
      const begun = call('POST /instance/init', { name: 'x' }, admin)
      expect([made.status, begun.status]).toEqual(line === '2.1' ? [200, 404] : [404, 200])
      // The id stands inside `instance` alone.
      expect(line === '2.1' ? made.body : begun.body).not.toHaveProperty('id')
    }
  })
  it('wants the admin token where uazapi does', () => {
    const { call } = setUp()
    expect(call('GET /instance/all')).toEqual({ status: 401, body: { error: 'Unauthorized' } })
    expect(call('GET /instance/all', {}, { admintoken: 'x', token: TOKEN }).status).toBe(401)
    expect(call('GET /instance/all', {}, { admintoken: SIMULATED_ADMIN_TOKEN }).status).toBe(200)
  })
  it('refuses what its documents refuse', () => {
    const { call } = setUp()
    expect(call('POST /send/menu', { number: '5511955550101', type: 'poll', text: 'x' }).status).toBe(400)
    expect(
      call('POST /chat/labels', { number: '5511955550101', labelids: [], add_labelid: '1' }).status,
    ).toBe(400)
    expect(call('POST /chat/mute', { number: '5511955550101', muteEndTime: 3 }).status).toBe(400)
    expect(call('POST /webhook', { action: 'x', url: 'https://x.example' })).toEqual({
      status: 400,
      body: { error: 'Invalid action' },
    })
    expect(call('POST /sender/edit', {})).toEqual({ status: 400, body: { error: 'folder_id is required' } })
    expect(call('POST /send/text', '{"number":').status).toBe(400)
  })
  it('keeps nothing JSON cannot hold, so that a request can be tried on a copy', () => {
    const { call, view, world } = setUp('1.0')
    world.say({ instance: 'sales', person: '5511955550101' }, { type: 'text', text: 'oi' })
    call('POST /label/edit', { labelid: 'new', name: 'vip' })
    call('POST /chat/editLead', { id: '5511955550101@s.whatsapp.net', lead_name: 'Ana' })
    call('POST /agent/edit', { id: '', agent: { name: 'a', provider: 'b', model: 'c', apikey: 'd' } })
    call('POST /sender/advanced', { messages: [{ number: '5511955550101', type: 'text', text: 'x' }] })
    expect(view.memory.size).toBeGreaterThan(3)
    expect(structuredClone(view.memory)).toEqual(view.memory)
    expect(view.find?.({ chat: ANA })).toHaveLength(1)
  })
  it.each(REFUSAL_STATUSES)('words a %i that the client tells from others', (status) => {
    const { world } = setUp()
    const number = world.numbers.get('sales')
    if (!number) throw new Error('no number')
    const { headers = {}, body } = uazapiSimulator.refuse?.(status, number) ?? { body: '' }
    const judged = judge({ type: 'answered', status, headers, body }, { about: 'message', now: NOW })
    if (judged.ok) throw new Error('accepted')
    const ends = { 401: 'hold', 404: 'rejected', 429: 'retry', 500: 'unknown' }
    expect(asResult(judged.failure).end).toBe(ends[status])
  })
})
