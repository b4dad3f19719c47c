import { z } from 'zod'
import { connection, type WireConnection } from './connection.ts'
import { text } from './fields.ts'
import { groupChange, groupMessage, type WireGroupChange, type WireGroupMessage } from './groups.ts'
import { chat, message, type WireChat, type WireMessage } from './message.ts'
import { update, type WireUpdate } from './update.ts'

/** What a body was found to be. `unknown` holds the gateway's own name of it. */
export type Detected =
  | { type: 'message'; message: WireMessage; chat: WireChat }
  | { type: 'update'; update: WireUpdate }
  | { type: 'connection'; connection: WireConnection }
  | { type: 'group-change'; change: WireGroupChange }
  | { type: 'group-message'; message: WireGroupMessage }
  | { type: 'history'; name: string }
  | { type: 'unknown'; name: string }

/** Keys that stand beside every payload (1.0.0 to 2.1.1). `owner` is empty while connecting. */
export interface Envelope {
  token: string
  owner: string
  instanceName: string
}

/**
 * `EventType` names the event as delivered (captured on 2.x), and `event` is then the payload. The 1.0.0
 * line is described with the name in `event`. Both are told apart by their types alone.
 */
const envelope = z.object({
  EventType: text,
  event: text,
  type: text,
  token: text,
  owner: text,
  instanceName: text,
  message: z.unknown().optional(),
  chat: z.unknown().optional(),
})

const NOBODY: Envelope = { token: '', owner: '', instanceName: '' }

/** Finds out what a body is. Never fails: what is not understood is `unknown`. */
export function detect(json: unknown): { envelope: Envelope; detected: Detected } {
  const read = envelope.safeParse(json)
  if (!read.success) return { envelope: NOBODY, detected: unknown(nameOfValue(json)) }
  return { envelope: read.data, detected: detectPayload(read.data, json) }
}

function detectPayload(outer: z.infer<typeof envelope>, json: unknown): Detected {
  const name = outer.EventType || outer.event
  switch (name) {
    case 'messages': {
      const found = message.safeParse(outer.message)
      if (!found.success) break
      return {
        type: 'message',
        message: found.data,
        chat: chat.safeParse(outer.chat).data ?? { wa_contactName: '', wa_name: '', name: '' },
      }
    }
    case 'messages_update': {
      const found = update.safeParse(json)
      if (found.success) return { type: 'update', update: found.data }
      break
    }
    case 'connection': {
      const found = connection.safeParse(json)
      if (found.success) return { type: 'connection', connection: found.data }
      break
    }
    case 'groups': {
      const change = groupChange.safeParse(json)
      if (change.success) return { type: 'group-change', change: change.data }
      const found = groupMessage.safeParse(outer.message)
      if (found.success) return { type: 'group-message', message: found.data }
      break
    }
    case 'history':
      return { type: 'history', name }
  }
  return unknown([name || '(unnamed)', outer.type].filter((word) => word !== '').join(' '))
}

/** An `unknown` under the gateway's own name for it, shortened to 100 characters. */
export const unknown = (name: string): Extract<Detected, { type: 'unknown' }> => ({
  type: 'unknown',
  name: name.slice(0, 100).toWellFormed(),
})

function nameOfValue(json: unknown): string {
  if (json === undefined) return '(not JSON)'
  if (json === null) return '(null)'
  return Array.isArray(json) ? '(list)' : `(${typeof json})`
}
