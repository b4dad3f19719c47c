import { HubError } from '../../core/errors.ts'
import type { Clock, Logger } from '../../core/ports.ts'
import { migrations } from '../migrate.ts'
import { cannotOpen } from '../postgres/failures.ts'
import { placeOf } from '../postgres/place.ts'
import { markIn, movedMark, timeText } from './marks.ts'
import { canonical, type Table } from './rows.ts'
import { checkSource, lookInto, rowsIn, Source, type SourceFacts } from './source.ts'
import { loadedKey, type Progress, storedKey, Target, type TargetState } from './target.ts'

/**
 * Moves an installation from a SQLite file into an empty PostgreSQL database: the hub that opens it there has the
 * same identity, ids and unfinished work.
 *
 * 1. Rows are copied in batches by key. Each batch commits together with how far the copy has come, so that it goes
 *    on from there whenever it ended. A hub opens the target not before the move is done.
 * 2. Both sides are read again, whole, and compared by the number and a checksum of the rows of each table.
 * 3. The source is marked: from now on no hub opens it. Only then the target becomes one that a hub opens, so that
 *    at no moment both of them are.
 *
 * The source is brought up to the current schema first, as any start of a hub would do; else nothing in it changes
 * but that mark.
 */
export interface MoveOptions {
  /** Path of the SQLite file. */
  path: string
  /** Of the PostgreSQL database. */
  url: string
  clock: Clock
  log: Logger
  onProgress?: (report: MoveReport) => void
}
/** Rows of the whole move. While comparing, each is read twice: once on either side. */
export interface MoveReport {
  phase: 'copying' | 'comparing'
  table: string
  done: number
  total: number
}
/** What was asked for was done before: nothing was changed. */
export interface MovedBefore {
  type: 'before'
  place: string
  /** When (ms). */
  at: number
}
export interface MoveEnd {
  type: 'moved'
  rows: number
  tables: number
  /** The target, without user and password. */
  place: string
  installation: string
  /** It holds secrets that only the key of the old installation opens. */
  sealed: boolean
  /** Unfinished sends that wait for a person, because the file was an old copy put back. */
  held: number
  /** Sends that were under way when the last hub ended; the next one asks the gateway about them. */
  unknown: number
}

/**
 * @throws HubError E_STORE_OPEN, E_STORE_LOCKED, E_STORE_NEWER for a side that cannot be used; E_CONFLICT for a target
 * that is not empty, and when both sides differ in the end
 */
export async function moveInstallation(options: MoveOptions): Promise<MoveEnd | MovedBefore> {
  const { path, url, clock } = options
  checkSource(path)
  return withTarget(url, options, async (target) => {
    const { before } = await examine(path, target)
    if (before) return before
    const source = await Source.open(path, clock)
    try {
      await target.prepare()
      return await move(source, target, options)
    } finally {
      await source.close()
    }
  })
}

/**
 * What a move would do, without changing anything on either side; a hub may run on the source.
 * @throws HubError as {@link moveInstallation}
 */
export async function planMove(options: Omit<MoveOptions, 'onProgress'>): Promise<MovePlan | MovedBefore> {
  const { path, url } = options
  return withTarget(url, options, async (target) => {
    const { before, begun } = await examine(path, target)
    return before ?? { type: 'plan', rows: rowsIn(path), place: target.place, begun }
  })
}
export interface MovePlan {
  type: 'plan'
  rows: ReadonlyMap<string, number>
  place: string
  /** It would go on with a move that has begun. */
  begun: boolean
}

/** What can be known of both sides without changing either: the same for a move and for its plan. */
async function examine(path: string, target: Target): Promise<{ before?: MovedBefore; begun: boolean }> {
  const source = lookInto(path)
  await target.check()
  const state = await target.state(source.tables)
  const before = judge(state, target.place, source)
  return { ...(before && { before }), begun: state.type === 'begun' }
}

/**
 * Takes a move back: hubs may open the file again. Its unfinished sends are held for a person, since the other side
 * may have sent them.
 * @returns how many sends are held; undefined when it was not moved
 */
export async function reopenInstallation(path: string, clock: Clock): Promise<number | undefined> {
  checkSource(path)
  const source = await Source.open(path, clock)
  try {
    return source.moved === undefined ? undefined : await source.reopen()
  } finally {
    await source.close()
  }
}

async function withTarget<T>(
  url: string,
  parts: { clock: Clock; log: Logger },
  work: (target: Target) => Promise<T>,
): Promise<T> {
  const target = new Target({ url, ...parts })
  try {
    return await work(target)
  } catch (error) {
    const away = error instanceof HubError && error.code === 'E_STORE_UNAVAILABLE' && error.cause
    throw cannotOpen(away || error, placeOf(url))
  } finally {
    await target.close()
  }
}

async function move(source: Source, target: Target, options: MoveOptions): Promise<MoveEnd> {
  const tables = await tablesOfBoth(source, target)
  const fresh: Progress = {
    installation: source.installation,
    boot: source.boot,
    schema: migrations.map(({ name }) => name).join(' '),
    table: tables[0]!.name,
    rows: 0,
    compared: false,
  }
  let progress = await target.claim(tables, fresh, (state) => {
    const ours = state.type === 'begun' && isOf(state.progress, fresh)
    const isBefore = judge(state, target.place, source) !== undefined
    if (isBefore || (source.moved !== undefined && !ours)) throw movedBefore(source)
    return ours
  })
  const total = tables.reduce((sum, table) => sum + source.count(table), 0)
  if (!progress.compared) {
    progress = await copy(source, target, tables, progress, total, options)
    await compare(source, target, tables, { ...progress, schema: '' }, total, options)
    progress = { ...progress, compared: true }
    await target.note(progress)
  }
  if (source.moved === undefined) await source.mark(movedMark(target.place, options.clock.now()))
  const ends = await target.finish(tables, (table) => source.lastId(table), source.restored)
  return {
    ...ends,
    type: 'moved',
    rows: progress.rows,
    tables: tables.length,
    place: target.place,
    installation: source.installation,
    sealed: tables.some((table) => table.name === 'registry_entry' && source.count(table) > 0),
  }
}

