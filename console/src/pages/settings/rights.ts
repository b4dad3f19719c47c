import type { UserView } from '../../../../src/http/contract/access.ts'
import type { Scope } from '../../api/session.ts'

export type Role = UserView['role']

/** From the least to the most. */
export const ROLES = ['viewer', 'agent', 'admin', 'owner'] as const satisfies readonly Role[]
export const SCOPES = ['read', 'send', 'operate', 'manage', 'people'] as const satisfies readonly Scope[]

/** The words of what a role or scope is called, and of what it may. */
export const ROLE_MAY = {
  viewer: 'viewerMay',
  agent: 'agentMay',
  admin: 'adminMay',
  owner: 'ownerMay',
} as const
export const SCOPE_WORDS = {
  read: 'read',
  send: 'send',
  operate: 'operate',
  manage: 'manage',
  people: 'peopleScope',
} as const
export const SCOPE_MAY = {
  read: 'readMay',
  send: 'sendMay',
  operate: 'operateMay',
  manage: 'manageMay',
  people: 'peopleMay',
} as const
