import type { Access } from '../../access/index.ts'
import { closest } from '../../core/closest.ts'
import { databaseName } from '../../core/config.ts'
import type { Logger } from '../../core/ports.ts'
import { ROLES, type Role } from '../../core/store.ts'
import { compose, loadHub } from '../../main.ts'
import { systemClock } from '../../platform/clock.ts'
import { createLogger } from '../../platform/log.ts'
import { secretsIn } from '../../platform/scrub.ts'
import { ensureConsole } from '../console-build.ts'
import { environment } from '../environment.ts'
import { CONFIG_FLAGS, parseFlags, usage } from '../flags.ts'
import { type Io, stopRequest } from '../io.ts'
import { ownerLinkLines } from '../owner-link.ts'

/** How long (ms) a stop waits for what runs; supervisors commonly kill after ten seconds. */
const GRACE_MS = 8000

const FLAGS = { ...CONFIG_FLAGS, role: { type: 'string' } } as const

/** Runs the hub until a signal asks it to stop; then takes nothing new, finishes what runs and ends with 0. */
export async function serve(args: readonly string[], io: Io): Promise<number> {
  const flags = parseFlags('serve', args, FLAGS)
  const roles = rolesOf(flags.role ?? 'all')
  const stopRequested = stopRequest(io, systemClock.monotonic)

  const loaded = await loadHub({ file: flags.config, cwd: io.cwd, env: environment(io) })
  const { config, bot, source, warnings } = loaded
  const log = createLogger({
    level: config.logLevel,
    human: io.human,
    colour: io.colour,
    secrets: secretsIn(config),
  })
  io.onStray((err) =>
    log.error(
      { err },
      'a promise failed with nobody to hear it; a handler probably does not await something',
    ),
  )
  const program = await compose({ config, bot, overrides: { log, roles, onFatal: () => io.exit(1) } })
  // Not before the store is open: a start that is refused should say nothing but why.
  for (const warning of warnings) log.warn({ warning }, 'the configuration works, but should not stay so')
  const { url } = await program.start()
  const parts = [`configuration: ${source}`, `database: ${databaseName(config.database)}`]
  if (roles.length < ROLES.length) parts.push(`role: ${roles.join(', ')}`)
  // Not awaited: gateways are served whether or not somebody looks.
  void ensureConsole(io)
  io.out(`Pombo listens on ${url} (${parts.join(', ')})`)
  if (roles.includes('ingest')) await offerOwnerLink(program.access, config.publicUrl ?? url, io, log)

  const signal = await stopRequested
  log.info({ signal }, 'stopping: nothing new is taken, what runs is finished')
  await program.stop(GRACE_MS)
  log.info({}, 'stopped')
  return 0
}

/**
 * Nobody can sign in yet: whoever reads along at the terminal becomes the first owner. The link goes to nobody else,
 * neither to a file nor to what collects logs.
 */
async function offerOwnerLink(access: Access, hub: string, io: Io, log: Logger): Promise<void> {
  if (!io.human) {
    if (!(await access.people.hasOwner()))
      log.warn({}, 'this hub has no owner yet: "pombo owner link" prints a link that makes the first one')
    return
  }
  const made = await access.people.ownerLink()
  if (made) for (const line of ownerLinkLines(hub, made)) io.err(line)
}

/** `all`, one role, or several with commas between. @throws HubError E_USAGE */
function rolesOf(text: string): readonly Role[] {
  const names = text.split(',').map((name) => name.trim())
  const known: readonly string[] = ['all', ...ROLES]
  const how = `Write ${known.join(', ')}, or several with commas between. See: pombo serve --help`
  if (names.includes('')) throw usage(`--role names nothing before or after a comma. ${how}`)
  const wrong = names.find((name) => !known.includes(name))
  if (wrong !== undefined) {
    const meant = closest(wrong, known)
    throw usage(`There is no role "${wrong}". ${meant ? `Did you mean "${meant}"? ` : ''}${how}`)
  }
  if (names.includes('all') && names.length > 1)
    throw usage(`--role all is every role already, so nothing stands beside it. ${how}`)
  return names.includes('all') ? ROLES : ROLES.filter((role) => names.includes(role))
}
