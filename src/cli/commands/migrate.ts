import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { database } from '../../config/rules.ts'
import { type DatabaseConfig, databaseName } from '../../core/config.ts'
import { loadHub, migrateStore } from '../../main.ts'
import { systemClock } from '../../platform/clock.ts'
import { createLogger } from '../../platform/log.ts'
import { secretsIn } from '../../platform/scrub.ts'
import { keyFileOf } from '../../platform/secret-box.ts'
import { timeText } from '../../storage/transfer/marks.ts'
import {
  type MovedBefore,
  moveInstallation,
  planMove,
  reopenInstallation,
} from '../../storage/transfer/move.ts'
import { environment } from '../environment.ts'
import { CONFIG_FLAGS, parseFlags, usage } from '../flags.ts'
import type { Io } from '../io.ts'
import { count, duration, progress } from '../progress.ts'

const FLAGS = {
  ...CONFIG_FLAGS,
  from: { type: 'string' },
  to: { type: 'string' },
  'dry-run': { type: 'boolean' },
  reopen: { type: 'string' },
} as const
const SQLITE_FORM = 'sqlite:PATH, as in sqlite:./data/pombo.db'
const POSTGRES_FORM = 'postgres://user:password@host:5432/name'
const HELP = 'See: pombo migrate --help'

/**
 * Brings the configured database up to date and says what was done; with `--from` moves an installation from a SQLite
 * file into a PostgreSQL database, with `--reopen` takes that back.
 */
export async function migrate(args: readonly string[], io: Io): Promise<number> {
  const flags = parseFlags('migrate', args, FLAGS)
  if (flags.reopen !== undefined) {
    if (flags.from !== undefined || flags.to !== undefined || flags['dry-run'])
      throw usage(`--reopen stands alone. ${HELP}`)
    return reopen(sqliteOf(flags.reopen, '--reopen', io), io)
  }
  if (flags.from !== undefined) {
    const path = sqliteOf(flags.from, '--from', io)
    const url = flags.to === undefined ? await configuredTarget(flags.config, io) : targetOf(flags.to)
    return flags['dry-run'] ? plan(path, url, io) : move(path, url, io)
  }
  if (flags.to !== undefined || flags['dry-run'])
    throw usage(`A move needs --from sqlite:PATH, the installation that is to be moved. ${HELP}`)
  return upgrade(flags.config, io)
}

async function upgrade(file: string | undefined, io: Io): Promise<number> {
  const { config } = await loadHub({ file, cwd: io.cwd, env: environment(io) })
  const log = createLogger({
    level: config.logLevel,
    human: io.human,
    colour: io.colour,
    secrets: secretsIn(config),
  })
  const name = databaseName(config.database)
  const { applied } = await migrateStore(config, { clock: systemClock, log })
  io.out(
    applied.length === 0
      ? `The database ${name} is up to date.`
      : `The database ${name} was brought up to date: ${applied.join(', ')}.`,
  )
  return 0
}

async function move(path: string, url: string, io: Io): Promise<number> {
  const begun = systemClock.monotonic()
  const show = progress(io, systemClock.monotonic)
  // A move can end at any moment, so it does at once; else nobody would know what becomes of the half of it.
  const heed = io.onSignal((signal) => {
    io.err('Stopped. Run the same command again: it goes on where it was.')
    io.exit(signal === 'SIGINT' ? 130 : 143)
  })
  const end = await moveInstallation({
    ...parts(url, io),
    path,
    url,
    onProgress: ({ table, ...report }) => show({ ...report, item: table }),
  }).finally(heed)
  if (end.type === 'before') return sayBefore(path, end, io)
  const seconds = (systemClock.monotonic() - begun) / 1000
  io.out(
    `Moved: ${count(end.rows)} rows of ${end.tables} tables lie in ${end.place} and were compared with ${path}, in ${duration(seconds)}.`,
  )
  if (end.held > 0)
    io.out(
      `${count(end.held)} unfinished sends are held for a person, because the file was an older copy put back.`,
    )
  if (end.unknown > 0)
    io.out(
      `${count(end.unknown)} sends were under way when the last hub ended; the next one asks the gateway about them.`,
    )
  if (end.sealed) {
    const file = keyFileOf(path)
    const key = existsSync(file) ? `the first line of ${file}` : 'the POMBO_SECRET_KEY it had'
    io.out(
      `The secrets of instances or servers made while the hub ran were moved sealed. Give every node ${key} as POMBO_SECRET_KEY, or they cannot be opened.`,
    )
  }
  io.out(`Now name that database in the configuration and start the hub. No hub opens ${path} any more.`)
  io.out(
    `Media were not moved: they stay where they are. Put their folder where all nodes see it, name it as media.folder, and mark it as this installation's: echo ${end.installation} > FOLDER/pombo-installation`,
  )
  return 0
}

