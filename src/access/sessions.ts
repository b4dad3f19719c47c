import {
  type AccessStore,
  type AccountRow,
  type Principal,
  SESSION,
  type SessionRow,
} from '../core/access.ts'
import { HubError } from '../core/errors.ts'
import { type AccountId, publicId, type SessionId } from '../core/ids.ts'
import type { Clock, Logger } from '../core/ports.ts'
import { beginAttempt } from './attempts.ts'
import type { Hasher } from './hashing.ts'
import { foldLogin } from './login.ts'
import { scopesOf } from './permissions.ts'
import { hashToken, makeToken } from './tokens.ts'

/** How often (ms) it is written down that a session is used. */
const TOUCH_MS = 60_000
const MAX_AGENT = 300

/** Where a request comes from. */
export interface Visitor {
  /** Its address. */
  source: string
  /** Name under which failures of that address are counted. */
  counted: string
  /** What the browser says it is. */
  agent: string
}
/** A session that has just begun; `token` is what its cookie holds, and is nowhere else. */
export interface Opened {
  token: string
  principal: UserPrincipal
  /** At the latest (ms). */
  endsAt: number
}
export type UserPrincipal = Extract<Principal, { type: 'user' }>

export interface Sessions {
  /** @throws HubError E_UNAUTHENTICATED, the same for no such login and a wrong password; E_TOO_MANY; E_FORBIDDEN */
  signIn(login: string, password: string, visitor: Visitor): Promise<Opened>
  /** Opens one for somebody who has proved who they are in another way. */
  open(account: AccountId, visitor: Visitor): Promise<Opened>
  /** Who a token stands for; undefined when it stands for nobody (any more). */
  byToken(token: string): Promise<{ principal: UserPrincipal; expiresAt: number } | undefined>
  /** Newest first, those that go on. */
  list(account: AccountId): Promise<SessionRow[]>
  /** @throws HubError E_NOT_FOUND */
  end(session: SessionId, account: AccountId): Promise<void>
  /**
   * Somebody who is signed in shows that they know the password.
   * @throws HubError E_INVALID when they do not; E_TOO_MANY
   */
  prove(principal: UserPrincipal, password: string, visitor: Visitor): Promise<void>
}

/** When a session ends if it is not used any more (ms). */
export const expiryOf = ({ createdAt, seenAt }: Pick<SessionRow, 'createdAt' | 'seenAt'>): number =>
  Math.min(seenAt + SESSION.idleMs, createdAt + SESSION.longestMs)

export function createSessions(parts: {
  store: AccessStore
  clock: Clock
  log: Logger
  bytes(size: number): Uint8Array
  hasher: Hasher
}): Sessions {
  const { store, clock, log, bytes, hasher } = parts

  async function check(login: string, password: string, visitor: Visitor): Promise<AccountRow | undefined> {
    const folded = foldLogin(login)
    const attempt = await beginAttempt(store, { source: visitor.counted, login: folded })
    const account = await store.findAccount(folded)
    if (!(await hasher.matches(password, account?.password)) || !account) return undefined
    await attempt.succeeded()
    return account
  }

  async function open(account: AccountRow, { source, agent }: Visitor): Promise<Opened> {
    const token = makeToken(bytes)
    const session = await store.addSession({
      hash: hashToken(token),
      account: account.id,
      source,
      agent: agent.slice(0, MAX_AGENT),
    })
    return { token, principal: principalOf(account, session), endsAt: clock.now() + SESSION.longestMs }
  }

  return {
    async signIn(login, password, visitor) {
      const account = await check(login, password, visitor)
      if (!account) throw new HubError('E_UNAUTHENTICATED', 'The login or the password is wrong.')
      if (account.disabled)
        throw new HubError('E_FORBIDDEN', 'This account is disabled. Ask an owner or admin of the hub.')
      return open(account, visitor)
    },
    async open(id, visitor) {
      const account = await store.getAccount(id)
      if (!account || account.disabled)
        throw new HubError('E_FORBIDDEN', 'This account is disabled. Ask an owner or admin of the hub.')
      return open(account, visitor)
    },
    async byToken(token) {
      const found = await store.findSession(hashToken(token))
      if (!found) return undefined
      const { session, account } = found
      const now = clock.now()
      if (account.disabled || expiryOf(session) <= now) return undefined
      if (now - session.seenAt < TOUCH_MS)
        return { principal: principalOf(account, session.id), expiresAt: expiryOf(session) }
      // Nobody waits for it, and one that is lost is written with the next request.
      store
        .touchSession(session.id)
        .catch((err: unknown) => log.debug({ err }, 'it could not be noted that a session is used'))
      const expiresAt = expiryOf({ ...session, seenAt: now })
      return { principal: principalOf(account, session.id), expiresAt }
    },
    async list(account) {
      const sessions = await store.listSessions(account)
      return sessions.filter((session) => expiryOf(session) > clock.now())
    },
    async end(session, account) {
      if (!(await store.endSession(session, account)))
        throw new HubError('E_NOT_FOUND', 'You have no such session (any more).')
    },
    async prove({ login }, password, visitor) {
      if (await check(login, password, visitor)) return
      throw new HubError('E_INVALID', 'body.current: is not the password of this account', {
        details: { errors: [{ field: 'body.current', message: 'is not the password of this account' }] },
      })
    },
  }
}

const principalOf = ({ id, name, login, role }: AccountRow, session: SessionId): UserPrincipal => ({
  type: 'user',
  id: publicId('usr', id),
  name,
  login,
  role,
  scopes: scopesOf(role),
  account: id,
  session,
})
