import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Clock, Logger } from '../../core/ports.ts'
import type { Store } from '../../core/store.ts'
import type { Db } from '../dialect.ts'
import { type MigrationReport, migrate } from '../migrate.ts'
import { nodeRows, ofNobody } from '../nodes.ts'
import { holdRestored } from '../settle.ts'
import { createStore } from '../store.ts'
import { refuseHalfMoved, TRANSFER } from '../transfer/marks.ts'
import { Announcements } from './announcements.ts'
import { DatabaseClock } from './clock.ts'
import { PostgresEngine, postgresTypes } from './engine.ts'
import { cannotOpen } from './failures.ts'
import type { Lineage } from './lineage.ts'
import { placeOf } from './place.ts'
import { checkServer, SKEW_TOLD_MS } from './server.ts'
import { WITHOUT_LIMIT } from './session.ts'

export interface PostgresOptions {
  url: string
  /** Most connections of this process, the one that listens not counted. Default 10. */
  poolSize?: number
  /** This machine's clock. */
  clock: Clock
  log: Logger
  /** How long dedupe keys are kept (ms). */
  dedupeMs: number
  /** How long an unknown send holds its chat (ms). Default 60 s. */
  unknownHoldMs?: number
  onCommit?: (seconds: number, pieces: number) => void
  /** For tests: all times are those of `clock`, not of the database. */
  simulatedClock?: boolean
}

/**
 * Opens the store in a PostgreSQL database, migrated as needed.
 * @returns with it the database's clock, by which every part of the hub is to live
 * @throws HubError E_STORE_OPEN with what to do about it, E_STORE_NEWER
 */
export async function openPostgresStore(options: PostgresOptions): Promise<{ store: Store; clock: Clock }> {
  const { url, clock: machine, log, dedupeMs } = options
  const engine = openEngine(options)
  try {
    await checkServer(engine)
    const report = await migrate(engine, postgresTypes, machine.now())
    if (report.applied.length > 0) log.info({ migrations: report.applied }, 'database migrated')
    const clock = options.simulatedClock ? machine : await databaseClock(engine, machine, log)
    const lineage = await engine.lineage()
    const installation = await engine.write((db) => openInstallation(db, placeOf(url), lineage.history))
    let rewinds = await engine.write((db) => settleIn(db, lineage, undefined, clock, log))
    engine.watch(lineage, async (db, other, rewound) => {
      rewinds = await settleIn(db, other, rewound ? rewinds : undefined, clock, log)
    })

    const announcements = new Announcements({
      connections: engine.connections,
      url,
      channel: `pombo_${installation}`,
      self: randomUUID(),
      clock: machine,
      log,
    })
    const rows = nodeRows(engine, () => clock.now())
    const store = createStore(engine, {
      clock,
      installation,
      dedupeMs,
      unknownHoldMs: options.unknownHoldMs ?? 60_000,
      abandoned: ofNobody,
      cluster: {
        shared: true,
        announce: (what) => announcements.announce(what),
        onAnnounced: (listen) => announcements.onAnnounced(listen),
        ...rows,
        async heartbeat(node) {
          // Connections to a pooler outlive the server behind it.
          if (engine.connections.pooled) await engine.connections.look()
          await rows.heartbeat(node)
        },
      },
      async mark() {
        if (clock instanceof DatabaseClock) await engine.setClock(clock)
        await engine.connections.look()
        // One that others have seen to while nothing showed here is known from now on.
        const { value } = await engine.read
          .selectFrom('meta')
          .select('value')
          .where('key', '=', 'rewinds')
          .executeTakeFirstOrThrow()
        rewinds = Math.max(rewinds, Number(value))
      },
    })
    return {
      clock,
      store: {
        ...store,
        async close() {
          await announcements.close()
          await store.close()
        },
      },
    }
  } catch (error) {
    await engine.close()
    throw cannotOpen(error, placeOf(url))
  }
}

/**
 * Migrates and closes again.
 * @throws HubError E_STORE_OPEN, E_STORE_NEWER
 */
