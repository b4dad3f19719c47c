import type { Selectable } from 'kysely'
import type { AccessStore, Actor, AuditNote, AuditRow } from '../../core/access.ts'
import type { Db, Engine } from '../dialect.ts'
import { before, toPage } from '../pages.ts'
import type { Tables } from '../tables.ts'

export const auditReads = (read: Db): Pick<AccessStore, 'listAudit'> => ({
  async listAudit({ action, actor, ...page }) {
    const rows = await read
      .selectFrom('audit')
      .selectAll()
      .where(before('id', page))
      .$if(action !== undefined, (q) => q.where('action', '=', action!))
      .$if(actor !== undefined, (q) => q.where('actor_id', '=', actor!))
      .orderBy('id', 'desc')
      .limit(page.limit + 1)
      .execute()
    return toPage(rows, page.limit, (row) => row.id, toAudit)
  },
})

export const auditWrites = (engine: Engine, now: () => number): Pick<AccessStore, 'addAudit'> => ({
  addAudit: ({ actor, action, target, detail, source }) =>
    engine.write(async (db) => {
      await db
        .insertInto('audit')
        .values({
          at: now(),
          actor_type: actor.type,
          actor_id: actor.id,
          actor_name: actor.name,
          action,
          target: target ?? null,
          detail: detail === undefined ? null : JSON.stringify(detail),
          source: source ?? null,
        })
        .execute()
    }),
})

const toAudit = (row: Selectable<Tables['audit']>): AuditRow => ({
  id: row.id,
  at: row.at,
  actor: { type: row.actor_type as Actor['type'], id: row.actor_id, name: row.actor_name },
  action: row.action,
  ...(row.target !== null && { target: row.target }),
  ...(row.detail !== null && { detail: JSON.parse(row.detail) as NonNullable<AuditNote['detail']> }),
  ...(row.source !== null && { source: row.source }),
})
