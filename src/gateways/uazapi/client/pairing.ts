import { z } from 'zod'
import type { ConnectionState } from '../../../core/events.ts'
import type { Answer, Pairing } from '../../../core/gateway.ts'
import { connectionState } from '../wire/connection.ts'
import { text } from '../wire/fields.ts'
import { type Asking, done, refuse, toVoid } from './asking.ts'
import { SEND_TIMEOUT_MS } from './caller.ts'

/** `/instance/status`: the instance's own word, and what the connection to WhatsApp says. */
const known = z.boolean().optional().catch(undefined)
const statusBody = z.object({
  instance: z
    .object({ status: text, lastDisconnectReason: text })
    .catch({ status: '', lastDisconnectReason: '' }),
  status: z.object({ connected: known }).catch({}),
})

/** `status.connected` is about the connection itself and wins over the instance's word. */
function readStatus(body: unknown): ConnectionState | undefined {
  const read = statusBody.safeParse(body)
  if (!read.success) return undefined
  const { instance, status } = read.data
  if (status.connected === true) return 'connected'
  const state = connectionState(instance.status, instance.lastDisconnectReason)
  return state === 'connected' && status.connected === false ? 'disconnected' : state
}
export const status = ({ ask }: Asking): Promise<Answer<ConnectionState>> =>
  ask({ method: 'GET', path: '/instance/status', about: 'instance' }, readStatus)

/** A QR code is made anew for two minutes, a pairing code is good for five (documented). */
const QR_MS = 120_000
const CODE_MS = 300_000

const codes = { qrcode: '', paircode: '', status: '' }
const connectBody = z.object({
  connected: known,
  loggedIn: known,
  instance: z.object({ qrcode: text, paircode: text, status: text }).catch(codes),
})
type Shown = { pairing?: Pairing }
const readPairing =
  (phone: string | undefined) =>
  (body: unknown): Shown | undefined => {
    const read = connectBody.safeParse(body)
    if (!read.success) return undefined
    const { connected, loggedIn, instance } = read.data
    if ((connected === true && loggedIn !== false) || instance.status === 'connected') {
      return { pairing: { type: 'connected' } }
    }
    if (phone !== undefined) {
      const { paircode: code } = instance
      return code === '' ? {} : { pairing: { type: 'code', code, validMs: CODE_MS } }
    }
    const { qrcode: image } = instance
    const isImage = /^data:image\/[a-z+]+;base64,[A-Za-z0-9+/]/.test(image)
    return isImage ? { pairing: { type: 'qr', image, validMs: QR_MS } } : {}
  }

/** Logs the number in. The code may appear a moment after the answer, so the status is asked once more. */
export async function pair({ ask }: Asking, phone?: string): Promise<Answer<Pairing>> {
  if (phone !== undefined && !/^[0-9]{10,15}$/.test(phone)) {
    return refuse('invalid', 'A phone to pair with has 10 to 15 digits, country code included.')
  }
  const read = readPairing(phone)
  const body = phone === undefined ? {} : { phone }
  const path = '/instance/connect'
  const begun = await ask({ method: 'POST', path, body, about: 'instance', timeoutMs: SEND_TIMEOUT_MS }, read)
  if (!begun.ok) return begun
  if (begun.value.pairing) return { ok: true, value: begun.value.pairing }
  const later = await ask({ method: 'GET', path: '/instance/status', about: 'instance' }, read)
  if (!later.ok) return later
  return later.value.pairing
    ? { ok: true, value: later.value.pairing }
    : { ok: false, reason: 'uazapi is still making the code.', retry: true, afterMs: 2_000 }
}

/** Logs the number out: it has to be paired anew (documented). */
export const disconnect = async ({ ask }: Asking): Promise<Answer<void>> =>
  toVoid(await ask({ method: 'POST', path: '/instance/disconnect', body: {}, about: 'instance' }, done))
