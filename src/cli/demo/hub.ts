import { compose, loadHub } from '../../main.ts'
import { systemClock } from '../../platform/clock.ts'
import { createLogger } from '../../platform/log.ts'
import { secretsIn } from '../../platform/scrub.ts'
import { type Io, stopRequest } from '../io.ts'
import { createDemoBot } from './bot.ts'
import { READY } from './supervisor.ts'

/** How long (ms) a stop waits for what runs. */
const GRACE_MS = 2_000

export interface DemoHubOptions {
  config: string
  /** Where the phone page is; `/` leads there. */
  home: string
}

/**
 * The hub's half of the demo, a process of its own so that it can be killed. It has no login, so it answers
 * under loopback names only. It ends on a signal, and when the supervisor is gone, however that went.
 */
export async function runDemoHub({ config: file, home }: DemoHubOptions, io: Io): Promise<number> {
  const supervisorGone = new Promise<void>((resolve) => process.once('disconnect', () => resolve()))
  const stopRequested = stopRequest(io, systemClock.monotonic)
  const { config } = await loadHub({ file, cwd: io.cwd, env: io.env })
  const log = createLogger({ level: config.logLevel, human: true, secrets: secretsIn(config) })
  const program = await compose({
    config,
    bot: createDemoBot({ pictureUrl: new URL('/media/example.png', home).href }).handler,
    overrides: {
      log,
      home,
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
