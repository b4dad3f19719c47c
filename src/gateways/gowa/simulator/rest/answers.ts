import { type Address, addressKind } from '../../../../core/address.ts'
import type {
  RefusalStatus,
  SimulatedGroup,
  SimulatedNumber,
  WireRequest,
  WireResponse,
  World,
} from '../../../../simulator/port.ts'
import { formatJid, parseLoose } from '../../wire/address.ts'
import type { Raw } from '../../wire/fields.ts'
import { goJson, struct } from '../go.ts'
import { atLeast } from '../versions.ts'
import type { Slot } from './slots.ts'

/** Everything a route needs to answer. */
export interface Asked {
  number: SimulatedNumber
  world: World
  request: WireRequest
  query: Record<string, string>
  body: Raw
  files: Readonly<Record<string, UploadedFile>>
  /** The device of this request; none before 8.0 and for what is not about one. */
  slot: Slot | undefined
  /** The variable part of the path. */
  id: string
}
export interface UploadedFile {
  name: string
  mime: string
  bytes: Uint8Array
}
export interface Route {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** The path's end, under any base path; at most one group, which is `id`. */
  path: RegExp
  /** First version that has it. */
  since?: readonly [major: number, minor: number]
  /** It is not about one device. */
  global?: true
  /** A body that cannot be read is 400 here, and 500 elsewhere. */
  strict?: true
  answer(asked: Asked): WireResponse
}

const reply = (status: number, value: object): WireResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: goJson(value instanceof Map ? value : struct(value)),
})
export const success = (message: string, results?: unknown): WireResponse =>
  reply(200, { code: 'SUCCESS', message, results })
export const failure = (status: number, code: string, message: string, results?: unknown): WireResponse =>
  reply(status, { code, message, results })
export const invalid = (message: string): WireResponse => failure(400, 'VALIDATION_ERROR', message)
/** What GOWA says of everything that has no code of its own. */
export const broken = (message: string): WireResponse => failure(500, 'INTERNAL_SERVER_ERROR', message)

export const string = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined
/** Forms carry words where JSON has booleans. */
export const bool = (value: unknown): boolean => value === true || value === 'true'

/** Why nothing can be done on WhatsApp now; undefined: it can. */
export function offline({ number, slot, world }: Asked): WireResponse | undefined {
  if (slot && !slot.client) {
    return failure(500, 'INVALID_WA_CLI', 'your WhatsApp CLI is invalid or empty')
  }
  if (number.connected) return undefined
  const until = world.memory.get('pairing')
  const socket = number.loggedOut && typeof until === 'number' && until > world.now()
  return failure(
    401,
    'AUTHENTICATION_ERROR',
    socket ? 'you are not logged in' : 'you are not connect to services server, please reconnect',
  )
}

/** Recipient rules: required, not beginning with 0, known to WhatsApp; then the connection. */
export function recipient(asked: Asked, phone = string(asked.body.phone)): { to: Address } | WireResponse {
  if (phone === undefined) return invalid('phone: cannot be blank.')
  if (phone.startsWith('0'))
    return invalid('phone number must be in international format (should not start with 0)')
  const to = parseLoose(phone)?.address
  if (to === undefined) return failure(400, 'INVALID_JID', `invalid JID ${phone}`)
  const down = offline(asked)
  if (down) return down
  const isPerson = addressKind(to) === 'phone' || addressKind(to) === 'private'
  return isPerson && !asked.world.isOnWhatsApp(to)
    ? failure(400, 'INVALID_JID', `Phone ${phone} is not on whatsapp`)
    : { to }
}
/** A route about a chat or person that `phone` names. */
export const toRecipient =
  (act: (asked: Asked, to: Address) => WireResponse): Route['answer'] =>
  (asked) => {
    const found = recipient(asked, string(asked.body.phone) ?? string(asked.query.phone))
    return 'to' in found ? act(asked, found.to) : found
  }

/** A route about a group that this number is in. */
export const toGroup =
  (act: (asked: Asked, group: SimulatedGroup, address: Address) => WireResponse): Route['answer'] =>
  (asked) => {
    const id = string(asked.body.group_id) ?? string(asked.query.group_id)
    if (id === undefined) return invalid('group_id: cannot be blank.')
    const down = offline(asked)
    if (down) return down
    const address = parseLoose(id)?.address
    const group = address && addressKind(address) === 'group' ? asked.world.group(address) : undefined
    return address && group ? act(asked, group, address) : broken('that group does not exist')
  }
/** WhatsApp's answer to whoever may not do that, as whatsmeow words it. */
export const forbidden = (): WireResponse => broken('info query returned status 403: forbidden')

/** What GOWA says of everything it sent. */
export const done = (what: string, id: string, to: Address, now: number): WireResponse => {
  const time = `${new Date(now).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`
  const status = `${what} ${formatJid(to)} (server timestamp: ${time})`
  return success(status, struct({ message_id: id, status }))
}

/** How a request is refused that GOWA would take; 429 is a proxy's, since GOWA itself limits nothing. */
export function refuse(status: RefusalStatus, number: SimulatedNumber): Omit<WireResponse, 'status'> {
  switch (status) {
    case 401:
      return failure(401, 'AUTHENTICATION_ERROR', 'you are not logged in')
    case 404:
      return atLeast(number, 8, 0)
        ? failure(404, 'DEVICE_NOT_FOUND', 'device not found', { device_id: number.device ?? '' })
        : { headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'Not Found' }
    case 429:
      return { headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'Too Many Requests' }
    case 500:
      return broken('failed to send message')
  }
}
