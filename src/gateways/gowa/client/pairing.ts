import { z } from 'zod'
import type { Answer, Pairing } from '../../../core/gateway.ts'
import { type Asking, given, refuse } from './asking.ts'
import type { Link } from './http.ts'
import { below } from './paths.ts'
import { query } from './step.ts'

const Qr = z.object({
  qr_link: z.string().min(1),
  qr_duration: z.number().positive().max(600).optional().catch(undefined),
})
const Code = z.object({ pair_code: z.string().min(4).max(20) })

/** A QR code's shortest life; GOWA says how long. */
const QR_MS = 10_000
/** GOWA does not say how long a code may be typed; WhatsApp takes it for about this long. */
const CODE_MS = 160_000
/** GOWA asks WhatsApp for a QR code or pairing code before it answers. */
const TIMEOUT_MS = 45_000
const LOGGED_IN = /"ALREADY_LOGGED_IN"/

/** @param phone digits, for a pairing code instead of a QR code */
export async function pair({ ask }: Asking, link: Link, phone?: string): Promise<Answer<Pairing>> {
  const common = { timeoutMs: TIMEOUT_MS, absent: LOGGED_IN }
  if (phone !== undefined) {
    if (!/^[1-9][0-9]{4,14}$/.test(phone)) return refuse('invalid', 'a phone number is digits only')
    const code = await ask({ ...common, path: `/app/login-with-code${query({ phone })}` }, Code)
    if (code.ok) return given({ type: 'code', code: code.value.pair_code, validMs: CODE_MS })
    return code.code === 'gone' ? CONNECTED : code
  }
  const qr = await ask({ ...common, path: '/app/login' }, Qr)
  if (!qr.ok) return qr.code === 'gone' ? CONNECTED : qr
  // The link names GOWA's host as GOWA knows it; only its path is believed, below the configured address.
  const image = below(link.base, qr.value.qr_link)
  if (image === undefined) return refuse('gateway-bug', 'GOWA gave no link to its QR code')
  const seconds = qr.value.qr_duration
  return given({
    type: 'qr',
    image,
    validMs: seconds === undefined ? QR_MS : seconds * 1000,
    ...(link.login.authorization !== undefined && { headers: { ...link.login } }),
  })
}
const CONNECTED = given<Pairing>({ type: 'connected' })
