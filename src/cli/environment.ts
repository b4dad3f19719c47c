import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadEnvFile } from 'node:process'
import { parseEnv } from 'node:util'
import type { Io } from './io.ts'

/**
 * The environment, with what the file `.env` of the current folder adds to it. What is set already goes first.
 * For commands of an installation; the demo, which must never meet one, does not read it.
 */
export function environment(io: Io): Io['env'] {
  const file = join(io.cwd, '.env')
  if (!existsSync(file)) return io.env
  // A bot may read a setting of its own from the process.
  if (io.env === process.env) {
    loadEnvFile(file)
    return io.env
  }
  return { ...parseEnv(readFileSync(file, 'utf8')), ...io.env }
}

/** The demo must never meet the database or the password of a real installation. */
export const withoutPomboSettings = (env: Io['env']): Io['env'] =>
  Object.fromEntries(Object.entries(env).filter(([name]) => name !== 'PORT' && !name.startsWith('POMBO_')))
