import { sameText } from '../../../core/signature.ts'
import type { SimulatedNumber, WireRequest, WireResponse, World } from '../../../simulator/port.ts'
import { type Asked, broken, failure, type Route } from './rest/answers.ts'
import { APP_ROUTES } from './rest/app.ts'
import { parseBody } from './rest/bodies.ts'
import { CHAT_ROUTES } from './rest/chat.ts'
import { DEVICE_ROUTES } from './rest/devices.ts'
import { GROUP_ROUTES } from './rest/group.ts'
import { MESSAGE_ROUTES } from './rest/message.ts'
import { SEND_ROUTES } from './rest/send.ts'
import { type Slot, slotOf, slots } from './rest/slots.ts'
import { USER_ROUTES } from './rest/user.ts'
import { atLeast } from './versions.ts'

const ROUTES: readonly Route[] = [
  ...SEND_ROUTES,
  ...MESSAGE_ROUTES,
  ...GROUP_ROUTES,
  ...CHAT_ROUTES,
  ...USER_ROUTES,
  ...APP_ROUTES,
  ...DEVICE_ROUTES,
]

/**
 * GOWA's REST API, under any base path. The order is GOWA's: what is open to all, basic auth, device, route,
 * field rules, connection.
 */
export function serve(request: WireRequest, number: SimulatedNumber, world: World): WireResponse {
  if (/\/health$/.test(request.path) && atLeast(number, 8, 4)) return { status: 200, body: 'OK' }
  const file = /\/statics\/[a-z]+\/([^/]+)$/.exec(request.path)?.[1]
  if (request.method === 'GET' && file !== undefined) return statics(decode(file), world)
  if (!authorised(request, number)) {
    return { status: 401, headers: { 'www-authenticate': 'Basic realm="Restricted"' }, body: 'Unauthorized' }
  }
  const found = routeOf(request, number)
  const slot = found?.route.global ? undefined : deviceOf(request, number, world)
  if (slot && 'status' in slot) return slot
  if (!found) {
    return {
      status: 404,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: `Cannot ${request.method} ${request.path}`,
    }
  }
  const parsed = parseBody(request)
  if (!parsed)
    return found.route.strict
      ? failure(400, 'BAD_REQUEST', 'Invalid request body')
      : broken('invalid character in request body')
  const asked: Asked = { number, world, request, query: request.query, slot, id: found.id, ...parsed }
  return found.route.answer(asked)
}

function routeOf(request: WireRequest, number: SimulatedNumber): { route: Route; id: string } | undefined {
  for (const route of ROUTES) {
    const [major, minor] = route.since ?? [0, 0]
    const match = route.method === request.method ? route.path.exec(request.path) : null
    if (match && atLeast(number, major, minor)) return { route, id: decode(match[1] ?? '') }
  }
  return undefined
}

/** The device a request is about. Before 8.0 there is one, and nobody names it. */
function deviceOf(
  request: WireRequest,
  number: SimulatedNumber,
  world: World,
): Slot | WireResponse | undefined {
  if (!atLeast(number, 8, 0)) return undefined
  const header = request.headers['x-device-id']
  const decoded = header !== undefined && atLeast(number, 8, 1) ? decode(header) : header
  const selector = decoded ?? request.query.device_id
  if (selector === undefined) {
    const [only, ...others] = slots(number, world)
    if (only && others.length === 0) return only
    return failure(
      400,
      'DEVICE_ID_REQUIRED',
      'device_id is required via X-Device-Id header or device_id query',
    )
  }
  return (
    slotOf(selector, number, world) ??
    failure(404, 'DEVICE_NOT_FOUND', 'device not found', { device_id: selector })
  )
}

/** Files stand before basic auth. */
function statics(name: string, world: World): WireResponse {
  const medium = world.media(name)
  if (!medium) return { status: 404, body: 'Not Found' }
  return { status: 200, headers: { 'content-type': medium.mime }, body: '', bytes: medium.bytes }
}

function authorised(request: WireRequest, { basicAuth }: SimulatedNumber): boolean {
  if (!basicAuth) return true
  const expected = Buffer.from(`${basicAuth.username}:${basicAuth.password}`).toString('base64')
  return sameText(request.headers.authorization ?? '', `Basic ${expected}`)
}
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
