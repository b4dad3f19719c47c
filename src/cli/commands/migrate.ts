import { databaseName } from '../../core/config.ts'
import { loadHub, migrateStore } from '../../main.ts'
import { systemClock } from '../../platform/clock.ts'
import { createLogger } from '../../platform/log.ts'
import { secretsIn } from '../../platform/scrub.ts'
import { environment } from '../environment.ts'
import { CONFIG_FLAGS, parseFlags } from '../flags.ts'
import type { Io } from '../io.ts'

/** Brings the configured database up to date and says what was done. */
export async function migrate(args: readonly string[], io: Io): Promise<number> {
  const flags = parseFlags('migrate', args, CONFIG_FLAGS)
  const { config } = await loadHub({ file: flags.config, cwd: io.cwd, env: environment(io) })
  const log = createLogger({
    level: config.logLevel,
    human: io.human,
    colour: io.colour,
    secrets: secretsIn(config),
  })
  const name = databaseName(config.database)
  const { applied } = await migrateStore(config, { clock: systemClock, log })
  io.out(
    applied.length === 0
      ? `The database ${name} is up to date.`
      : `The database ${name} was brought up to date: ${applied.join(', ')}.`,
  )
  return 0
}