export async function migratePostgres(
  options: Pick<PostgresOptions, 'url' | 'clock' | 'log'>,
): Promise<MigrationReport> {
  const engine = openEngine(options)
  try {
    await checkServer(engine)
    return await migrate(engine, postgresTypes, options.clock.now())
  } catch (error) {
    throw cannotOpen(error, placeOf(options.url))
  } finally {
    await engine.close()
  }
}

const openEngine = (options: Omit<PostgresOptions, 'dedupeMs'>): PostgresEngine =>
  new PostgresEngine({
    url: options.url,
    size: options.poolSize ?? 10,
    clock: options.clock,
    log: options.log,
    simulated: options.simulatedClock ? options.clock : undefined,
    onCommit: options.onCommit,
  })

async function databaseClock(engine: PostgresEngine, machine: Clock, log: Logger): Promise<DatabaseClock> {
  const clock = new DatabaseClock(machine)
  const aheadMs = await engine.setClock(clock)
  if (Math.abs(aheadMs) > SKEW_TOLD_MS) {
    log.warn(
      { aheadMs },
      'the clock of this machine is not that of the database; the hub goes by the database, but set both by NTP',
    )
  }
  return clock
}

/** Makes or finds the installation. @throws HubError E_STORE_OPEN when one is just being moved here */
async function openInstallation(db: Db, place: string, history: string): Promise<string> {
  for (const [key, value] of [
    ['installation', randomUUID().slice(0, 8)],
    ['history', history],
  ] as const) {
    await sql`insert into meta (key, value) values (${key}, ${value}) on conflict (key) do nothing`.execute(
      db,
    )
  }
  // After the insert, which waits for a move that begins at this moment.
  const rows = await db
    .selectFrom('meta')
    .selectAll()
    .where('key', 'in', ['installation', TRANSFER])
    .execute()
  const value = (key: string) => rows.find((row) => row.key === key)?.value
  refuseHalfMoved(place, value(TRANSFER))
  return value('installation')!
}

/** Fences move on by this much: further than any that were given out and are not in this copy. */
const FENCE_LEAP = 1_000_000

/**
 * On another copy of the database than before, what it believes to be unsent may long be out, and fences it is
 * about to give may be held already. Of the nodes that find it so, one sees to it.
 * @param rewinds set if it is an earlier state of the same line, which its history does not show: how many of these
 *   this node knows of. If the database tells of more, somebody else has seen to it
 * @returns how many there were
 */
async function settleIn(
  db: Db,
  { history }: Lineage,
  rewinds: number | undefined,
  clock: Clock,
  log: Logger,
): Promise<number> {
  await sql`insert into meta (key, value) values ('rewinds', '0') on conflict (key) do nothing`.execute(db)
  const { rows } = await sql<{ key: string; value: string }>`select key, value from meta
    where key in ('history', 'rewinds') order by key for update`.execute(db)
  const value = (key: string) => rows.find((row) => row.key === key)?.value
  const stored = Number(value('rewinds'))
  const isOther = value('history') !== history
  const isRewound = rewinds !== undefined && stored <= rewinds
  if (!isOther && !isRewound) return stored
  const count = Math.max(stored, rewinds ?? 0) + 1
  await sql`update meta set value = case key when 'history' then ${history} else ${String(count)} end
    where key in ('history', 'rewinds')`.execute(db)
  await sql.raw(WITHOUT_LIMIT).execute(db)
  const held = await holdRestored(db)
  await sql`update lane set fence = fence + ${FENCE_LEAP}, holder = null,
    ready_at = case when holder is null then ready_at else ${clock.now()}::bigint end`.execute(db)
  await sql`update outbox set fence = fence + ${FENCE_LEAP}, holder = null,
    ready_at = case when holder is null then ready_at else ${clock.now()}::bigint end`.execute(db)
  log[held > 0 ? 'error' : 'info'](
    { held },
    'this database is another copy than the one last used (restored, or a standby that took over): its unfinished sends are held for a person',
  )
  return count
}
