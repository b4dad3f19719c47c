import { z } from 'zod'
import type { ConnectionState } from '../../../core/events.ts'
import { moment, text } from './fields.ts'

/**
 * `connection` (captured on 2.x): `instance` with `status` connecting, connected or disconnected, and since
 * 2.1.1 hibernated. `type: "LoggedOut"` marks a logout. `qrcode` is read by nobody here.
 */
export const connection = z.object({
  type: text,
  instance: z.object({
    status: text,
    lastDisconnect: moment,
    lastDisconnectReason: text,
  }),
})

/**
 * The hub's word for a `status` of uazapi; undefined for one it does not know. `hibernated` (2.1.1) takes
 * no sends. A reason that begins with 401 is WhatsApp's own "this device was logged out".
 */
export function connectionState(status: string, reason: string): ConnectionState | undefined {
  switch (status.toLowerCase()) {
    case 'connected':
      return 'connected'
    case 'connecting':
      return 'connecting'
    case 'disconnected':
    case 'hibernated':
      return reason.startsWith('401') ? 'logged-out' : 'disconnected'
    default:
      return undefined
  }
}
