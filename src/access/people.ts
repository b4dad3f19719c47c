import type { AccessStore, AccountRow, LinkRow, Principal, UserRole } from '../core/access.ts'
import { HubError } from '../core/errors.ts'
import type { AccountId, LinkId, SessionId } from '../core/ids.ts'
import type { Page, PageRequest } from '../core/page.ts'
import type { Clock } from '../core/ports.ts'
import type { Hasher } from './hashing.ts'
import { foldLogin } from './login.ts'
import { passwordFault } from './passwords.ts'
import { mayManage } from './permissions.ts'
import { hashToken, makeToken } from './tokens.ts'

const MINUTE = 60_000
const DAY = 86_400_000
/** How long a link can be used (ms). */
const LINK_MS = { owner: 15 * MINUTE, invitation: 7 * DAY, password: DAY } as const
/** The login of the owner whose password the environment says. */
export const OWNER_LOGIN = 'owner'

/** A link that works once; `token` is nowhere else. */
export interface MadeLink {
  link: LinkRow
  token: string
}
/** Pages of the console that take a link. */
const PAGES = { owner: 'welcome', invitation: 'invite', password: 'reset' } as const
/** Where a link leads, below the hub's URL. */
export const pathOf = ({ link, token }: MadeLink): string => `/${PAGES[link.type]}/${token}`

export interface NewAccount {
  login: string
  name: string
  password: string
}
export interface AccountChange {
  name?: string
  role?: UserRole
  disabled?: boolean
}

export interface People {
  hasOwner(): Promise<boolean>
  /**
   * The password of the account `owner` is this one, from now on if it was not.
   * @throws HubError E_CONFIG_SECRET_WEAK
   */
  putOwner(password: string): Promise<void>
  /** A link that makes the first owner; undefined once there is one. */
  ownerLink(): Promise<MadeLink | undefined>
  /** A link that lets an owner in again who cannot sign in; for whoever has the machine. @throws HubError E_USAGE */
  recoveryLink(login?: string): Promise<MadeLink & { account: AccountRow }>

  /** What a link is good for. @throws HubError E_NOT_FOUND when it is used, has expired, or never was */
  link(token: string): Promise<LinkRow>
  /**
   * Makes the account an owner's link or an invitation is for.
   * @throws HubError E_NOT_FOUND as `link`; E_INVALID for a password that will not do; E_CONFLICT for a login that
   * is taken
   */
  accept(type: 'owner' | 'invitation', token: string, account: NewAccount): Promise<AccountId>
  /** Throws as `accept`. */
  resetPassword(token: string, password: string): Promise<AccountId>
  /** Ends all sessions but the one that asks. @throws HubError E_INVALID for a password that will not do */
  setPassword(account: AccountRow, password: string, keep: SessionId): Promise<void>

  list(page: PageRequest): Promise<Page<AccountRow>>
  /** @throws HubError E_NOT_FOUND */
  get(id: AccountId): Promise<AccountRow>
  /**
   * @throws HubError E_NOT_FOUND; E_FORBIDDEN for people of a role above one's own; E_CONFLICT for the last owner and
   * for a version that somebody has changed meanwhile, with what it is now
   */
  change(id: AccountId, version: number, change: AccountChange, by: Principal): Promise<AccountRow>
  /** What somebody calls themselves. @throws HubError E_NOT_FOUND */
  rename(id: AccountId, name: string): Promise<AccountRow>
  /** Throws as `change`. */
  remove(id: AccountId, by: Principal): Promise<AccountRow>
  /** A link to a new password. Throws as `change`. */
  passwordLink(id: AccountId, by: Principal, once?: { request?: string }): Promise<MadeLink>

  /** @throws HubError E_FORBIDDEN for a role above one's own; E_CONFLICT for a request that has made one */
  invite(
    wanted: { role: UserRole; name?: string; login?: string; request?: string },
    by: Principal,
  ): Promise<MadeLink>
  /** Those that can still be accepted, newest first. */
  invitations(page: PageRequest): Promise<Page<LinkRow>>
  /** @throws HubError E_NOT_FOUND */
  takeBack(id: LinkId): Promise<void>
}

