import { afterEach, describe, expect, it } from 'vitest'
import type { Command } from '../../../core/commands.ts'
import { messageId } from '../../../core/ids.ts'
import { systemClock } from '../../../platform/clock.ts'
import { createHttpClient } from '../../../platform/http-client.ts'
import { connect } from '../send.ts'
import { ANA, log, type Played, play, TEAM } from './played.fixture.ts'

let played: Played
afterEach(() => played.close())

describe('a server is recognised', () => {
  it.each<[string, string, string, Record<string, boolean>]>([
    ['envelope-9.2', '9.2.0', 'app/info', { forwarding: true, mentions: true, stickers: true }],
    [
      'envelope-8.11',
      '8.10 or newer, older than 9.0',
      'has /devices/{id}/webhook',
      { 'a webhook per device': true, mentions: true },
    ],
    [
      'envelope-8.9',
      '8.8 or newer, older than 8.10',
      'names its number in /app/status',
      { 'a webhook per device': false, forwarding: false },
    ],
    [
      'envelope-8.5',
      '8.4 or newer, older than 8.10',
      'has /health',
      { 'documents by address': true, forwarding: false },
    ],
    [
      'envelope-8.3',
      '8.0 or newer, older than 8.4',
      'has /devices, no /health',
      { 'several devices': true, 'rejecting calls': false, 'sees-own-messages': false },
    ],
    [
      'flat-7.11',
      '4.22 or newer, older than 8.0',
      'has no /devices',
      { 'several devices': false, mentions: false, 'documents by address': false },
    ],
  ])('%s', async (generation, version, source, features) => {
    played = await play(generation)
    const { client, asked } = played
    expect(await client.version?.()).toMatchObject({ ok: true, value: { version, source, features } })
    const once = asked.length
    await client.version?.()
    expect(asked).toHaveLength(once)
    await client.version?.(true)
    expect(asked.length).toBeGreaterThan(once)
  })
  it.each(['envelope-9.2', 'envelope-8.5', 'flat-7.11'])('%s hides no own messages', async (generation) => {
    played = await play(generation)
    const found = await played.client.version?.()
    expect(found?.ok && Object.keys(found.value.features)).not.toContain('sees-own-messages')
  })
  it('also when it is not logged in, has no device, or wants another login', async () => {
    played = await play('envelope-8.9', { connected: false, loggedOut: true })
    played.world.memory.set('devices', [])
    expect(await played.client.version?.()).toMatchObject({ ok: true, value: { source: expect.anything() } })
    await played.close()
    played = await play('envelope-9', { basicAuth: { username: 'x', password: 'another' } })
    expect(await played.client.version?.()).toMatchObject({ ok: false, code: 'unauthorized', retry: true })
  })
  it('names no device to a server that knows none', async () => {
    const devices: (string | undefined)[] = []
    played = await play('flat-7.11')
    const { client } = watched(devices)
    await client.version?.()
    await client.status?.()
    expect(devices[0]).toBe('front-desk')
    expect(devices.at(-1)).toBeUndefined()
  })
})

/** The same server, with the device of each request written down. */
function watched(devices: (string | undefined)[]) {
  const http = createHttpClient({ clock: systemClock })
  const client = connect(
    { basicAuth: { username: 'hub', password: 'a-password-of-gowa' } },
    {
      baseUrl: played.base,
      device: 'front-desk',
      clock: systemClock,
      log,
      http: (request) => {
        devices.push(request.headers?.['x-device-id'])
        return http.request(request)
      },
    },
  )
  return { client }
}

