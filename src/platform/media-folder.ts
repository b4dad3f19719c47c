import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { MediaStore, ReceivedMedia } from '../core/media.ts'

/** How many of the first bytes are kept to tell what a file is. */
const HEAD_BYTES = 4_096
const HASH = /^[0-9a-f]{64}$/

/** Where a hash lies: 256 folders keep each of them small. */
export const mediaPath = (hash: string): string => {
  if (!HASH.test(hash)) throw new Error('not a sha256 in hex')
  return `${hash.slice(0, 2)}/${hash.slice(2)}`
}

/** A file of its own, written down to the disk, and what it is called by its bytes. */
export interface Spooled extends Omit<ReceivedMedia, 'keep'> {
  readonly path: string
}

/** Takes bytes into a file of their own below `folder`, whole or not at all. Rejects with what `chunks` throws. */
export async function spool(folder: string, chunks: AsyncIterable<Uint8Array>): Promise<Spooled> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, randomUUID())
  const file = await open(path, 'wx', 0o600)
  const hash = createHash('sha256')
  const head: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of chunks) {
      if (bytes < HEAD_BYTES) head.push(chunk.slice(0, HEAD_BYTES - bytes))
      hash.update(chunk)
      bytes += chunk.length
      await file.appendFile(chunk)
    }
    await file.sync()
    await file.close()
  } catch (error) {
    await file.close().catch(() => {})
    await rm(path, { force: true })
    throw error
  }
  return {
    path,
    hash: hash.digest('hex'),
    bytes,
    head: Buffer.concat(head),
    drop: () => rm(path, { force: true }),
  }
}

const SPOOLED = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/**
 * Ends what a crash left half-written. Anybody else's files stay: the folder is the owner's to choose.
 * @param writtenBefore only what was last written to before then (ms since 1970): in a folder that nodes share,
 * the others are receiving. Default: all of it
 */
export async function emptySpool(folder: string, writtenBefore = Number.POSITIVE_INFINITY): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter((name) => SPOOLED.test(name))) {
    const path = join(folder, name)
    // Another node may be through with it by now.
    const stats = await stat(path).catch(() => undefined)
    if (stats && stats.mtimeMs < writtenBefore) await rm(path, { force: true })
  }
}

/**
 * A {@link MediaStore} in a folder: `<folder>/ab/cdef…` by the sha256 of the bytes. A file appears by a rename,
 * so one that is there is whole.
 * @param options `spoolBefore`: see {@link emptySpool}
 */
export async function openMediaFolder(
  folder: string,
  { spoolBefore }: { spoolBefore?: number } = {},
): Promise<MediaStore> {
  const aside = join(folder, 'incoming')
  await mkdir(aside, { recursive: true, mode: 0o700 })
  await emptySpool(aside, spoolBefore)
  const pathOf = (hash: string) => join(folder, mediaPath(hash))
  return {
    async receive(chunks) {
      const { path, ...spooled } = await spool(aside, chunks)
      return {
        ...spooled,
        async keep() {
          const place = pathOf(spooled.hash)
          if (await exists(place)) return spooled.drop()
          const parent = dirname(place)
          const made = await mkdir(parent, { recursive: true, mode: 0o700 })
          await rename(path, place)
          await syncFolder(parent)
          if (made !== undefined) await syncFolder(folder)
        },
      }
    },
    async open(hash) {
      const place = pathOf(hash)
      return (await exists(place)) ? createReadStream(place) : undefined
    },
    remove: (hash) => rm(pathOf(hash), { force: true }),
  }
}

/** A name outlives a power cut only once its folder is on the disk, too. Windows has no such thing. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
