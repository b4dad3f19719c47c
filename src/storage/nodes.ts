import { type RawBuilder, sql } from 'kysely'
import type { InstanceId } from '../core/ids.ts'
import type { ClusterStore, NodeRow, Role } from '../core/store.ts'
import { type Bucket, draw } from './bucket.ts'
import type { Db, Engine } from './dialect.ts'
import { type Abandoned, endLeases } from './settle.ts'

/**
 * The part of the cluster's port that is rows: who lives, what the dead held, limits all share. Signs of life are
 * compared by the store's own clock, limits by `now`.
 */
export function nodeRows(
  engine: Engine,
  now: () => number,
): Pick<ClusterStore, 'heartbeat' | 'bury' | 'leave' | 'nodes' | 'grantDeliveries'> {
  /** This node, once it has given a sign of life. */
  let self: string | undefined
  return {
    async heartbeat({ id, roles, host, version, startedAt }) {
      self = id
      await engine.write((db) =>
        sql`insert into node (id, roles, host, version, started_at, seen_at)
          values (${id}, ${roles.join(' ')}, ${host}, ${version}, ${startedAt}, ${engine.now})
          on conflict (id) do update set seen_at = excluded.seen_at, roles = excluded.roles`.execute(db),
      )
    },
    bury: (silentMs) => engine.write((db) => bury(engine, db, { self, silentMs }, now())),
    async leave(id) {
      await engine.write((db) => db.deleteFrom('node').where('id', '=', id).execute())
    },
    async nodes() {
      const rows = await engine.read.selectFrom('node').selectAll().orderBy('started_at').execute()
      return rows.map(toNode)
    },
    grantDeliveries: (instance, perSecond, want) =>
      engine.write((db) => grant(engine, db, { instance, perSecond, want }, now())),
  }
}

/** Half of what makes a node silent: one that has not been heard itself for so long may be the one that is cut off. */
const HEARD_SHARE = 0.5

async function bury(
  engine: Engine,
  db: Db,
  { self, silentMs }: { self: string | undefined; silentMs: number },
  now: number,
): Promise<NodeRow[]> {
  if (!(await engine.isAlone(db, 'burial'))) return []
  const { rows } = await sql<Parameters<typeof toNode>[0]>`
    delete from node where seen_at < ${engine.now} - ${silentMs} and ${engine.now} - ${silentMs * HEARD_SHARE} <
      (select judge.seen_at from node judge where judge.id = ${self ?? ''})
    returning id, roles, host, version, started_at, seen_at`.execute(db)
  if (rows.length === 0) return []
  await endLeases(engine, db, heldBy(engine, rows), now)
  return rows.map(toNode)
}

/**
 * Leases of holders that are no node: they ended before they were seen to. Who that is, is found out first: looked
 * up while leases are locked, a node that has just become known and taken one over would count as dead.
 */
export const ofNobody: Abandoned = {
  async leases(engine, db) {
    const { rows } = await sql<{ id: string }>`
      select h.id from (select holder as id from lane where ready_at is not null and holder is not null
        union select holder from outbox where ready_at is not null and holder is not null) h
      where not exists (select 1 from node n where n.id = h.id)`.execute(db)
    return heldBy(engine, rows)
  },
  looks: false,
}

const heldBy = (engine: Engine, holders: readonly { id: string }[]): RawBuilder<boolean> =>
  sql<boolean>`holder in (select d.id from ${engine.table({ id: 'text' }, holders)} d)`

/** See {@link ClusterStore.grantDeliveries}. */
async function grant(
  engine: Engine,
  db: Db,
  { instance, perSecond, want }: { instance: InstanceId; perSecond: number; want: number },
  at: number,
): Promise<number> {
  const keep = () =>
    sql<Bucket>`select thousandths, at from delivery_bucket where instance = ${instance} ${engine.forUpdate}`.execute(
      db,
    )
  let [stored] = (await keep()).rows
  if (!stored) {
    // Of all who come first at once, one makes the bucket, and the others wait for it.
    const { bucket: full } = draw(undefined, { perSecond, want: 0, at })
    await sql`insert into delivery_bucket (instance, thousandths, at)
      values (${instance}, ${full.thousandths}, ${at}) on conflict do nothing`.execute(db)
    stored = (await keep()).rows[0]
  }
  const { granted, bucket } = draw(stored, { perSecond, want, at })
  await sql`update delivery_bucket set thousandths = ${bucket.thousandths}, at = ${bucket.at}
    where instance = ${instance}`.execute(db)
  return granted
}

const toNode = (row: {
  id: string
  roles: string
  host: string
  version: string
  started_at: number
  seen_at: number
}): NodeRow => ({
  id: row.id,
  roles: row.roles.split(' ') as Role[],
  host: row.host,
  version: row.version,
  startedAt: row.started_at,
  seenAt: row.seen_at,
})
