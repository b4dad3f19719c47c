import { type RawBuilder, sql } from 'kysely'
import type { AccessStore } from '../../core/access.ts'
import type { Db, Engine } from '../dialect.ts'
import { accountReads, accountWrites } from './accounts.ts'
import { admitAttempt, forgiveAttempt } from './attempts.ts'
import { auditReads, auditWrites } from './audit.ts'
import { keyReads, keyWrites } from './keys.ts'
import { linkReads, linkWrites } from './links.ts'
import { sessionReads, sessionWrites } from './sessions.ts'

/** The part of {@link AccessStore} that reads. */
export const accessReads = (read: Db) => ({
  ...accountReads(read),
  ...sessionReads(read),
  ...linkReads(read),
  ...keyReads(read),
  ...auditReads(read),
})

/** The part of {@link AccessStore} that writes. */
export const accessWrites = (engine: Engine, now: () => number) => ({
  ...accountWrites(engine, now),
  ...sessionWrites(engine, now),
  ...linkWrites(engine, now),
  ...keyWrites(engine, now),
  ...auditWrites(engine, now),
  admitAttempt: (rules: Parameters<AccessStore['admitAttempt']>[0]) =>
    engine.write((db) => admitAttempt(engine, db, rules, now())),
  forgiveAttempt: (keys: Parameters<AccessStore['forgiveAttempt']>[0]) =>
    engine.write((db) => forgiveAttempt(db, keys)),
  pruneAccess: (limits: Parameters<AccessStore['pruneAccess']>[0]) => pruneAccess(engine, limits, now()),
})

/** Rows one transaction removes. */
const BATCH = 500
/** Longer than any count is remembered (ms). */
const COUNTS_MS = 86_400_000

async function pruneAccess(
  engine: Engine,
  { auditMs, sessionIdleMs, sessionMs }: Parameters<AccessStore['pruneAccess']>[0],
  now: number,
): Promise<number> {
  const outdated = [
    ['session', 'id', sql`seen_at <= ${now - sessionIdleMs} or created_at <= ${now - sessionMs}`],
    ['link', 'id', sql`expires_at <= ${now}`],
    ['login_failure', 'key', sql`at <= ${now - COUNTS_MS}`],
    ['api_key', 'id', sql`revoked_at <= ${now - auditMs} or expires_at <= ${now - auditMs}`],
    ['audit', 'id', sql`at <= ${now - auditMs}`],
  ] as const satisfies readonly (readonly [string, string, RawBuilder<unknown>])[]
  let removed = 0
  for (const [table, key, rows] of outdated) {
    for (let count = BATCH; count >= BATCH; removed += count) {
      count = await engine.write(async (db) => {
        if (!(await engine.isAlone(db, 'access'))) return 0
        const result = await sql`delete from ${sql.table(table)} where ${sql.ref(key)} in
          (select ${sql.ref(key)} from ${sql.table(table)} where ${rows} limit ${BATCH})`.execute(db)
        return Number(result.numAffectedRows ?? 0)
      })
    }
  }
  return removed
}