/** Whether what was begun is a copy of the source as it is now. */
const isOf = (progress: Progress, source: Progress): boolean =>
  progress.installation === source.installation &&
  progress.boot === source.boot &&
  progress.schema === source.schema

/**
 * @returns what was done before, when this very move is over
 * @throws HubError E_CONFLICT for a target or a source that cannot be one
 */
function judge(state: TargetState, place: string, source: SourceFacts): MovedBefore | undefined {
  const mark = markIn(source.moved)
  const isHere = mark?.to === place
  const another =
    'A move needs a database in which nothing of Pombo is (tables of other programs are left alone): create one (createdb NAME), or, if nothing in this one is needed, drop it and create it again.'
  const conflict = (what: string) => new HubError('E_CONFLICT', `${what} ${another}`)
  switch (state.type) {
    case 'empty':
      break
    case 'begun':
      if (state.progress.installation !== source.installation)
        throw conflict(
          `A move of another installation (${state.progress.installation}) into ${place} has begun and not ended.`,
        )
      if (isHere && state.progress.compared) return undefined
      break
    case 'installed':
      if (state.installation !== source.installation)
        throw conflict(`${place} holds an installation already (${state.installation}).`)
      if (isHere) return { type: 'before', place, at: mark.at }
      throw conflict(`This installation lies in ${place} already, and hubs may have worked on it there.`)
    case 'rows':
      throw conflict(`${place} is not empty: its table ${state.table} has rows.`)
    case 'foreign':
      throw conflict(`${place} has a table ${state.table} that is not Pombo's, which needs one of that name.`)
    default:
      state satisfies never
  }
  if (mark) throw movedBefore(source)
  return undefined
}

function movedBefore({ path, moved }: SourceFacts): HubError {
  const mark = markIn(moved)
  const where = mark ? `, to ${mark.to} at ${timeText(mark.at)}` : ''
  return new HubError(
    'E_CONFLICT',
    `${path} was moved already${where}. To move it once more, take that back first: pombo migrate --reopen sqlite:${path}`,
  )
}

/**
 * The hub's tables: those that its migrations made on both sides. Others that somebody put into the file (a
 * replication tool, a person) are not the hub's.
 * @throws HubError E_STORE_OPEN for a column that would be lost
 */
async function tablesOfBoth(source: Source, target: Target): Promise<Table[]> {
  const there = await target.columns()
  const tables = source.tables().filter(({ name }) => there.has(name))
  for (const { name, columns } of tables) {
    const lost = columns.find((column) => !there.get(name)?.has(column.name))
    if (lost === undefined) continue
    throw new HubError(
      'E_STORE_OPEN',
      `The table ${name} of ${source.path} has a column ${lost.name} that Pombo did not make and ${target.place} has no place for. Drop that column, then run this again.`,
    )
  }
  return tables
}

async function copy(
  source: Source,
  target: Target,
  tables: readonly Table[],
  begun: Progress,
  total: number,
  { onProgress }: MoveOptions,
): Promise<Progress> {
  let progress = begun
  for (const [i, table] of tables.entries()) {
    if (progress.table !== table.name) continue
    for (let after = loadedKey(progress.after); ; ) {
      const rows = source.batch(table, after)
      const last = rows.at(-1)
      if (last === undefined) break
      after = table.key.map((name) => last[table.columns.findIndex((column) => column.name === name)]!)
      progress = { ...progress, after: storedKey(after), rows: progress.rows + rows.length }
      await target.add(
        table,
        rows.map((row) => row.map(canonical)),
        progress,
      )
      onProgress?.({ phase: 'copying', table: table.name, done: progress.rows, total })
    }
    const { after: _, table: __, ...rest } = progress
    const next = tables[i + 1]?.name
    progress = next === undefined ? rest : { ...rest, table: next }
    await target.note(progress)
  }
  return progress
}

/**
 * @param anew how far the move has come if both sides differ: nothing of it can be relied on
 * @throws HubError E_CONFLICT naming the table
 */
async function compare(
  source: Source,
  target: Target,
  tables: readonly Table[],
  anew: Progress,
  total: number,
  { onProgress }: MoveOptions,
): Promise<void> {
  let done = 0
  for (const table of tables) {
    const report = (rows: number) => {
      done += rows
      onProgress?.({ phase: 'comparing', table: table.name, done, total: 2 * total })
    }
    const [ours, theirs] = [await source.checksum(table, report), await target.checksum(table, report)]
    if (ours.rows === theirs.rows && ours.sum === theirs.sum) continue
    await target.note(anew)
    const found =
      ours.rows === theirs.rows
        ? `the same number of rows (${ours.rows}), but other contents`
        : `${ours.rows} rows in ${source.path} and ${theirs.rows} in ${target.place}`
    throw new HubError(
      'E_CONFLICT',
      `After the copy the table ${table.name} has ${found}: something else changed one of the databases meanwhile. Nothing was switched over. See to it that nobody uses either, then run this again: it copies everything anew.`,
      { details: { table: table.name } },
    )
  }
}
