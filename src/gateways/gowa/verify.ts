import type { RawDelivery, Verification, WebhookCredentials } from '../../core/gateway.ts'
import { verified } from '../../core/gateway.ts'
import { hmacHex, hmacMatches } from '../../core/signature.ts'

const HEADER = 'x-hub-signature-256'
const PREFIX = 'sha256='

const refuse = (what: string): Verification => ({ ok: false, reason: `${HEADER}: ${what}` })

/**
 * Proves a delivery by `X-Hub-Signature-256: sha256=<64 hex>`, the HMAC-SHA256 of the exact body bytes
 * (GOWA ≥ 4.18.0). GOWA signs every attempt of a delivery alike, without time or nonce: a replay is told
 * only by the facts inside.
 */
export function verify(delivery: RawDelivery, credentials: WebhookCredentials): Verification {
  if (credentials.insecure) return { ok: true, verified: verified(delivery) }
  const header = delivery.headers[HEADER]
  if (header === undefined || header === '') return refuse('missing')
  if (typeof header !== 'string') return refuse('given more than once')
  if (!header.startsWith(PREFIX)) return refuse(`does not begin with ${PREFIX}`)
  return hmacMatches(credentials.secrets, delivery.body, header.slice(PREFIX.length))
    ? { ok: true, verified: verified(delivery) }
    : refuse('does not match the body under any configured secret')
}

/** The signature GOWA would send with this body. */
export function prove(
  body: Buffer,
  { secrets: [secret] }: WebhookCredentials,
): { headers: Record<string, string> } | undefined {
  return secret === undefined ? undefined : { headers: { [HEADER]: PREFIX + hmacHex(secret, body) } }
}
