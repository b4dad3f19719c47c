import { databaseName, type HubConfig } from '../../core/config.ts'
import { HubError } from '../../core/errors.ts'
import type { Clock, Logger } from '../../core/ports.ts'
import { inspectStore, type StoreInspection } from '../../main.ts'
import { OLDEST_SERVER, SKEW_TOLD_MS } from '../../storage/postgres/server.ts'
import { moveFault } from '../../storage/transfer/fault.ts'
import type { MoveFault } from '../../storage/transfer/marks.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const STORE = { check: 'store' } as const
const MIB = 1024 * 1024
/** Below this the hub soon cannot commit, and then takes no delivery. */
const LITTLE_FREE = 100 * MIB
const MODEST_FREE = 1024 * MIB
/** Checkpoints keep it at a few megabytes; a larger one is one that nobody could fold in. */
const LARGE_WAL = 256 * MIB

/** What a start would see: the database, and what a move has left of it. */
export type StoreSight = StoreInspection & { move?: MoveFault | undefined }

async function look(
  config: Pick<HubConfig, 'database'>,
  parts: { clock: Clock; log: Logger },
): Promise<StoreSight> {
  const seen = await inspectStore(config, parts)
  const isThere = seen.engine === 'postgres' || seen.exists
  return { ...seen, ...(isThere && { move: await moveFault(config.database, parts) }) }
}

/** @param inspect for tests */
export async function storeFindings(
  config: Pick<HubConfig, 'database'>,
  parts: { clock: Clock; log: Logger },
  inspect: typeof look = look,
): Promise<Finding[]> {
  const name = databaseName(config.database)
  try {
    const seen = await inspect(config, parts)
    if (seen.move) return [fail(STORE, seen.move.problem, seen.move.mend)]
    return seen.engine === 'sqlite' ? sqliteFindings(name, seen) : postgresFindings(name, seen)
  } catch (error) {
    if (!(error instanceof HubError)) return [fail(STORE, String(error), FILE_CURE)]
    return [fail(STORE, error.message, config.database.engine === 'sqlite' ? FILE_CURE : SERVER_CURE)]
  }
}
const FILE_CURE = 'Check path and rights; restore a backup if the file is damaged.'
const SERVER_CURE = 'Mend what the message names in the URL or on the server, then ask again.'

function sqliteFindings(path: string, seen: Extract<StoreInspection, { engine: 'sqlite' }>): Finding[] {
  const { exists, inUse, bytes, walBytes, freeBytes, writable, missing, strangers } = seen
  const findings: Finding[] = []
  if (!writable)
    findings.push(
      fail(
        STORE,
        `${path} or its folder cannot be written by this user.`,
        'Give the user of the hub the right to write there.',
      ),
    )
  findings.push(...versionFindings(path, exists ? missing : [], strangers))
  if (walBytes > LARGE_WAL)
    findings.push(
      warn(
        STORE,
        `Its log of commits has grown to ${size(walBytes)}: something keeps it from being folded into the database.`,
        'Close programs that have the database open for long (a browser for SQLite, a backup), then restart the hub.',
      ),
    )
  if (freeBytes < LITTLE_FREE)
    findings.push(
      fail(
        STORE,
        `Only ${size(freeBytes)} are free on its disk: soon no delivery can be kept.`,
        'Make room, or move the database.',
      ),
    )
  else if (freeBytes < MODEST_FREE)
    findings.push(
      warn(STORE, `Only ${size(freeBytes)} are free on its disk.`, 'Make room before it is full.'),
    )
  if (!exists) findings.push(ok(STORE, `${path} will be made at the first start (${size(freeBytes)} free).`))
  else if (findings.every(({ level }) => level !== 'fail'))
    findings.unshift(
      ok(
        STORE,
        `${path}: opens, ${inUse ? 'in use by a running hub' : 'used by nobody now'}, ${size(bytes)}, log of commits ${size(walBytes)}, ${size(freeBytes)} free.`,
      ),
    )
  return findings
}

/** On what servers the hub runs at all is the store's to say; this says it before the hub is started. */
function postgresFindings(name: string, seen: Extract<StoreInspection, { engine: 'postgres' }>): Finding[] {
  const { version, standby, encoding, fsync, mayCreate, missing, strangers, connections, aheadMs } = seen
  const findings: Finding[] = []
  const release = version < 100_000 ? String(version) : `${Math.floor(version / 10_000)}.${version % 10_000}`
  if (version < OLDEST_SERVER)
    findings.push(
      fail(STORE, `The server is PostgreSQL ${release}; the hub needs 14 or newer.`, 'Upgrade the server.'),
    )
  if (standby)
    findings.push(
      fail(STORE, `${name} is a standby, which takes no writes.`, 'Name the primary in the database URL.'),
    )
  if (encoding !== 'UTF8')
    findings.push(
      fail(
        STORE,
        `${name} is encoded in ${encoding}; people write in all alphabets.`,
        'Create it anew: createdb --encoding=UTF8 --template=template0 NAME',
      ),
    )
  if (!fsync)
    findings.push(
      warn(
        STORE,
        'The server runs with fsync = off: a power cut loses what was acknowledged, or the whole database.',
        'Set fsync = on in postgresql.conf.',
      ),
    )
  if (!mayCreate)
    findings.push(
      (missing.length > 0 ? fail : warn)(
        STORE,
        `This user may not make tables in ${name}${missing.length > 0 ? ', and the hub needs some' : '; the next upgrade will need to'}.`,
        'Make the user the owner of the database, or: grant create on schema public to USER',
      ),
    )
  const isEmpty = missing.some((migration) => migration.startsWith('0001_'))
  findings.push(...versionFindings(name, isEmpty ? [] : missing, strangers))
  const free = connections.most - connections.used
  if (free <= seen.poolSize)
    findings.push(
      warn(
        STORE,
        `The server has ${free} of ${connections.most} connections left, and each node takes up to ${seen.poolSize + 1}.`,
        'Raise max_connections on the server, or lower pool in the database URL.',
      ),
    )
  if (Math.abs(aheadMs) > SKEW_TOLD_MS)
    findings.push(
      warn(
        { check: 'clock' },
        `The clock of this machine is ${duration(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} the database’s. The hub goes by the database.`,
        'Set the clocks of both by NTP.',
      ),
    )
  if (findings.some(({ level }) => level === 'fail')) return findings
  const facts = [
    `PostgreSQL ${release}`,
    isEmpty ? 'empty: the first start makes its tables' : size(seen.bytes),
    `${connections.used} of ${connections.most} connections in use`,
  ]
  if (seen.synchronousCommit === 'off') facts.push('synchronous_commit is off, but not for the hub')
  if (seen.pooled)
    facts.push(
      'behind a connection pooler, so nodes are not told of each other’s work and look for it every second',
    )
  return [ok(STORE, `${name}: answers, ${facts.join(', ')}.`), ...findings]
}

function versionFindings(name: string, missing: readonly string[], strangers: readonly string[]): Finding[] {
  if (strangers.length > 0)
    return [
      fail(
        STORE,
        `${name} was written by a newer Pombo (it knows ${strangers.join(', ')}), so the hub would not start.`,
        'Run that version again, or restore a backup made before the upgrade.',
      ),
    ]
  if (missing.length === 0) return []
  return [
    warn(
      STORE,
      `${name} is of an older version (it lacks ${missing.join(', ')}).`,
      'Run pombo migrate, or just start the hub: it does so itself.',
    ),
  ]
}

const duration = (ms: number): string =>
  ms < 120_000 ? `${Math.round(ms / 1000)} seconds` : `${Math.round(ms / 60_000)} minutes`

function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1)
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}
