import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { closest } from '../../core/closest.ts'
import { gateways } from '../../gateways/index.ts'
import { parseCommand, usage } from '../flags.ts'
import { fileSpec, pomboSpec } from '../init/origin.ts'
import { isPackageName, packageName, writeProject } from '../init/project.ts'
import type { Io } from '../io.ts'

const FLAGS = {
  gateway: { type: 'string' },
  name: { type: 'string' },
  pombo: { type: 'string' },
} as const

const NAMES = gateways.map(({ name }) => name)
/** Two folders up in the sources and in the build alike. */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** Writes a bot project with secrets of its own. On a terminal it asks for what no flag says; else never. */
export async function init(args: readonly string[], io: Io): Promise<number> {
  const { flags, words } = parseCommand('init', args, FLAGS, ['dir?'])
  const folder = resolve(io.cwd, words[0] ?? '.')
  const name = flags.name ?? packageName(folder) ?? 'my-bot'
  if (!isPackageName(name))
    throw usage('--name must be a package name: small letters, digits, "-", "_" and ".", as in shop-bot.')
  const gateway = readGateway(flags.gateway ?? (await askGateway(io)))
  const pombo = readSpec(flags.pombo, io.cwd, folder) ?? pomboSpec(ROOT, folder)

  const files = writeProject({ folder, gateway, name, pombo, secret })
  const here = relative(io.cwd, folder)
  const checkout = import.meta.url.endsWith('.ts') ? 'run npm pack in it and begin again, or ' : ''
  const byVersion = flags.pombo === undefined && /^\d/.test(pombo)
  io.out(
    [
      `${name} lies in ${here || 'this folder'}: ${files.join(', ')}.`,
      'Its secrets were made for it; they are in .env, which only you can read.',
      ...(byVersion
        ? [
            `It asks for pombo ${pombo} as published. Until it is, ${checkout}begin again with --pombo FILE, the tarball.`,
          ]
        : []),
      '',
      ...(here ? [`  cd ${here}`] : []),
      '  npm install',
      '  npm test        # the bot, without network and without waiting',
      '  npm start       # the bot on a simulated phone: open the page it names',
      '  npm run doctor  # before a real number: what is still wrong',
    ].join('\n'),
  )
  return 0
}

function readGateway(name: string): string {
  if (NAMES.includes(name)) return name
  const meant = closest(name, NAMES)
  throw usage(
    `There is no gateway "${name}". ${meant ? `Did you mean ${meant}?` : `There are ${NAMES.join(', ')}.`} See: pombo init --help`,
  )
}

/** A tarball is named as it lies from here; the project names it as it lies from there. */
function readSpec(spec: string | undefined, cwd: string, folder: string): string | undefined {
  if (spec === undefined || !/^[^:]+\.tgz$/.test(spec)) return spec
  const tarball = resolve(cwd, spec)
  if (!existsSync(tarball)) throw usage(`There is no file ${tarball}. Check --pombo.`)
  return fileSpec(tarball, folder)
}

async function askGateway(io: Io): Promise<string> {
  const [usual = ''] = NAMES
  const answer = await io.ask?.(`Which gateway: ${NAMES.join(' or ')}? [${usual}] `)
  return answer?.trim().toLowerCase() || usual
}

/** A token has the form of the gateway's own, so that the simulator's bodies look like real ones. */
const secret = (variable: string): string =>
  variable.endsWith('_TOKEN') ? randomUUID() : randomBytes(32).toString('hex')
