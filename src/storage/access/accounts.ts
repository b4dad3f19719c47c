import { type Selectable, sql } from 'kysely'
import type { AccessStore, AccountRow, UserRole } from '../../core/access.ts'
import type { AccountId, SessionId } from '../../core/ids.ts'
import type { Db, Engine } from '../dialect.ts'
import { before, toPage } from '../pages.ts'
import type { Tables } from '../tables.ts'

type Reads = Pick<AccessStore, 'hasOwner' | 'listAccounts' | 'getAccount' | 'findAccount'>
type Writes = Pick<AccessStore, 'changeAccount' | 'removeAccount' | 'setPassword' | 'putOwner'>

export const accountReads = (read: Db): Reads => ({
  hasOwner: () => hasOwner(read),
  async listAccounts(page) {
    const rows = await read
      .selectFrom('account')
      .selectAll()
      .where(before('id', page))
      .orderBy('id', 'desc')
      .limit(page.limit + 1)
      .execute()
    return toPage(rows, page.limit, (row) => row.id, toAccount)
  },
  async getAccount(id) {
    const row = await read.selectFrom('account').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toAccount(row)
  },
  async findAccount(login) {
    const row = await read.selectFrom('account').selectAll().where('login', '=', login).executeTakeFirst()
    return row && { ...toAccount(row), ...(row.password !== null && { password: row.password }) }
  },
})

export const accountWrites = (engine: Engine, now: () => number): Writes => ({
  changeAccount: (...change) => engine.write((db) => changeAccount(engine, db, ...change)),
  removeAccount: (id) => engine.write((db) => removeAccount(engine, db, id)),
  setPassword: (id, password, keep) => engine.write((db) => setPassword(db, id, password, keep)),
  putOwner: (owner) => engine.write((db) => putOwner(db, owner, now())),
})

export async function hasOwner(db: Db): Promise<boolean> {
  const row = await db
    .selectFrom('account')
    .select('id')
    .where('role', '=', 'owner')
    .where('disabled', '=', 0)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/**
 * Locks every owner who may sign in, in one order, and then the account: two who take the last two owners away at
 * once are one after the other.
 */
async function locked(engine: Engine, db: Db, id: AccountId) {
  const owners = await sql<{ id: number }>`select id from account where role = 'owner' and disabled = 0
    order by id ${engine.forUpdate}`.execute(db)
  const { rows } = await sql<Selectable<Tables['account']>>`select * from account where id = ${id}
    ${engine.forUpdate}`.execute(db)
  const row = rows[0]
  const isLastOwner = owners.rows.length === 1 && owners.rows[0]!.id === id
  return { row, isLastOwner }
}

async function changeAccount(
  engine: Engine,
  db: Db,
  ...[id, version, change]: Parameters<AccessStore['changeAccount']>
): ReturnType<AccessStore['changeAccount']> {
  const { row, isLastOwner } = await locked(engine, db, id)
  if (!row) return 'not-found'
  if (row.version !== version) return 'stale'
  const { name = row.name, role = row.role, disabled = row.disabled === 1 } = change
  if (isLastOwner && (role !== 'owner' || disabled)) return 'last-owner'
  await db
    .updateTable('account')
    .set({ name, role, disabled: disabled ? 1 : 0, version: version + 1 })
    .where('id', '=', id)
    .execute()
  if (disabled) await shutOut(db, id)
  return 'changed'
}

async function removeAccount(
  engine: Engine,
  db: Db,
  id: AccountId,
): ReturnType<AccessStore['removeAccount']> {
  const { row, isLastOwner } = await locked(engine, db, id)
  if (!row) return 'not-found'
  if (isLastOwner) return 'last-owner'
  await db.deleteFrom('account').where('id', '=', id).execute()
  await shutOut(db, id)
  return 'removed'
}

export async function setPassword(
  db: Db,
  id: AccountId,
  password: string,
  keep?: SessionId,
): Promise<boolean> {
  const result = await db.updateTable('account').set({ password }).where('id', '=', id).executeTakeFirst()
  if (result.numUpdatedRows === 0n) return false
  await shutOut(db, id, keep)
  return true
}

async function putOwner(db: Db, owner: Parameters<AccessStore['putOwner']>[0], now: number): Promise<void> {
  const { rows } = await sql<{ id: AccountId }>`
    insert into account (login, name, role, password, created_at)
    values (${owner.login}, ${owner.name}, 'owner', ${owner.password}, ${now})
    on conflict (login) do update set role = 'owner', password = excluded.password, disabled = 0,
      version = account.version + 1
    returning id`.execute(db)
  await shutOut(db, rows[0]!.id)
}

/** Sessions and links to a new password end. */
async function shutOut(db: Db, account: AccountId, keep?: SessionId): Promise<void> {
  await db
    .deleteFrom('session')
    .where('account_id', '=', account)
    .where('id', '<>', keep ?? (0 as SessionId))
    .execute()
  await db.deleteFrom('link').where('account_id', '=', account).execute()
}

export const toAccount = (row: Selectable<Tables['account']>): AccountRow => ({
  id: row.id as AccountId,
  login: row.login,
  name: row.name,
  role: row.role as UserRole,
  disabled: row.disabled === 1,
  createdAt: row.created_at,
  ...(row.seen_at !== null && { seenAt: row.seen_at }),
  version: row.version,
})
