import type { Selectable } from 'kysely'
import type { AccessStore, SessionRow } from '../../core/access.ts'
import type { AccountId, SessionId } from '../../core/ids.ts'
import type { Db, Engine } from '../dialect.ts'
import type { Tables } from '../tables.ts'
import { toAccount } from './accounts.ts'

type Reads = Pick<AccessStore, 'findSession' | 'listSessions'>
type Writes = Pick<AccessStore, 'addSession' | 'touchSession' | 'endSession'>

export const sessionReads = (read: Db): Reads => ({
  async findSession(hash) {
    const session = await read.selectFrom('session').selectAll().where('hash', '=', hash).executeTakeFirst()
    if (!session) return undefined
    const account = await read
      .selectFrom('account')
      .selectAll()
      .where('id', '=', session.account_id)
      .executeTakeFirst()
    return account && { session: toSession(session), account: toAccount(account) }
  },
  async listSessions(account) {
    const rows = await read
      .selectFrom('session')
      .selectAll()
      .where('account_id', '=', account)
      .orderBy('id', 'desc')
      .execute()
    return rows.map(toSession)
  },
})

export const sessionWrites = (engine: Engine, now: () => number): Writes => ({
  addSession: ({ account, ...session }) =>
    engine.write(async (db) => {
      const at = now()
      const { id } = await db
        .insertInto('session')
        .values({ ...session, account_id: account, created_at: at, seen_at: at })
        .returning('id')
        .executeTakeFirstOrThrow()
      await db.updateTable('account').set({ seen_at: at }).where('id', '=', account).execute()
      return id as SessionId
    }),
  touchSession: (id) =>
    engine.write(async (db) => {
      const at = now()
      const row = await db
        .updateTable('session')
        .set({ seen_at: at })
        .where('id', '=', id)
        .returning('account_id')
        .executeTakeFirst()
      if (row) await db.updateTable('account').set({ seen_at: at }).where('id', '=', row.account_id).execute()
    }),
  endSession: (id, account) =>
    engine.write(async (db) => {
      const result = await db
        .deleteFrom('session')
        .where('id', '=', id)
        .where('account_id', '=', account)
        .executeTakeFirst()
      return result.numDeletedRows > 0n
    }),
})

const toSession = (row: Selectable<Tables['session']>): SessionRow => ({
  id: row.id as SessionId,
  account: row.account_id as AccountId,
  createdAt: row.created_at,
  seenAt: row.seen_at,
  source: row.source,
  agent: row.agent,
})