export function createPeople(parts: {
  store: AccessStore
  clock: Clock
  bytes(size: number): Uint8Array
  hasher: Hasher
}): People {
  const { store, clock, bytes, hasher } = parts

  async function makeLink(
    link: Pick<LinkRow, 'type' | 'role' | 'createdBy' | 'account' | 'name' | 'login'> & { request?: string },
    forMs: number = LINK_MS[link.type],
  ): Promise<MadeLink> {
    const token = makeToken(bytes)
    const made = await store.addLink({ ...link, hash: hashToken(token), expiresAt: clock.now() + forMs })
    if (made === 'repeated')
      throw new HubError(
        'E_CONFLICT',
        'This Idempotency-Key has made a link already, and it was shown then. Make another one with a new key.',
      )
    return { link: made, token }
  }

  async function link(token: string): Promise<LinkRow> {
    const found = await store.findLink(hashToken(token))
    const isUseless = found?.type === 'owner' && (await store.hasOwner())
    if (!found || found.expiresAt <= clock.now() || isUseless) throw linkGone()
    return found
  }

  async function get(id: AccountId): Promise<AccountRow> {
    const account = await store.getAccount(id)
    if (!account) throw new HubError('E_NOT_FOUND', 'There is no such user (any more).')
    return account
  }

  async function manageable(id: AccountId, by: Principal): Promise<AccountRow> {
    const account = await get(id)
    requireManage(by, account.role)
    return account
  }

  return {
    hasOwner: () => store.hasOwner(),
    async putOwner(password) {
      const fault = passwordFault(password, [OWNER_LOGIN])
      if (fault !== undefined)
        throw new HubError('E_CONFIG_SECRET_WEAK', `POMBO_ADMIN_PASSWORD: The password ${fault}`)
      const account = await store.findAccount(OWNER_LOGIN)
      const isSo = account?.role === 'owner' && !account.disabled
      if (isSo && (await hasher.matches(password, account.password))) return
      await store.putOwner({ login: OWNER_LOGIN, name: 'Owner', password: await hasher.hash(password) })
    },
    async ownerLink() {
      if (await store.hasOwner()) return undefined
      return makeLink({ type: 'owner', role: 'owner', createdBy: 'system' })
    },
    async recoveryLink(login) {
      const owners = (await allOf((page) => store.listAccounts(page))).filter(
        (one) => one.role === 'owner' && !one.disabled,
      )
      const account =
        login === undefined && owners.length === 1
          ? owners[0]
          : owners.find((one) => one.login === foldLogin(login ?? ''))
      if (!account) {
        const names = owners.map((one) => one.login).join(', ')
        throw new HubError(
          'E_USAGE',
          `Say which owner the link is for: pombo owner link <login>. There are ${names}.`,
        )
      }
      const made = await makeLink(
        { type: 'password', role: 'owner', createdBy: 'system', account: account.id, ...namesOf(account) },
        LINK_MS.owner,
      )
      return { ...made, account }
    },

    link,
    async accept(type, token, { login, name, password }) {
      if ((await link(token)).type !== type) throw linkGone()
      requireGood(password, [login, name])
      const account = { login: foldLogin(login), name, password: await hasher.hash(password) }
      const outcome = await store.acceptLink(hashToken(token), account)
      if (outcome === 'gone') throw linkGone()
      if (outcome === 'login-taken')
        throw new HubError('E_CONFLICT', 'Somebody has this login already. Choose another one.')
      return outcome
    },
    async resetPassword(token, password) {
      const found = await link(token)
      if (found.type !== 'password') throw linkGone()
      requireGood(password, [found.login ?? '', found.name ?? ''])
      const outcome = await store.acceptLink(hashToken(token), {
        login: '',
        name: '',
        password: await hasher.hash(password),
      })
      if (outcome === 'gone' || outcome === 'login-taken') throw linkGone()
      return outcome
    },
    async setPassword({ id, login, name }, password, keep) {
      requireGood(password, [login, name])
      await store.setPassword(id, await hasher.hash(password), keep)
    },

    list: (page) => store.listAccounts(page),
    get,
    async change(id, version, change, by) {
      await manageable(id, by)
      if (change.role !== undefined) requireManage(by, change.role)
      const outcome = await store.changeAccount(id, version, change)
      const account = await get(id)
      if (outcome === 'last-owner') throw lastOwner(account)
      if (outcome === 'stale') throw stale(account)
      return account
    },
    async rename(id, name) {
      for (;;) {
        const { version } = await get(id)
        if ((await store.changeAccount(id, version, { name })) !== 'stale') return get(id)
      }
    },
    async remove(id, by) {
      const account = await manageable(id, by)
      if ((await store.removeAccount(id)) === 'last-owner') throw lastOwner(account)
      return account
    },
    async passwordLink(id, by, once) {
      const account = await manageable(id, by)
      return makeLink({
        type: 'password',
        role: account.role,
        createdBy: by.name,
        account: id,
        ...namesOf(account),
        ...once,
      })
    },

    async invite({ role, name, login, request }, by) {
      requireManage(by, role)
      return makeLink({
        type: 'invitation',
        role,
        createdBy: by.name,
        ...(name !== undefined && { name }),
        ...(login !== undefined && { login: foldLogin(login) }),
        ...(request !== undefined && { request }),
      })
    },
    invitations: (page) => store.listInvitations(page, clock.now()),
    async takeBack(id) {
      if (!(await store.removeInvitation(id)))
        throw new HubError(
          'E_NOT_FOUND',
          'There is no such invitation (any more): it was accepted or taken back.',
        )
    },
  }
}

const namesOf = ({ name, login }: AccountRow) => ({ name, login })

async function allOf<T>(list: (page: PageRequest) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await list({ limit: 200, ...(cursor !== undefined && { cursor }) })
    all.push(...page.data)
    cursor = page.next
  }
  return all
}

function requireGood(password: string, about: readonly string[]): void {
  const fault = passwordFault(password, about)
  if (fault !== undefined)
    throw new HubError('E_INVALID', `body.password: ${fault}`, {
      details: { errors: [{ field: 'body.password', message: fault }] },
    })
}

function requireManage(by: Principal, role: UserRole): void {
  if (mayManage(by, role)) return
  throw new HubError(
    'E_FORBIDDEN',
    role === 'owner'
      ? 'Only an owner may make, change or remove owners.'
      : `This needs every right the role "${role}" has, and ${by.name} does not have them all.`,
  )
}

const linkGone = (): HubError =>
  new HubError(
    'E_NOT_FOUND',
    'This link has been used, has expired, or was never one. Ask whoever sent it for a new one; a first owner’s is made by "pombo owner link".',
  )

const lastOwner = ({ name }: AccountRow): HubError =>
  new HubError('E_CONFLICT', `${name} is the last owner. Make somebody else an owner first.`)

function stale({ name, role, disabled, version }: AccountRow): HubError {
  const now = { name, role, disabled, version }
  const errors = Object.entries(now).map(([field, value]) => ({
    field,
    message: `is ${JSON.stringify(value)} now`,
    current: value,
  }))
  return new HubError(
    'E_CONFLICT',
    'Somebody has changed this user since you looked. Look at what it is now, then decide again.',
    { details: { errors } },
  )
}
