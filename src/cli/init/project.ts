import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { HubError } from '../../core/errors.ts'

/** Beside `src` in the sources and beside `dist` in the package. */
const TEMPLATES = new URL('../../../templates/bot/', import.meta.url)

export interface ProjectOptions {
  /** Absolute. Made if needed. */
  folder: string
  gateway: string
  /** Name of the package. */
  name: string
  /** What the package asks for as `pombo`. */
  pombo: string
  /** A secret of its own for each variable. */
  secret(variable: string): string
}

/**
 * Writes a project, all of it or nothing.
 * @returns the files' names
 * @throws HubError E_FILE_EXISTS naming every file that lies there already; E_FILE when the folder cannot be written
 */
export function writeProject(options: ProjectOptions): string[] {
  const { folder } = options
  const files = projectFiles(options)
  const present = Object.keys(files).filter((name) => existsSync(join(folder, name)))
  if (present.length > 0)
    throw new HubError(
      'E_FILE_EXISTS',
      `${folder} holds ${present.join(', ')} already, and nothing is overwritten. Name another folder, or move ${present.length === 1 ? 'it' : 'them'} away.`,
    )
  try {
    mkdirSync(folder, { recursive: true })
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(folder, name), text, { flag: 'wx', mode: name === '.env' ? 0o600 : 0o644 })
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown fault'
    throw new HubError(
      'E_FILE',
      `${folder} cannot be written (${code}). Name a folder that this user may write.`,
      {
        cause,
      },
    )
  }
  return Object.keys(files)
}

function projectFiles({ gateway, name, pombo, secret }: ProjectOptions): Record<string, string> {
  const example = template(`env.${gateway}.example`)
  return {
    'package.json': manifest(name, pombo),
    'tsconfig.json': template('tsconfig.template.json'),
    'pombo.config.ts': template(`pombo.config.${gateway}.ts`),
    'bot.ts': template('bot.ts'),
    'bot.test.ts': template('bot.test.ts'),
    '.env': example
      .replace(/^# What only .*$/m, '# What only this installation knows. Never put it into a repository.')
      .replaceAll(/^(\w+)=$/gm, (_, variable: string) => `${variable}=${secret(variable)}`),
    '.env.example': example,
    // Under its own name npm would obey it instead of packing it.
    '.gitignore': template('gitignore'),
    'README.md': template('README.md').replaceAll('{{name}}', () => name),
  }
}

const template = (file: string): string => readFileSync(new URL(file, TEMPLATES), 'utf8')

function manifest(name: string, pombo: string): string {
  const { dependencies: _pombo, ...rest } = JSON.parse(template('package.template.json')) as object & {
    dependencies: unknown
  }
  const { devDependencies, ...first } = rest as typeof rest & { devDependencies: unknown }
  return `${JSON.stringify({ ...first, name, dependencies: { pombo }, devDependencies }, undefined, 2)}\n`
}

/** A folder's name as a package may be called; undefined when nothing of it can stay. */
export function packageName(folder: string): string | undefined {
  const name = basename(folder)
    .normalize('NFD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[._-]+|[._-]+$/g, '')
  return name === '' ? undefined : name
}

/** What npm takes as the name of a new package. */
export const isPackageName = (name: string): boolean =>
  name.length <= 214 && /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(name)
