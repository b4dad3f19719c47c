import type { AccountId, KeyId, LinkId, SessionId } from './ids.ts'
import type { Page, PageRequest } from './page.ts'

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
  | {
      type: 'user'
      id: string
      name: string
      login: string
      role: UserRole
      scopes: readonly Scope[]
      account: AccountId
      session: SessionId
    }
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

// --- what the store keeps ----------------------------------------------------------------------------

export interface AccountRow {
  id: AccountId
  /** Folded: unique, whatever case it is written in. */
  login: string
  name: string
  role: UserRole
  disabled: boolean
  createdAt: number
  seenAt?: number
  /** Moves with every change of name, role or `disabled`. */
  version: number
}
/** A session ends this long (ms) after its last request, and this long after it was opened whatever happens. */
export const SESSION = { idleMs: 7 * 86_400_000, longestMs: 30 * 86_400_000 } as const

export interface SessionRow {
  id: SessionId
  account: AccountId
  createdAt: number
  /** Its last request, within a minute. */
  seenAt: number
  source: string
  agent: string
}
export const LINK_TYPES = ['owner', 'invitation', 'password'] as const
/** What a link that works once is good for: the first owner, a new account, a new password. */
export type LinkType = (typeof LINK_TYPES)[number]
export interface LinkRow {
  id: LinkId
  type: LinkType
  role: UserRole
  /** Whose password it sets. */
  account?: AccountId
  name?: string
  login?: string
  createdAt: number
  /** Name of whoever made it. */
  createdBy: string
  expiresAt: number
}
export interface KeyRow {
  id: KeyId
  name: string
  scopes: readonly Scope[]
  /** How it begins. */
  prefix: string
  createdAt: number
  createdBy: string
  /** Within some minutes. */
  usedAt?: number
  expiresAt?: number
  revokedAt?: number
}
export interface AuditRow extends AuditNote {
  id: number
  at: number
  actor: Actor
  source?: string
}
/** Who did something. `system`: whoever may start the program. */
export interface Actor {
  type: Principal['type'] | 'system'
  id: string
  name: string
}

/** What one kind of failed sign-in costs: so many are free, then each wait is twice the one before. */
export interface AttemptRule {
  /** 32 bytes in hex: nobody reads out of the table who was tried. */
  key: string
  free: number
  /** Longest wait (ms). */
  longestMs: number
  /** After this long (ms) without a failure all is forgotten. */
  forgetMs: number
}

/** A hash (hex) stands for each secret; none is stored. A `request` is the idempotency key of what made something. */
export interface AccessStore {
  /** Is there an owner who may sign in? */
  hasOwner(): Promise<boolean>
  listAccounts(page: PageRequest): Promise<Page<AccountRow>>
  getAccount(id: AccountId): Promise<AccountRow | undefined>
  /** `password` is what it was made into. */
  findAccount(login: string): Promise<(AccountRow & { password?: string }) | undefined>
  /** `stale`: somebody changed it since that version. Who is disabled has no session any more. */
  changeAccount(
    id: AccountId,
    version: number,
    change: { name?: string; role?: UserRole; disabled?: boolean },
  ): Promise<'changed' | 'not-found' | 'stale' | 'last-owner'>
  removeAccount(id: AccountId): Promise<'removed' | 'not-found' | 'last-owner'>
  /** Ends all sessions but `keep`, and links to a new password. False if there is no such account. */
  setPassword(id: AccountId, password: string, keep?: SessionId): Promise<boolean>
  /** The account of that login is an owner with that password from now on, whatever it was; its sessions end. */
  putOwner(owner: { login: string; name: string; password: string }): Promise<void>

  addSession(session: { hash: string; account: AccountId; source: string; agent: string }): Promise<SessionId>
  findSession(hash: string): Promise<{ session: SessionRow; account: AccountRow } | undefined>
  /** Notes that it is used. */
  touchSession(id: SessionId): Promise<void>
  /** Newest first. */
  listSessions(account: AccountId): Promise<SessionRow[]>
  /** False if the account has no such session. */
  endSession(id: SessionId, account: AccountId): Promise<boolean>

  /** `repeated`: that request made one before. */
  addLink(
    link: Omit<LinkRow, 'id' | 'createdAt'> & { hash: string; request?: string },
  ): Promise<LinkRow | 'repeated'>
  findLink(hash: string): Promise<LinkRow | undefined>
  listInvitations(page: PageRequest, now: number): Promise<Page<LinkRow>>
  removeInvitation(id: LinkId): Promise<boolean>
  /**
   * Makes the account a link is for; the link is gone then, and with the first owner's all others of that type.
   * `gone`: used, expired, or an owner's while there is one.
   */
  acceptLink(
    hash: string,
    account: { login: string; name: string; password: string },
  ): Promise<AccountId | 'gone' | 'login-taken'>

  addKey(
    key: Pick<KeyRow, 'name' | 'scopes' | 'prefix' | 'createdBy' | 'expiresAt'> & {
      hash: string
      request?: string
    },
  ): Promise<KeyRow | 'repeated'>
  /** Also one that ended. */
  findKey(hash: string): Promise<KeyRow | undefined>
  touchKey(id: KeyId): Promise<void>
  listKeys(page: PageRequest): Promise<Page<KeyRow>>
  /** False if there is none, or it is revoked already. */
  revokeKey(id: KeyId): Promise<boolean>

  /**
   * May another sign-in be tried now? If so it counts as failed under every rule, until it is forgiven.
   * @returns ms to wait; 0 when it may
   */
  admitAttempt(rules: readonly AttemptRule[]): Promise<number>
  /** It succeeded: what was counted against `forget` is forgotten, against `takeBack` is one less. */
  forgiveAttempt(keys: { forget: string; takeBack: string }): Promise<void>

  addAudit(entry: Omit<AuditRow, 'id' | 'at'>): Promise<void>
  listAudit(query: PageRequest & { action?: string; actor?: string }): Promise<Page<AuditRow>>
  /** Removes what has ended (sessions, links, counts) and what is older than that (ms). Returns how many rows went. */
  pruneAccess(limits: { auditMs: number; sessionIdleMs: number; sessionMs: number }): Promise<number>
}
