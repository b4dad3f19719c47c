import { z } from 'zod'
import { isObject, text } from './fields.ts'

/** Keys that stand beside every payload (1.0.0 to 2.1.1). `owner` is empty while connecting. */
export interface Envelope {
  token: string
  owner: string
  instanceName: string
}

/** What a body was found to be. */
export interface Detected {
  /** uazapi's own name of the event (`messages`, `groups`…); `''` when it has none. */
  name: string
  /** How people find it if nothing of it can be read: the name, and what the event says of its sort. */
  label: string
  envelope: Envelope
  /** The body in the shape 2.x delivers. */
  body: Readonly<Record<string, unknown>>
}

/**
 * `EventType` names the event as delivered (captured on 2.x), and `event` is then the payload. The 1.0.0
 * line is described with the name in `event`. Both are told apart by their types alone.
 */
const outer = z.object({
  EventType: text,
  event: text,
  type: text,
  state: text,
  token: text,
  owner: text,
  instanceName: text,
})

/** Finds out what a body is. Never fails. */
export function detect(json: unknown): Detected {
  if (!isObject(json)) return nameless(nameOfValue(json))
  const { EventType, event, type, state, ...envelope } = outer.parse(json)
  const name = EventType || event
  // The 1.0.0 line says inside the message what happened to a group.
  const inner = name === 'groups' ? outer.safeParse(json.message).data?.type : undefined
  const sort = type || state || inner || ''
  const label = sort === '' ? name || '(unnamed)' : `${name || '(unnamed)'} ${sort}`
  const documented = EventType === '' ? readDocumented(name, json) : undefined
  return { name, label, envelope, body: json, ...documented }
}

/**
 * The vendor's document (1.0.0 to 2.1.1) describes `{event, instance, data}` with names of its own. Nobody
 * has seen it delivered; it is read where `data` is what 2.x delivers under the other name.
 */
function readDocumented(
  name: string,
  { data }: Record<string, unknown>,
): Pick<Detected, 'name' | 'body'> | undefined {
  if (!isObject(data)) return undefined
  const event = isObject(data.event) ? data.event : data
  switch (name) {
    case 'message':
      return { name: 'messages', body: { message: data, chat: data.chat } }
    case 'status':
      return { name: 'messages_update', body: { ...data, event } }
    case 'group':
      return { name: 'groups', body: { ...data, event } }
    case 'presence':
      return { name: 'presence', body: { ...data, event } }
    case 'connection':
      return { name: 'connection', body: { instance: data, ...data } }
    default:
      return undefined
  }
}

const nameless = (label: string): Detected => ({
  name: '',
  label,
  envelope: { token: '', owner: '', instanceName: '' },
  body: {},
})

function nameOfValue(json: unknown): string {
  if (json === undefined) return '(not JSON)'
  if (json === null) return '(null)'
  return Array.isArray(json) ? '(list)' : `(${typeof json})`
}
