/**
 * `node scripts/lockfile.ts`: completes package-lock.json after `npm install`.
 *
 * Tools bring their binaries as optional packages, one per platform. A registry that does not serve those of
 * other platforms makes npm leave them out of the lockfile, and `npm ci` then refuses that very lockfile.
 * This adds each with the version its tool asks for, marked for its platform, so that it is neither fetched
 * nor missed. It also makes sure that no entry names a registry.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Entry {
  version?: string
  resolved?: string
  dev?: boolean
  optional?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
}
export interface Lockfile {
  packages: Record<string, Entry>
}

const SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
]
const PROCESSORS = [
  'arm',
  'arm64',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
]

/** Optional packages somebody asks for that the lockfile does not hold, as entries it could hold. */
export function missingPlatforms({ packages }: Lockfile): Map<string, Entry> {
  const missing = new Map<string, Entry>()
  for (const [path, { optionalDependencies, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies ?? {})) {
      if (!isHeld(packages, path, name))
        missing.set(`node_modules/${name}`, {
          version,
          ...(dev ? { dev } : {}),
          optional: true,
          ...platform(name),
        })
    }
  }
  return missing
}

/** As Node looks for a package: in the folder of whoever asks, then in each folder above. */
function isHeld(packages: Lockfile['packages'], from: string, name: string): boolean {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    if (`${folder === '' ? '' : `${folder}/`}node_modules/${name}` in packages) return true
    if (folder === '') return false
  }
}

function platform(name: string): Pick<Entry, 'os' | 'cpu' | 'libc'> {
  const words = name.replace(/^.*\//, '').split('-')
  const os = words.filter((word) => SYSTEMS.includes(word))
  const cpu = words.filter((word) => PROCESSORS.includes(word))
  const musl = words.some((word) => word.startsWith('musl'))
  const gnu = words.some((word) => word.startsWith('gnu'))
  return {
    ...(os.length > 0 ? { os } : {}),
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(musl ? { libc: ['musl'] } : gnu ? { libc: ['glibc'] } : {}),
  }
}

/** Entries that say where they came from. */
export const resolvedEntries = ({ packages }: Lockfile): string[] =>
  Object.entries(packages)
    .filter(([, entry]) => entry.resolved !== undefined)
    .map(([path]) => path)

if (import.meta.main) {
  const file = join(import.meta.dirname, '..', 'package-lock.json')
  const lockfile = JSON.parse(readFileSync(file, 'utf8')) as Lockfile
  const missing = missingPlatforms(lockfile)
  for (const path of resolvedEntries(lockfile)) delete lockfile.packages[path]?.resolved
  const packages = Object.entries({ ...lockfile.packages, ...Object.fromEntries(missing) })
  packages.sort(([a], [b]) => (a < b ? -1 : 1))
  writeFileSync(
    file,
    `${JSON.stringify({ ...lockfile, packages: Object.fromEntries(packages) }, undefined, 2)}\n`,
  )
  console.log(`package-lock.json: ${missing.size} added`)
}
