/**
 * Who may do what, in the hub's own terms. What a person or a key may do is a set of scopes; a role is a name
 * for such a set.
 */

/**
 * - `read`: everything that is shown
 * - `send`: messages, taking a chat over and giving it back
 * - `operate`: replay, dead letters, unknown sends, alerts
 * - `manage`: numbers, webhooks, servers, settings
 * - `people`: users, invitations, keys, the audit log
 */
export const SCOPES = ['read', 'send', 'operate', 'manage', 'people'] as const
export type Scope = (typeof SCOPES)[number]

/** From the least to the most. */
export const USER_ROLES = ['viewer', 'agent', 'admin', 'owner'] as const
export type UserRole = (typeof USER_ROLES)[number]

/** Who asks. `id` is the public one (`usr_3`, `key_5`). */
export type Principal =
  | { type: 'key'; id: string; name: string; scopes: readonly Scope[] }
  | { type: 'user'; id: string; name: string; role: UserRole; scopes: readonly Scope[] }
  /** Whoever has reached a hub without a login: `pombo demo`, on loopback only. */
  | { type: 'demo'; id: 'demo'; name: string; scopes: readonly Scope[] }
  /** Nobody yet: only on routes that are open to anyone. */
  | { type: 'anyone'; id: 'anyone'; name: string; scopes: readonly Scope[] }

/** Something that was changed, for the audit log. */
export interface AuditNote {
  /** What was done, as `<thing>.<verb>`: `instance.rename`. */
  action: string
  /** To what: an id or a name. */
  target?: string
  /** What changed. No secret, no message text. */
  detail?: Readonly<Record<string, string | number | boolean | null | readonly string[]>>
}
