import type { WireResponse } from '../../../simulator/port.ts'
import {
  answer,
  badPayload,
  failure,
  type Json,
  list,
  type MadeInstance,
  newId,
  type Routes,
  remembered,
  type Served,
  word,
} from './rest.ts'
import { wireInstance } from './serve-instance.ts'

/** Any request with this header may do what the server's admin may. Invented; real ones are as long. */
export const SIMULATED_ADMIN_TOKEN = 'InventedAdminTokenOfTheSimulatedUazapiServer000001'

/** What belongs to a server: its instances, and how it reports. */
export const serverRoutes: Routes = {
  'POST /instance/create': { only: '2.1', admin: true, offline: true, run: create },
  'POST /instance/init': { only: '1.0', admin: true, offline: true, run: create },
  'GET /instance/all': { admin: true, offline: true, run: all },
  'GET /status': { offline: true, run: hostStatus },
  'GET /webhook': { offline: true, run: (served) => answer(200, webhooksOf(served)) },
  'POST /webhook': { offline: true, run: setWebhook },
  'GET /webhook/errors': { offline: true, run: () => errors() },
  'GET /globalwebhook': { admin: true, offline: true, run: globalWebhook },
  'POST /globalwebhook': { admin: true, offline: true, run: setGlobalWebhook },
  'GET /globalwebhook/errors': { admin: true, offline: true, run: () => errors() },
}

const madeOf = (served: Served) => remembered<MadeInstance[]>(served, 'instances', [])

function create(served: Served): WireResponse {
  const name = word(served.body, 'name')
  if (name === '') return failure(400, 'Missing name')
  const id = newId(served)
  const token = `${id.slice(1, 9)}-0000-4000-8000-${id.slice(3)}`
  const made: MadeInstance = { id, token, name }
  madeOf(served).push(made)
  return answer(200, {
    response: 'Instance created successfully',
    instance: wireInstance({ ...served, made }),
    connected: false,
    loggedIn: false,
    name,
    token,
  })
}
function all(served: Served): WireResponse {
  const own = served.world.memory.get('deleted') === true ? [] : [wireInstance(served)]
  return answer(200, [...own, ...madeOf(served).map((made) => wireInstance({ ...served, made }))])
}

function hostStatus({ number, world }: Served): WireResponse {
  const connected = number.connected ? 1 : 0
  return answer(200, {
    status: {
      checked_instance: { is_healthy: number.connected },
      dc: 'simulated',
      server_status: 'running',
      last_check: new Date(world.now()).toISOString(),
    },
    instance_counts: { total: 1, connected, disconnected: 1 - connected, connecting: 0, reconnecting: 0 },
  })
}

/** `sender` is in the list since early 2026; `leads` was taken out, `newsletter_messages` came. */
const EVENTS = new Set([
  'connection',
  'history',
  'messages',
  'messages_update',
  'call',
  'contacts',
  'presence',
  'groups',
  'labels',
  'chats',
  'chat_labels',
  'blocks',
])
const NEWER_EVENTS = new Set(['sender', 'newsletter_messages'])
const knowsEvents = ({ line }: Served, events: readonly string[]): boolean =>
  events.every((one) => EVENTS.has(one) || (line === '1.0' ? one === 'leads' : NEWER_EVENTS.has(one)))

const webhooksOf = (served: Served) =>
  remembered<Json[]>(served, 'webhooks', [
    {
      id: '00000000-0000-4000-8000-000000000001',
      enabled: true,
      url: served.number.webhookUrl,
      events: ['messages', 'messages_update', 'connection', 'groups'],
      excludeMessages: [],
      addUrlEvents: false,
      addUrlTypesMessages: false,
    },
  ])

function fields({ body }: Served): Json {
  return {
    enabled: body.enabled === true,
    url: word(body, 'url'),
    events: list(body, 'events'),
    excludeMessages: list(body, 'excludeMessages'),
    addUrlEvents: body.addUrlEvents === true,
    addUrlTypesMessages: body.addUrlTypesMessages === true,
  }
}

/** Without `action` and `id`: the only one, made or written over. */
function setWebhook(served: Served): WireResponse {
  const { body, world } = served
  const action = word(body, 'action')
  const id = word(body, 'id')
  const before = webhooksOf(served)
  const save = (after: Json[]): WireResponse => {
    world.memory.set('webhooks', after)
    return answer(200, after)
  }
  if (action === 'delete') return save(before.filter((one) => one.id !== id))
  if (word(body, 'url') === '' || !knowsEvents(served, list(body, 'events'))) return badPayload()
  switch (action) {
    case 'add':
      return save([...before, { id: newId(served), ...fields(served) }])
    case 'update':
      return save(before.map((one) => (one.id === id ? { id, ...fields(served) } : one)))
    case '':
      return save([{ id: before[0]?.id ?? newId(served), ...fields(served) }])
    default:
      return failure(400, 'Invalid action')
  }
}

function globalWebhook({ world }: Served): WireResponse {
  const kept = world.memory.get('globalwebhook')
  return kept === undefined ? failure(404, 'global webhook not found') : answer(200, kept)
}
function setGlobalWebhook(served: Served): WireResponse {
  if (word(served.body, 'url') === '' || !knowsEvents(served, list(served.body, 'events')))
    return badPayload()
  const { enabled: _, ...rest } = fields(served)
  served.world.memory.set('globalwebhook', { id: newId(served), ...rest })
  return globalWebhook(served)
}

/** A row as documented; what really failed is known to the far side of the simulated wire only. */
function errors(): WireResponse {
  const row = {
    created: '2026-06-01T12:00:00Z',
    url: 'https://hub.example.com/webhooks/sales',
    type: 'local',
    event: 'messages',
    message_type: 'text',
    status_code: 502,
    attempts: 3,
    error: 'webhook returned non-success status: 502 Bad Gateway',
    payload: {},
  }
  return answer(200, [row], { 'x-webhook-error-capture-started-at': '2026-06-01T00:00:00Z' })
}
