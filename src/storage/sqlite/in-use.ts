import { existsSync } from 'node:fs'
import { Connection } from './driver.ts'

/**
 * Whether a running hub has the database file: it holds a lock beside it for as long as it runs. Asked only where
 * that lies, so that nothing is made.
 */
export function isInUse(path: string): boolean {
  const file = `${path}.lock`
  if (!existsSync(file)) return false
  let lock: Connection | undefined
  try {
    lock = new Connection(file, { readOnly: false })
    lock.exec('pragma busy_timeout = 0; begin exclusive; rollback')
    return false
  } catch {
    return true
  } finally {
    lock?.close()
  }
}
