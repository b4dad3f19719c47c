import { existsSync, readdirSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { closest } from '../core/closest.ts'
import { HubError } from '../core/errors.ts'
import { ENVIRONMENT, type Faults, isPlainObject, type Path } from './faults.ts'

const FILES = ['pombo.config.ts', 'pombo.config.js', 'pombo.config.mjs', 'pombo.config.json']
const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json']

/** The configuration as somebody wrote it, and where it comes from. */
export interface Source {
  name: string
  /** True for a program, which can hold functions. */
  program: boolean
  value: unknown
}

/**
 * Reads the configuration file: the one named, or the one that lies in `cwd`, or none.
 * @throws HubError E_CONFIG_FILE when it cannot be found, read or understood, or when several lie there
 */
export async function readSource(file: string | undefined, cwd: string): Promise<Source> {
  const path = file === undefined ? findFile(cwd) : resolve(cwd, file)
  if (path === undefined) return { name: ENVIRONMENT, program: false, value: {} }
  const name = file ?? basename(path)
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) {
    throw new HubError(
      'E_CONFIG_FILE',
      `There is no file ${path}. ${nearTo(name, path) ?? `Check --config, or leave it out to use ${FILES[0]}.`}`,
    )
  }
  if (!stats.isFile() || !EXTENSIONS.includes(extname(path))) {
    throw new HubError('E_CONFIG_FILE', `${name} is no file that ends in ${EXTENSIONS.join(', ')}.`)
  }
  const program = extname(path) !== '.json'
  const value = program ? await importDefault(path, name) : parseJson(await readText(path, name), name)
  if (!isPlainObject(value)) {
    const what = program ? 'export an object: `export default defineHub({ … })`' : 'hold an object: { … }'
    throw new HubError('E_CONFIG_FILE', `${name} must ${what}.`)
  }
  return { name, program, value }
}

/** The file of that folder that was probably meant: one with nearly that name, or the only configuration. */
function nearTo(name: string, path: string): string | undefined {
  const folder = dirname(path)
  if (!existsSync(folder)) return `There is no folder ${folder} either.`
  const files = readdirSync(folder).filter((file) => EXTENSIONS.includes(extname(file)))
  const [known, ...more] = FILES.filter((file) => files.includes(file))
  const meant = closest(basename(path), files) ?? (more.length === 0 ? known : undefined)
  return meant === undefined ? undefined : `Did you mean ${join(dirname(name), meant)}, which is there?`
}

function findFile(cwd: string): string | undefined {
  const found = FILES.filter((name) => existsSync(resolve(cwd, name)))
  if (found.length > 1) {
    throw new HubError(
      'E_CONFIG_FILE',
      `There are several configuration files: ${found.join(', ')}. Keep one, or choose with --config FILE.`,
    )
  }
  return found[0] === undefined ? undefined : resolve(cwd, found[0])
}

async function readText(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw new HubError(
      'E_CONFIG_FILE',
      `${name} cannot be read${code}. Check that it is a file and may be read.`,
      { cause },
    )
  }
}

async function importDefault(path: string, name: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(path).href)) as { default?: unknown }
    return module.default
  } catch (cause) {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
    // What `npm init` writes makes every .ts and .js of a project a CommonJS one.
    const mend = reason.includes('outside a module')
      ? '. Write "type": "module" into the package.json of its folder: npm pkg set type=module'
      : ''
    throw new HubError('E_CONFIG_FILE', `${name} fails when it is run. ${reason}${mend}`, { cause })
  }
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new HubError('E_CONFIG_FILE', `${name} is not valid JSON: ${jsonFault(text, String(error))}.`)
  }
}

/** V8 quotes the surroundings of a fault, which may be a secret; this says what and where without them. */
function jsonFault(text: string, message: string): string {
  const [, where] = /\((line \d+ column \d+)\)/.exec(message) ?? []
  const what =
    /^SyntaxError: (.*?)(?: in JSON at position|, (?:\.\.\.)?"|$)/s.exec(message)?.[1] ?? 'it has a fault'
  if (where !== undefined) return `${what} at ${where}`
  const [, dots, quoted = ''] = /, (\.\.\.)?"(.*)"(?:\.\.\.)? is not valid JSON$/s.exec(message) ?? []
  // The faulty sign stands ten signs into a quotation that begins in the middle.
  const at = quoted === '' || dots === undefined ? -1 : text.indexOf(quoted)
  return at < 0 ? what : `${what} near line ${text.slice(0, at + 10).split('\n').length}`
}

/**
 * A copy in which every `{ "env": "NAME" }` is replaced by that variable's value. One that is unset or empty
 * is a fault and is left out.
 */
export function resolveEnv(
  value: unknown,
  env: Readonly<Record<string, string | undefined>>,
  faults: Faults,
  path: Path = [],
): unknown {
  if (Array.isArray(value)) return value.map((item, index) => resolveEnv(item, env, faults, [...path, index]))
  if (!isPlainObject(value)) return value
  const variable = value.env
  if (typeof variable === 'string' && Object.keys(value).length === 1) {
    const found = env[variable]
    if (!found) faults.unset(path, variable, found === '')
    return found || undefined
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, resolveEnv(field, env, faults, [...path, key])]),
  )
}
