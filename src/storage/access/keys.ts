import type { Selectable } from 'kysely'
import type { AccessStore, KeyRow, Scope } from '../../core/access.ts'
import type { KeyId } from '../../core/ids.ts'
import type { Db, Engine } from '../dialect.ts'
import { before, toPage } from '../pages.ts'
import type { Tables } from '../tables.ts'

type Reads = Pick<AccessStore, 'findKey' | 'listKeys'>
type Writes = Pick<AccessStore, 'addKey' | 'touchKey' | 'revokeKey'>

export const keyReads = (read: Db): Reads => ({
  async findKey(hash) {
    const row = await read.selectFrom('api_key').selectAll().where('hash', '=', hash).executeTakeFirst()
    return row && toKey(row)
  },
  async listKeys(page) {
    const rows = await read
      .selectFrom('api_key')
      .selectAll()
      .where(before('id', page))
      .orderBy('id', 'desc')
      .limit(page.limit + 1)
      .execute()
    return toPage(rows, page.limit, (row) => row.id, toKey)
  },
})

export const keyWrites = (engine: Engine, now: () => number): Writes => ({
  addKey: ({ hash, name, scopes, prefix, createdBy, expiresAt, request }) =>
    engine.write(async (db) => {
      const row = await db
        .insertInto('api_key')
        .values({
          hash,
          name,
          scopes: scopes.join(' '),
          prefix,
          created_at: now(),
          created_by: createdBy,
          used_at: null,
          expires_at: expiresAt ?? null,
          revoked_at: null,
          request: request ?? null,
        })
        .onConflict((oc) => oc.column('request').doNothing())
        .returningAll()
        .executeTakeFirst()
      return row ? toKey(row) : 'repeated'
    }),
  touchKey: (id) =>
    engine.write(async (db) => {
      await db.updateTable('api_key').set({ used_at: now() }).where('id', '=', id).execute()
    }),
  revokeKey: (id) =>
    engine.write(async (db) => {
      const result = await db
        .updateTable('api_key')
        .set({ revoked_at: now() })
        .where('id', '=', id)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      return result.numUpdatedRows > 0n
    }),
})

const toKey = (row: Selectable<Tables['api_key']>): KeyRow => ({
  id: row.id as KeyId,
  name: row.name,
  scopes: row.scopes.split(' ') as Scope[],
  prefix: row.prefix,
  createdAt: row.created_at,
  createdBy: row.created_by,
  ...(row.used_at !== null && { usedAt: row.used_at }),
  ...(row.expires_at !== null && { expiresAt: row.expires_at }),
  ...(row.revoked_at !== null && { revokedAt: row.revoked_at }),
})
