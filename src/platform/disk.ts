import { statfs } from 'node:fs/promises'

/** Bytes that may still be written where a file or folder lies; undefined where that cannot be known. */
export async function freeBytes(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  } catch {
    return undefined
  }
}
