import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Io } from './io.ts'

/** The file in a build of the console that says of which sources it is. */
export const SOURCES_NOTE = '.sources'

/** What the build reads, from the root of a checkout. */
const SOURCES = ['console', 'src/features', 'scripts/console.ts', 'package-lock.json']
/** Of the features, only what they add to the console. */
const isSource = (path: string): boolean =>
  !/\.(test\.tsx?|md)$/.test(path) && (!path.startsWith('src/features/') || path.includes('/panel/'))

/** @returns what tells one state of the console's sources from another */
export async function consoleSources(root: string): Promise<string> {
  const paths: string[] = []
  for (const source of SOURCES) {
    const path = join(root, source)
    const inside = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined)
    if (inside === undefined) paths.push(path)
    else
      paths.push(
        ...inside.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)),
      )
  }
  const hash = createHash('sha256')
  for (const path of paths.sort()) {
    const name = relative(root, path)
    if (!isSource(name)) continue
    hash.update(`${name}\0`).update(await readFile(path))
  }
  return hash.digest('base64url')
}

/**
 * In a checkout, builds the console where it is missing or of other sources than those at hand, and says so.
 * Anywhere else it came with the package, and nothing is done. A build that fails leaves what was there: the
 * hub works without its pages.
 */
export async function ensureConsole(io: Io): Promise<void> {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const script = join(root, 'scripts/console.ts')
  if (!import.meta.url.endsWith('.ts') || !existsSync(script)) return
  const note = await readFile(join(root, 'dist/console', SOURCES_NOTE), 'utf8').catch(() => undefined)
  if (note !== undefined && note === (await consoleSources(root))) return
  io.err(note === undefined ? 'Building the console, once …' : 'The console has changed; building it …')
  const begun = performance.now()
  const said = await run(process.execPath, [script], root)
  if (said === undefined) io.err(`Built in ${((performance.now() - begun) / 1000).toFixed(1)} s.`)
  else io.err(`The console could not be built; everything else works. npm run build says more:\n${said}`)
}

/** @returns what it said when it failed; undefined when it did not */
function run(command: string, args: readonly string[], cwd: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    const said: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk))
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code) => resolve(code === 0 ? undefined : Buffer.concat(said).toString('utf8').trim()))
  })
}
