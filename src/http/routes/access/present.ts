import { ENVIRONMENT_KEY, type MadeLink as Made, pathOf } from '../../../access/index.ts'
import { type AccountRow, type KeyRow, type LinkRow, type Principal, SCOPES } from '../../../core/access.ts'
import { publicId } from '../../../core/ids.ts'
import type { Invitation, KeyView, LinkView, MadeLink, UserView } from '../../contract/access.ts'
import { iso } from '../../present.ts'

const orNull = (ms: number | undefined): string | null => (ms === undefined ? null : iso(ms))

export const presentUser = (row: AccountRow, by: Principal): UserView => ({
  id: publicId('usr', row.id),
  name: row.name,
  login: row.login,
  role: row.role,
  disabled: row.disabled,
  you: by.id === publicId('usr', row.id),
  createdAt: iso(row.createdAt),
  lastSeenAt: orNull(row.seenAt),
  version: row.version,
})

export const presentLink = ({ type, role, name, login, expiresAt }: LinkRow): LinkView => ({
  type,
  role,
  name: name ?? null,
  login: login ?? null,
  expiresAt: iso(expiresAt),
})

/** @param base where the hub is reached, without a slash at the end */
export function presentMadeLink(base: string, made: Made): MadeLink {
  const path = pathOf(made)
  return { url: base + path, path, expiresAt: iso(made.link.expiresAt) }
}

export const presentInvitation = (row: LinkRow): Invitation => ({
  id: publicId('inv', row.id),
  role: row.role,
  name: row.name ?? null,
  login: row.login ?? null,
  createdAt: iso(row.createdAt),
  createdBy: row.createdBy,
  expiresAt: iso(row.expiresAt),
})

export const presentKey = (row: KeyRow): KeyView => ({
  id: publicId('key', row.id),
  name: row.name,
  scopes: [...row.scopes],
  prefix: row.prefix,
  origin: 'store',
  createdAt: iso(row.createdAt),
  createdBy: row.createdBy,
  lastUsedAt: orNull(row.usedAt),
  expiresAt: orNull(row.expiresAt),
  revokedAt: orNull(row.revokedAt),
})

/** The key of the environment, as far as it is shown. */
export const environmentKey = (): KeyView => ({
  ...ENVIRONMENT_KEY,
  scopes: [...SCOPES],
  prefix: '',
  origin: 'environment',
  createdAt: null,
  createdBy: null,
  lastUsedAt: null,
  expiresAt: null,
  revokedAt: null,
})
