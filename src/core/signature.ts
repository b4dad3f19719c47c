import { createHmac, hash, timingSafeEqual } from 'node:crypto'

const HEX_SHA256 = /^[0-9a-f]{64}$/i

/**
 * True when `hex` is the HMAC-SHA256 of exactly these bytes under one of the secrets (UTF-8).
 * Several secrets allow rotation. Upper-case hex is accepted; anything that is not 64 hex digits is not.
 * Every secret is tried, and the comparison takes the same time wherever they differ.
 */
export function hmacMatches(secrets: readonly string[], bytes: Uint8Array, hex: string | undefined): boolean {
  if (hex === undefined || !HEX_SHA256.test(hex)) return false
  const given = Buffer.from(hex, 'hex')
  let match = false
  for (const secret of secrets) {
    if (timingSafeEqual(createHmac('sha256', secret).update(bytes).digest(), given)) match = true
  }
  return match
}

/** HMAC-SHA256 of these bytes under a secret (UTF-8), in lower-case hex. */
export const hmacHex = (secret: string, bytes: Uint8Array): string =>
  createHmac('sha256', secret).update(bytes).digest('hex')

/** Compares two strings in time that depends on neither's content; lengths may differ. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'))
}

/** 32-byte key of a list of strings; no two different lists share one. */
export function hashParts(parts: readonly string[]): Buffer {
  let text = ''
  for (const part of parts) text += `${part.length}:${part}`
  return hash('sha256', text, 'buffer')
}
