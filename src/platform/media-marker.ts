import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The file by which nodes know the media folder that they share. */
export const MARKER = 'pombo-installation'

/** The installation whose media lie in a folder; undefined when no node has marked it. */
export async function readMarker(folder: string): Promise<string | undefined> {
  try {
    return (await readFile(join(folder, MARKER), 'utf8')).trim()
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Marks a folder as an installation's, unless another node was faster. */
export async function writeMarker(folder: string, installation: string): Promise<void> {
  try {
    await writeFile(join(folder, MARKER), `${installation}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
