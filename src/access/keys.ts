import { type AccessStore, type KeyRow, type Principal, SCOPES, type Scope } from '../core/access.ts'
import { HubError } from '../core/errors.ts'
import { type KeyId, publicId } from '../core/ids.ts'
import type { Page, PageRequest } from '../core/page.ts'
import type { Clock, Logger } from '../core/ports.ts'
import { sameText } from '../core/signature.ts'
import { lacking } from './permissions.ts'
import { hashToken, makeKey, prefixOf } from './tokens.ts'

/** How often (ms) it is written down that a key is used. */
const TOUCH_MS = 5 * 60_000
/** The one of the environment. It is in no store, so that it ends with the variable. */
export const ENVIRONMENT_KEY = { id: 'key_env', name: 'POMBO_API_KEY' } as const

export type KeyPrincipal = Extract<Principal, { type: 'key' }>

export interface Keys {
  /** @throws HubError E_UNAUTHENTICATED saying whether it is unknown, revoked or expired */
  bySecret(secret: string): Promise<KeyPrincipal>
  /**
   * @returns the key itself, which is nowhere else
   * @throws HubError E_FORBIDDEN for a scope whoever asks does not have, E_INVALID for a time that is over,
   * E_CONFLICT for a request that has made one
   */
  create(wanted: NewKey, by: Pick<Principal, 'name' | 'scopes'>): Promise<{ key: KeyRow; secret: string }>
  list(page: PageRequest): Promise<Page<KeyRow>>
  /** @throws HubError E_NOT_FOUND, also for one that is revoked already */
  revoke(id: KeyId): Promise<void>
}
export interface NewKey {
  name: string
  scopes: readonly Scope[]
  /** ms */
  expiresAt?: number
  /** Idempotency key of the request. */
  request?: string
}

export function createKeys(parts: {
  store: AccessStore
  clock: Clock
  log: Logger
  bytes(size: number): Uint8Array
  apiKey: string | undefined
}): Keys {
  const { store, clock, log, bytes, apiKey } = parts
  return {
    async bySecret(secret) {
      if (apiKey && sameText(secret, apiKey)) return { type: 'key', ...ENVIRONMENT_KEY, scopes: SCOPES }
      const key = await store.findKey(hashToken(secret))
      const now = clock.now()
      if (!key)
        throw new HubError(
          'E_UNAUTHENTICATED',
          'This hub has no such API key. One is made with "pombo key create", or set as POMBO_API_KEY.',
        )
      if (key.revokedAt !== undefined)
        throw new HubError('E_UNAUTHENTICATED', 'This API key was revoked. Make another one, and use that.')
      if (key.expiresAt !== undefined && key.expiresAt <= now)
        throw new HubError('E_UNAUTHENTICATED', 'This API key has expired. Make another one, and use that.')
      if (key.usedAt === undefined || now - key.usedAt >= TOUCH_MS) {
        // Nobody waits for it, and one that is lost is written with the next request.
        store
          .touchKey(key.id)
          .catch((err: unknown) => log.debug({ err }, 'it could not be noted that a key is used'))
      }
      return { type: 'key', id: publicId('key', key.id), name: key.name, scopes: key.scopes }
    },
    async create({ expiresAt, request, name, scopes }, by) {
      const [missing] = lacking(by, scopes)
      if (missing !== undefined)
        throw new HubError(
          'E_FORBIDDEN',
          `A key cannot have the scope "${missing}", because ${by.name} does not have it.`,
          { details: { scope: missing } },
        )
      if (expiresAt !== undefined && expiresAt <= clock.now())
        throw new HubError('E_INVALID', 'body.expiresAt: must be a time that is still to come')
      const secret = makeKey(bytes)
      const key = await store.addKey({
        hash: hashToken(secret),
        name,
        scopes: SCOPES.filter((scope) => scopes.includes(scope)),
        prefix: prefixOf(secret),
        createdBy: by.name,
        ...(expiresAt !== undefined && { expiresAt }),
        ...(request !== undefined && { request }),
      })
      if (key === 'repeated')
        throw new HubError(
          'E_CONFLICT',
          'This Idempotency-Key has made a key already, and it was shown then. Revoke that one and make another.',
        )
      return { key, secret }
    },
    list: (page) => store.listKeys(page),
    async revoke(id) {
      if (!(await store.revokeKey(id)))
        throw new HubError('E_NOT_FOUND', 'There is no such key, or it is revoked already.')
    },
  }
}
