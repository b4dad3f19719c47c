import { type Principal, SCOPES, type Scope, type UserRole } from '../core/access.ts'

/** What each role may do. */
const SCOPES_OF: Readonly<Record<UserRole, readonly Scope[]>> = {
  viewer: ['read'],
  agent: ['read', 'send'],
  admin: SCOPES,
  owner: SCOPES,
}
export const scopesOf = (role: UserRole): readonly Scope[] => SCOPES_OF[role]

/** Those of `scopes` that somebody does not have, and so cannot give to others. */
export const lacking = (who: Pick<Principal, 'scopes'>, scopes: readonly Scope[]): Scope[] =>
  scopes.filter((scope) => !who.scopes.includes(scope))

/**
 * May somebody make, change or remove people of this role? Nobody reaches further than they do themselves: owners
 * are for owners, and a key or person without a scope gives it to nobody.
 */
export function mayManage(who: Principal, role: UserRole): boolean {
  if (!who.scopes.includes('people') || lacking(who, scopesOf(role)).length > 0) return false
  return role !== 'owner' || who.type === 'demo' || (who.type === 'user' && who.role === 'owner')
}
