import type { LoadedConfig } from '../../config.ts'
import type { HubConfig } from '../../core/config.ts'
import type { Handler } from '../../core/turn.ts'
import { compose, loadHub } from '../../main.ts'
import { systemClock } from '../../platform/clock.ts'
import { createLogger } from '../../platform/log.ts'
import { secretsIn } from '../../platform/scrub.ts'
import { environment, withoutPomboSettings } from '../environment.ts'
import { type Io, stopRequest } from '../io.ts'
import { createDemoBot } from './bot.ts'
import { READY } from './supervisor.ts'

/** How long (ms) a stop waits for what runs. */
const GRACE_MS = 2_000

export interface DemoHubOptions {
  config: string
  /** Where the simulator is. */
  home: string
  /** Configuration whose bot and features are tried, in place of the demo's own. */
  own?: string | undefined
}

/**
 * The hub's half of the demo, a process of its own so that it can be killed. It has no login, so it answers
 * under loopback names only. It ends on a signal, and when the supervisor is gone, however that went.
 */
export async function runDemoHub({ config: file, home, own }: DemoHubOptions, io: Io): Promise<number> {
  const supervisorGone = new Promise<void>((resolve) => process.once('disconnect', () => resolve()))
  const stopRequested = stopRequest(io, systemClock.monotonic)
  const scene = await loadHub({ file, cwd: io.cwd, env: { ...io.env } })
  const { config, bot } =
    own === undefined ? { ...scene, bot: undefined } : asConfigured(scene.config, await loadOwn(own, io))
  const log = createLogger({ level: config.logLevel, human: true, secrets: secretsIn(config) })
  const program = await compose({
    config,
    bot:
      own === undefined
        ? createDemoBot({ pictureUrl: new URL('/media/example.png', home).href }).handler
        : bot,
    overrides: {
      log,
      phone: new URL(home).origin,
      openAccess: true,
      hostCheck: ['127.0.0.1', 'localhost', '[::1]'],
      onFatal: () => io.exit(1),
    },
  })
  await program.start()
  process.send?.(READY)
  await Promise.race([stopRequested, supervisorGone])
  await program.stop(GRACE_MS)
  return 0
}

/**
 * Somebody's own configuration, without what its environment says of the real installation's port, database and
 * credentials.
 */
export const loadOwn = (file: string, io: Io): Promise<LoadedConfig> =>
  loadHub({ file, cwd: io.cwd, env: withoutPomboSettings(environment(io)) })

/** Numbers, database and port of the scene; bot, features and the numbers' tags of the configuration. */
function asConfigured(
  scene: HubConfig,
  { config, bot }: LoadedConfig,
): { config: HubConfig; bot: Handler | undefined } {
  const instances = scene.instances.map((number) => {
    const { tags, pacing } = config.instances.find(({ id }) => id === number.id) ?? number
    return { ...number, tags, pacing }
  })
  return { config: { ...scene, instances, features: config.features }, bot }
}