describe('a server that is too old', () => {
  const target = messageId('3EB0A')
  const document = { type: 'media', to: ANA, media: 'document', url: 'https://e.example/a.pdf' } as const
  it.each<[string, Command, string]>([
    [
      'envelope-8.10',
      { type: 'forward', to: ANA, target, from: ANA },
      'GOWA 8.11 or newer is needed for forwarding; ',
    ],
    [
      'envelope-8.3',
      { type: 'reject-call', to: ANA, call: 'A' },
      'GOWA 8.9 or newer is needed for rejecting calls; ',
    ],
    [
      'flat-7.11',
      { type: 'chat', to: ANA, set: 'archived', on: true },
      'GOWA 8.1 or newer is needed for archiving chats; ',
    ],
    [
      'flat-7.11',
      { type: 'group', to: TEAM, set: 'ephemeral', seconds: 0 },
      'GOWA 8.0 or newer is needed for disappearing messages; ',
    ],
    [
      'flat-7.6',
      { type: 'media', to: ANA, media: 'sticker', url: 'https://e.example/a' },
      'GOWA 7.7 or newer is needed for stickers; ',
    ],
    ['flat-7.11', document, 'GOWA 8.2 or newer is needed for documents by address; '],
    [
      'flat-7.11',
      { type: 'text', to: TEAM, text: 'x', mentions: 'all' },
      'GOWA 8.1 or newer is needed for mentions; ',
    ],
  ])('%s: %o', async (generation, command, words) => {
    played = await play(generation)
    expect(await played.client.send(command, 'r')).toMatchObject({
      end: 'rejected',
      code: 'unsupported',
      reason: expect.stringContaining(words),
    })
    expect(played.whatsapp.chats().flatMap(({ messages }) => messages)).toEqual([])
  })
  it('says so of questions too', async () => {
    played = await play('envelope-8.3')
    const refused = { ok: false, code: 'unsupported', retry: false }
    expect(await played.client.webhooks?.list()).toMatchObject({
      ...refused,
      reason: 'GOWA 8.10 or newer is needed for a webhook per device; this one is older than 8.4',
    })
    await played.close()
    played = await play('flat-7.11')
    expect(await played.server.instances()).toMatchObject(refused)
  })
  it('was upgraded: its devices are named again', async () => {
    played = await play('flat-7.11')
    const { client, number, world } = played
    expect(await client.version?.()).toMatchObject({ ok: true })
    number.generation = 'envelope-9'
    const more = { id: 'till', createdAt: 0, client: false }
    world.memory.set('devices', [{ id: 'front-desk', createdAt: 0, client: true }, more])
    expect(await client.send({ type: 'text', to: ANA, text: 'oi' }, 'r')).toMatchObject({ end: 'sent' })
  })
  it('is not seen in something that is no GOWA', async () => {
    played = await play()
    const client = connect(
      {},
      {
        baseUrl: 'http://gowa.example.com',
        clock: systemClock,
        log,
        http: async () => ({ type: 'answered', status: 404, headers: {}, body: 'default backend' }),
      },
    )
    expect(await client.version?.()).toMatchObject({ ok: false, retry: true })
    const mentions = { type: 'text', to: TEAM, text: 'x', mentions: 'all' } as const
    for (const command of [mentions, { type: 'forward', to: ANA, target, from: ANA } as const])
      expect(await client.send(command, 'r')).toMatchObject({ end: 'retry' })
  })
  it('is asked again after a while, since servers are upgraded', async () => {
    let later = 0
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + later }
    played = await play('envelope-8.3', {}, { clock })
    const command: Command = { type: 'reject-call', to: ANA, call: 'A' }
    expect(await played.client.send(command, 'r')).toMatchObject({ code: 'unsupported' })
    played.number.generation = 'flat-7.11'
    const reason = async () => {
      const result = await played.client.send(command, 'r')
      return result.end === 'sent' ? '' : result.reason
    }
    expect(await reason()).toContain('older than 8.4')
    later = 11 * 60_000
    expect(await reason()).toContain('older than 8.0')
  })
  it('is not blamed when a proxy has lost the path', async () => {
    played = await play()
    // 9.2 has forwarding, so a 404 without GOWA's words came from somewhere else.
    const client = connect(
      {},
      {
        baseUrl: 'http://gowa.example.com',
        clock: systemClock,
        log,
        http: async ({ url }) =>
          url.endsWith('/app/info')
            ? {
                type: 'answered',
                status: 200,
                headers: {},
                body: '{"code":"SUCCESS","message":"","results":{"version":"v9.2.0"}}',
              }
            : { type: 'answered', status: 404, headers: {}, body: '<html>' },
      },
    )
    expect(await client.send({ type: 'forward', to: ANA, target, from: ANA }, 'r')).toMatchObject({
      end: 'retry',
    })
  })
})
