import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { HubError } from '../../core/errors.ts'
import { loadHub } from '../../main.ts'
import { systemClock } from '../../platform/clock.ts'
import { createLogger } from '../../platform/log.ts'
import { backupSqlite } from '../../storage/sqlite/backup.ts'
import { moveFault } from '../../storage/transfer/fault.ts'
import { environment } from '../environment.ts'
import { CONFIG_FLAGS, parseCommand, usage } from '../flags.ts'
import type { Io } from '../io.ts'
import { count } from '../progress.ts'

const BACKUP_MOVED = 'Back up that database instead: docs/backup.md.'

/** Copies the SQLite database of the configuration into a file, also while the hub runs. */
export async function backup(args: readonly string[], io: Io): Promise<number> {
  const { flags, words } = parseCommand('backup', args, CONFIG_FLAGS, ['file'])
  const { config } = await loadHub({ file: flags.config, cwd: io.cwd, env: environment(io) })
  if (config.database.engine !== 'sqlite') {
    throw usage(
      'A PostgreSQL database is backed up with its own tools: pg_dump, or base backups. docs/backup.md says how.',
    )
  }
  const file = resolve(io.cwd, words[0])
  // A folder that is not there is most often a disk that is not mounted: made here, it would fill another one.
  if (!statSync(dirname(file), { throwIfNoEntry: false })?.isDirectory()) {
    throw new HubError(
      'E_FILE',
      `There is no folder ${dirname(file)}, so nothing was copied. Mount the disk that it lies on, make the folder (mkdir -p), or name a file elsewhere.`,
    )
  }
  const bytes = backupSqlite(config.database.path, file, systemClock.now())
  io.out(
    `${config.database.path} was copied to ${file} (${count(bytes / 1024)} KiB). Media and the configuration are not in it.`,
  )
  const moved = await moveFault(config.database, {
    clock: systemClock,
    log: createLogger({ level: 'silent' }),
  })
  if (moved) io.err(`Beware: this is not where the hub works now. ${moved.problem} ${BACKUP_MOVED}`)
  return 0
}
