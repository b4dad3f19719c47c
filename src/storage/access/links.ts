import { type Selectable, sql } from 'kysely'
import type { AccessStore, LinkRow, LinkType, UserRole } from '../../core/access.ts'
import type { AccountId, LinkId } from '../../core/ids.ts'
import type { Db, Engine } from '../dialect.ts'
import { before, toPage } from '../pages.ts'
import type { Tables } from '../tables.ts'
import { hasOwner, setPassword } from './accounts.ts'

type Reads = Pick<AccessStore, 'findLink' | 'listInvitations'>
type Writes = Pick<AccessStore, 'addLink' | 'removeInvitation' | 'acceptLink'>

export const linkReads = (read: Db): Reads => ({
  async findLink(hash) {
    const row = await read.selectFrom('link').selectAll().where('hash', '=', hash).executeTakeFirst()
    return row && toLink(row)
  },
  async listInvitations(page, now) {
    const rows = await read
      .selectFrom('link')
      .selectAll()
      .where('type', '=', 'invitation')
      .where('expires_at', '>', now)
      .where(before('id', page))
      .orderBy('id', 'desc')
      .limit(page.limit + 1)
      .execute()
    return toPage(rows, page.limit, (row) => row.id, toLink)
  },
})

export const linkWrites = (engine: Engine, now: () => number): Writes => ({
  addLink: (link) => engine.write((db) => addLink(db, link, now())),
  removeInvitation: (id) =>
    engine.write(async (db) => {
      const result = await db
        .deleteFrom('link')
        .where('id', '=', id)
        .where('type', '=', 'invitation')
        .executeTakeFirst()
      return result.numDeletedRows > 0n
    }),
  acceptLink: (hash, account) => engine.write((db) => acceptLink(engine, db, hash, account, now())),
})

async function addLink(
  db: Db,
  { account, expiresAt, createdBy, name, login, request, ...link }: Parameters<AccessStore['addLink']>[0],
  now: number,
): Promise<LinkRow | 'repeated'> {
  // A new link to somebody's password ends the one before.
  if (link.type === 'password' && account !== undefined)
    await db.deleteFrom('link').where('account_id', '=', account).execute()
  const row = await db
    .insertInto('link')
    .values({
      ...link,
      account_id: account ?? null,
      name: name ?? null,
      login: login ?? null,
      request: request ?? null,
      created_at: now,
      created_by: createdBy,
      expires_at: expiresAt,
    })
    .onConflict((oc) => oc.column('request').doNothing())
    .returningAll()
    .executeTakeFirst()
  return row ? toLink(row) : 'repeated'
}

async function acceptLink(
  engine: Engine,
  db: Db,
  hash: string,
  { login, name, password }: Parameters<AccessStore['acceptLink']>[1],
  now: number,
): ReturnType<AccessStore['acceptLink']> {
  // Whoever comes with another link to the first owner waits here until it is known who was first.
  const { rows } = await sql<Selectable<Tables['link']>>`select * from link
    where hash = ${hash} or type = 'owner' order by id ${engine.forUpdate}`.execute(db)
  const link = rows.find((row) => row.hash === hash)
  if (!link || link.expires_at <= now) return 'gone'
  const use = (column: 'id' | 'type') => db.deleteFrom('link').where(column, '=', link[column]).execute()
  if (link.type === 'password') {
    await use('id')
    const account = link.account_id as AccountId
    return (await setPassword(db, account, password)) ? account : 'gone'
  }
  if (link.type === 'owner' && (await hasOwner(db))) return 'gone'
  const made = await db
    .insertInto('account')
    .values({ login, name, role: link.role, password, created_at: now, seen_at: null })
    .onConflict((oc) => oc.column('login').doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!made) return 'login-taken'
  await use(link.type === 'owner' ? 'type' : 'id')
  return made.id as AccountId
}

const toLink = (row: Selectable<Tables['link']>): LinkRow => ({
  id: row.id as LinkId,
  type: row.type as LinkType,
  role: row.role as UserRole,
  ...(row.account_id !== null && { account: row.account_id as AccountId }),
  ...(row.name !== null && { name: row.name }),
  ...(row.login !== null && { login: row.login }),
  createdAt: row.created_at,
  createdBy: row.created_by,
  expiresAt: row.expires_at,
})