async function plan(path: string, url: string, io: Io): Promise<number> {
  const seen = await planMove({ ...parts(url, io), path, url })
  if (seen.type === 'before') return sayBefore(path, seen, io)
  const { rows, place, begun } = seen
  const width = Math.max(...[...rows.keys()].map((name) => name.length)) + 2
  for (const [table, number] of rows) if (number > 0) io.out(`  ${table.padEnd(width)}${count(number)}`)
  const total = [...rows.values()].reduce((sum, number) => sum + number, 0)
  io.out(
    `${count(total)} rows would be moved from ${path} to ${place}, ${begun ? 'where a move has begun' : 'which holds nothing of Pombo'}. Nothing was changed.`,
  )
  return 0
}

function sayBefore(path: string, { place, at }: MovedBefore, io: Io): number {
  io.out(
    `${path} was moved to ${place} already, at ${timeText(at)}: nothing is left to do. Name that database in the configuration and start the hub.`,
  )
  return 0
}

async function reopen(path: string, io: Io): Promise<number> {
  const held = await reopenInstallation(path, systemClock)
  io.out(
    held === undefined
      ? `${path} was never moved, or that was taken back already: hubs open it, and nothing was changed.`
      : `Hubs open ${path} again. Its unfinished sends (${count(held)}) are held for a person, since the other database may have sent them.`,
  )
  return 0
}

const parts = (url: string, io: Io) => ({
  clock: systemClock,
  log: createLogger({ level: 'warn', human: io.human, colour: io.colour, secrets: [url] }),
})

const sqliteOf = (value: string, flag: string, io: Io): string => {
  const read = databaseOf(value, flag, `${flag} ${SQLITE_FORM}`)
  if (read.engine === 'sqlite') return resolve(io.cwd, read.path)
  throw usage(
    `${flag} names a PostgreSQL database; what is moved lies in a SQLite file, as in ${flag} sqlite:./data/pombo.db. ${HELP}`,
  )
}

function targetOf(value: string): string {
  const read = databaseOf(value, '--to', `--to ${POSTGRES_FORM}`)
  if (read.engine === 'postgres') return read.url
  throw usage(
    `--to names a SQLite file; an installation is moved to postgres://user:password@host:5432/name. ${HELP}`,
  )
}

/** So that no password stands in the command line, which other users of the machine see. */
async function configuredTarget(file: string | undefined, io: Io): Promise<string> {
  const { config } = await loadHub({ file, cwd: io.cwd, env: environment(io) })
  if (config.database.engine === 'postgres') return config.database.url
  throw usage(
    `The configuration names no PostgreSQL database. Write --to postgres://user:password@host:5432/name, or set POMBO_DATABASE_URL to it. ${HELP}`,
  )
}

/** @throws HubError E_USAGE that names what is wrong with a URL, and never the URL */
function databaseOf(value: string, flag: string, form: string): DatabaseConfig {
  const read = database.safeParse(value)
  if (read.success) return read.data
  const [issue] = read.error.issues
  // The rule for any database would offer both engines.
  const known = /^(sqlite|postgres(ql)?):/i.test(value) && issue?.code === 'custom'
  throw usage(`${flag} ${issue?.message}. ${known ? issue.params?.mend : `Write ${form}.`} ${HELP}`)
}
