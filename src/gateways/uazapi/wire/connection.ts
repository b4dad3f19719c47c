import { z } from 'zod'
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
export type WireConnection = z.infer<typeof connection>
