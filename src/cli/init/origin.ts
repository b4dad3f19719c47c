import { existsSync, readFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { z } from 'zod'

const lockfile = z.object({ packages: z.record(z.string(), z.object({ resolved: z.string().optional() })) })
const manifest = z.object({ version: z.string() })

/**
 * What a new project should ask for to get this very Pombo: the tarball it was installed from or packed into,
 * where there is one, else its version.
 * @param root folder of this Pombo @param folder of the new project
 */
export function pomboSpec(root: string, folder: string): string {
  const { version } = manifest.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')))
  const packed = join(root, `pombo-${version}.tgz`)
  const tarball = tarballOf(root) ?? (existsSync(packed) ? packed : undefined)
  return tarball === undefined ? version : fileSpec(tarball, folder)
}

/** A path of this machine is no use on another one, but until it is published it is the only way to the package. */
export const fileSpec = (tarball: string, folder: string): string =>
  `file:${relative(folder, tarball).split(sep).join('/')}`

/** npm notes where an installed package came from: `file:` and a path from the folder of `node_modules`. */
function tarballOf(root: string): string | undefined {
  const notes = resolve(root, '../.package-lock.json')
  if (!existsSync(notes)) return undefined
  const { success, data } = lockfile.safeParse(JSON.parse(readFileSync(notes, 'utf8')))
  const resolved = success ? data.packages['node_modules/pombo']?.resolved : undefined
  if (!resolved?.startsWith('file:')) return undefined
  const path = resolve(root, '../..', resolved.slice('file:'.length))
  return existsSync(path) ? path : undefined
}
