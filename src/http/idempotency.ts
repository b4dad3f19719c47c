import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { HubError } from '../core/errors.ts'
import { shapeOf } from './validation.ts'

const MAX_KEY = 200

/**
 * The header `Idempotency-Key` of a request that makes something; undefined without one.
 * @throws HubError E_INVALID for one that is empty, too long or not printable
 */
export function idempotencyKey(req: IncomingMessage): string | undefined {
  const key = req.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && key.length <= MAX_KEY && /^[\x21-\x7e](?:[\x20-\x7e]*)$/.test(key))
    return key
  throw new HubError(
    'E_INVALID',
    `The header Idempotency-Key must be 1 to ${MAX_KEY} printable ASCII characters (received ${shapeOf(key)}).`,
  )
}

/** The same as one key over all who ask: two of them may use the same words. Throws as {@link idempotencyKey}. */
export function requestKey({ raw, principal }: FastifyRequest): { request?: string } {
  const key = idempotencyKey(raw)
  return key === undefined ? {} : { request: `${principal.id}:${key}` }
}
