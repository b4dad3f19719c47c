import type { Access } from '../access/index.ts'
import type { HubConfig } from '../core/config.ts'
import type { Clock } from '../core/ports.ts'
import { loadHub, openAccess } from '../main.ts'
import { systemClock } from '../platform/clock.ts'
import { createLogger } from '../platform/log.ts'
import { environment } from './environment.ts'
import type { Io } from './io.ts'

/**
 * Works on people and keys of the installation of the configuration, whose hub may run: whoever can read its database
 * needs no other credential.
 * @throws HubError E_STORE_OPEN, and whatever `work` throws
 */
export async function withAccess<T>(
  io: Io,
  file: string | undefined,
  work: (parts: { access: Access; config: HubConfig; clock: Clock }) => Promise<T>,
): Promise<T> {
  const { config } = await loadHub({ file, cwd: io.cwd, env: environment(io) })
  const log = createLogger({ level: 'silent' })
  const { access, clock, close } = await openAccess(config, { clock: systemClock, log })
  try {
    return await work({ access, config, clock })
  } finally {
    await close()
  }
}
