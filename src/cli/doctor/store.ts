import { databaseName, type HubConfig } from '../../core/config.ts'
import { HubError } from '../../core/errors.ts'
import { inspectStore, type StoreInspection } from '../../main.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const STORE = { check: 'store' } as const
const MIB = 1024 * 1024
/** Below this the hub soon cannot commit, and then takes no delivery. */
const LITTLE_FREE = 100 * MIB
const MODEST_FREE = 1024 * MIB
/** Checkpoints keep it at a few megabytes; a larger one is one that nobody could fold in. */
const LARGE_WAL = 256 * MIB

/** @param inspect for tests */
export async function storeFindings(
  config: HubConfig,
  inspect: typeof inspectStore = inspectStore,
): Promise<Finding[]> {
  const path = databaseName(config.database)
  let seen: StoreInspection
  try {
    seen = await inspect(config)
  } catch (error) {
    const reason = error instanceof HubError ? error.message : String(error)
    return [fail(STORE, reason, 'Check path and rights; restore a backup if the file is damaged.')]
  }
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
  if (strangers.length > 0)
    findings.push(
      fail(
        STORE,
        `${path} was written by a newer Pombo (it knows ${strangers.join(', ')}), so the hub would not start.`,
        'Run that version again, or restore a backup made before the upgrade.',
      ),
    )
  else if (exists && missing.length > 0)
    findings.push(
      warn(
        STORE,
        `${path} is of an older version (it lacks ${missing.join(', ')}).`,
        'Run pombo migrate, or just start the hub: it does so itself.',
      ),
    )
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

function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1)
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}
