import { address } from '../../../core/address.ts'
import type { ClientContext, GatewayClient, ServerClient } from '../../../core/gateway.ts'
import { type MessageId, messageId } from '../../../core/ids.ts'
import type { Clock, HttpClient, HttpOutcome, HttpRequest, Logger } from '../../../core/ports.ts'
import type { SimulatedNumber } from '../../../simulator/port.ts'
import { SimulatedWhatsApp } from '../../../simulator/world.ts'
import { serve } from '../simulator/serve.ts'
import { SIMULATED_ADMIN_TOKEN } from '../simulator/serve-server.ts'
import { administer } from './administration.ts'
import { connect } from './connect.ts'

export const TOKEN = '0f0e0d0c-1111-4222-8333-444455556666'
export const ANA = address('phone', '5511955550101')
export const ANA_HIDDEN = address('private', '90010020030040')
export const BIA = address('phone', '5511955550102')
export const CAIO = address('phone', '5511955550103')
/** Numbers that end so are not on WhatsApp in the simulated world. */
export const NOBODY = address('phone', '5511955550000')
export const GROUP = address('group', '120363000000000001')
export const REFERENCE = 'hub1-0198aaaa-0000-7000-8000-000000000001'
export const BASE_URL = 'https://uazapi.example.com'
export const NOW = 1_788_000_000_000

export const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }

export interface Asked extends HttpRequest {
  /** Path with its query. */
  path: string
  json: unknown
}
export type Interfere = (request: Asked, real: () => HttpOutcome) => HttpOutcome

/** Clients whose network is the simulated server in front of a simulated WhatsApp. */
export function served(
  line: '1.0' | '2.1' = '2.1',
  changes: Partial<SimulatedNumber> = {},
  interfere: Interfere = (_, real) => real(),
) {
  let now = NOW
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    setTimeout: () => ({ cancel() {} }),
  }
  const world = new SimulatedWhatsApp({
    clock,
    random: numbers(),
    scanMs: 'never',
    numbers: [
      {
        instance: 'sales',
        digits: '5511955550100',
        privateDigits: '90010020030099',
        name: 'Loja Exemplo',
        generation: line === '1.0' ? 'seed-1' : 'real-2',
        connected: true,
        webhookUrl: 'http://127.0.0.1:3001/webhooks/sales/invented-url-key',
        token: TOKEN,
        ...changes,
      },
    ],
    people: [
      { digits: '5511955550101', privateDigits: '90010020030040', name: 'Ana Exemplo' },
      { digits: '5511955550102', privateDigits: '90010020030041', name: 'Bia Exemplo' },
      { digits: '5511955550103', privateDigits: '90010020030042', name: 'Caio Exemplo' },
    ],
    groups: [
      {
        address: GROUP,
        name: 'Grupo & Cia',
        instance: 'sales',
        members: ['5511955550101', '5511955550102'],
        admins: ['5511955550102'],
      },
    ],
  })
  const view = world.view('sales')
  const number = world.numbers.get('sales')
  if (!number) throw new Error('the number is missing')
  const asked: Asked[] = []
  const http: HttpClient = async (request) => {
    const url = new URL(request.url)
    if (!request.url.startsWith(`${BASE_URL}/`)) throw new Error('not the configured server')
    const body = request.body === undefined ? '' : String(request.body)
    const one: Asked = {
      ...request,
      path: url.pathname + url.search,
      json: body === '' ? undefined : JSON.parse(body),
    }
    asked.push(one)
    return interfere(one, () => {
      const {
        status,
        headers = {},
        body: text,
      } = serve(
        {
          method: request.method,
          path: url.pathname,
          query: Object.fromEntries(url.searchParams),
          headers: request.headers ?? {},
          body,
        },
        number,
        view,
      )
      return { type: 'answered', status, headers, body: text }
    })
  }
  const context: ClientContext = { baseUrl: BASE_URL, http, clock, log }
  const client = connect({ token: TOKEN }, context)
  const server = administer({ adminToken: SIMULATED_ADMIN_TOKEN }, context)
  return {
    client: client as Required<GatewayClient>,
    server: server as Required<ServerClient>,
    own: administer({ settings: { token: TOKEN } }, context),
    world,
    view,
    number,
    asked,
    /** Paths asked since the last time this was read. */
    paths: () => asked.splice(0).map(({ method, path }) => `${method} ${path}`),
    pass: (ms: number) => {
      now += ms
    },
    /** Ana writes; answers the id of her message. */
    anaWrites: (text = 'oi', group = false): MessageId =>
      world.say(
        { instance: 'sales', person: '5511955550101', ...(group && { group: GROUP }) },
        { type: 'text', text },
      ).id,
    /** What our number said last in a chat. */
    last: (to = ANA) => view.find?.({ chat: to })[0],
  }
}

export const answered = (
  status: number,
  body: unknown = '',
  headers: Record<string, string> = {},
): HttpOutcome => ({
  type: 'answered',
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

/** The same sequence every time, and no value twice in a row. */
function numbers(): () => number {
  let state = 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** An id nobody gave out. */
export const UNKNOWN_ID = messageId('3EB0FFFFFFFFFFFFFFFFFF')
