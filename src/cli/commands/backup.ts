import { resolve } from 'node:path'
import { loadHub } from '../../main.ts'
import { systemClock } from '../../platform/clock.ts'
import { backupSqlite } from '../../storage/sqlite/backup.ts'
import { environment } from '../environment.ts'
import { CONFIG_FLAGS, parseCommand, usage } from '../flags.ts'
import type { Io } from '../io.ts'
import { count } from '../progress.ts'

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
  const bytes = backupSqlite(config.database.path, file, systemClock.now())
  io.out(
    `${config.database.path} was copied to ${file} (${count(bytes / 1024)} KiB). Media and the configuration are not in it.`,
  )
  return 0
}
