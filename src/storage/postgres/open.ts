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
import { type Line, WITHOUT_LIMIT } from './connections.ts'
import { PostgresEngine, postgresTypes } from './engine.ts'
import { cannotOpen } from './failures.ts'
import { placeOf } from './place.ts'
import { checkServer } from './server.ts'

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

/** A machine whose clock is off by this much has trouble beyond ours: signatures, certificates, logs (ms). */
const SKEW_TOLD_MS = 5_000

/**
 * Opens the store in a PostgreSQL database, migrated as needed.
 * @returns with it the database's clock, by which every part of the hub is to live
 * @throws HubError E_STORE_OPEN with what to do about it, E_STORE_NEWER
 */
export async function openPostgresStore(options: PostgresOptions): Promise<{ store: Store; clock: Clock }> {
  const { url, clock: machine, log, dedupeMs } = options
  const engine = openEngine(options)
  try {
    await checkServer(engine, log)
    const report = await migrate(engine, postgresTypes, machine.now())
    if (report.applied.length > 0) log.info({ migrations: report.applied }, 'database migrated')
    const clock = options.simulatedClock ? machine : await databaseClock(engine, machine, log)
    const line = await engine.line()
    const installation = await engine.write((db) => openInstallation(db, placeOf(url), line.history))
    await engine.write((db) => settleIn(db, line, { certain: false }, clock, log))
    engine.connections.watch(line, (session, other, certain) =>
      engine.within(session, (db) => settleIn(db, other, { certain }, clock, log)),
    )

    const announcements = new Announcements({
      connections: engine.connections,
      url,
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
      },
      async mark() {
        if (clock instanceof DatabaseClock) await clock.set(() => timeOf(engine))
        await engine.connections.remember()
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
    await checkServer(engine, options.log)
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
  const aheadMs = await clock.set(() => timeOf(engine))
  if (Math.abs(aheadMs) > SKEW_TOLD_MS) {
    log.warn(
      { aheadMs },
      'the clock of this machine is not that of the database; the hub goes by the database, but set both by NTP',
    )
  }
  return clock
}

async function timeOf(engine: PostgresEngine): Promise<number> {
  const { rows } = await sql<{ now: number }>`select ${engine.now} as now`.execute(engine.read)
  return rows[0]!.now
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
 * @param certain it is an earlier state of the same line, which its history does not show
 */
async function settleIn(
  db: Db,
  line: Line,
  { certain }: { certain: boolean },
  clock: Clock,
  log: Logger,
): Promise<void> {
  const { rows } =
    await sql`update meta set value = ${line.history} where key = 'history' and value <> ${line.history}
    returning key`.execute(db)
  if (rows.length === 0 && !certain) return
  await sql.raw(WITHOUT_LIMIT).execute(db)
  const held = await holdRestored(db)
  await sql`update lane set fence = fence + ${FENCE_LEAP}, holder = null,
    ready_at = case when holder is null then ready_at else ${clock.now()}::bigint end`.execute(db)
  await sql`update outbox set fence = fence + ${FENCE_LEAP}, holder = null,
    ready_at = case when holder is null then ready_at else ${clock.now()}::bigint end`.execute(db)
  log.error(
    { held },
    'this database is another copy than the one last used (restored, or a standby that took over): its unfinished sends are held for a person',
  )
}
