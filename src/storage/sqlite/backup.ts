import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { HubError } from '../../core/errors.ts'
import { Connection } from './driver.ts'

/** In the `meta` of a backup: whoever opens it goes on from an older state, wherever it was put. */
export const COPIED = 'copied'

/**
 * Writes a whole, consistent copy of a database file to another, also while a hub runs on it; reads do not hold it up.
 * The file appears once it is complete and on the disk.
 * @returns its size in bytes
 * @throws HubError E_STORE_OPEN without a database, E_FILE_EXISTS, E_FILE when the copy cannot be written
 */
export function backupSqlite(path: string, file: string, now: number): number {
  if (!existsSync(path))
    throw new HubError(
      'E_STORE_OPEN',
      `There is no database ${path}. Name the configuration of the hub: --config.`,
    )
  if (existsSync(file))
    throw new HubError(
      'E_FILE_EXISTS',
      `${file} exists already, and nothing is overwritten. Name another file.`,
    )
  const part = `${file}.part`
  try {
    for (const end of ['', '-journal']) rmSync(`${part}${end}`, { force: true })
    const source = new Connection(path, { readOnly: true })
    try {
      source.prepare('vacuum into ?').run([part])
    } finally {
      source.close()
    }
    const copy = new Connection(part, { readOnly: false })
    try {
      copy
        .prepare(
          'insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value',
        )
        .run([COPIED, String(now)])
    } finally {
      copy.close()
    }
    // SQLite does not wait for the disk here.
    const handle = openSync(part, 'r+')
    fsyncSync(handle)
    closeSync(handle)
    renameSync(part, file)
    return statSync(file).size
  } catch (cause) {
    rmSync(part, { force: true })
    throw new HubError(
      'E_FILE',
      `The backup ${file} could not be written: ${(cause as Error).message}. Check that ${path} is a Pombo database, and rights and room where the backup goes.`,
      { cause },
    )
  }
}
