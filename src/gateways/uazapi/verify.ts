import { type RawDelivery, type Verification, verified, type WebhookCredentials } from '../../core/gateway.ts'
import { hmacHex, hmacMatches, sameText } from '../../core/signature.ts'

/** Not a uazapi feature: a proxy in front of the hub may add it. Hex HMAC-SHA256 over the raw bytes. */
const SIGNATURE_HEADER = 'x-webhook-signature'

/**
 * Proves a delivery. uazapi signs nothing (1.0.0 to 2.1.1), so the proof is the key in the URL. Where
 * secrets are configured a signature is demanded too; with secrets and no key, it alone proves.
 *
 * Everything configured must hold, also on an insecure instance: `insecure` only stands for having nothing.
 * The body's token is not looked at here; it is handed on as `credential` by `normalise`.
 */
export function verify(delivery: RawDelivery, credentials: WebhookCredentials): Verification {
  const { key, secrets, insecure } = credentials
  if (!key && secrets.length === 0 && !insecure) {
    return refused('Nothing is configured to prove deliveries with: set webhook.key.')
  }
  if (key && !(delivery.urlKey !== undefined && sameText(delivery.urlKey, key))) {
    return refused('The key in the URL is missing or wrong: it must equal webhook.key.')
  }
  if (secrets.length > 0) {
    const signature = delivery.headers[SIGNATURE_HEADER]
    if (typeof signature !== 'string' || !hmacMatches(secrets, delivery.body, signature)) {
      return refused(`The header ${SIGNATURE_HEADER} is missing or no signature under webhook.secrets.`)
    }
  }
  return { ok: true, verified: verified(delivery) }
}

/** The key in the URL, and the signature of a proxy where secrets are configured. */
export function prove(
  body: Buffer,
  { key, secrets: [secret] }: WebhookCredentials,
): { headers: Record<string, string>; urlKey?: string } | undefined {
  if (key === undefined && secret === undefined) return undefined
  return {
    headers: secret === undefined ? {} : { [SIGNATURE_HEADER]: hmacHex(secret, body) },
    ...(key !== undefined && { urlKey: key }),
  }
}

const refused = (reason: string): Verification => ({ ok: false, reason })
