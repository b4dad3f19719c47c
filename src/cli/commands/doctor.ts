import { randomUUID } from 'node:crypto'
import type { LoadedConfig } from '../../config.ts'
import type { HttpClient } from '../../core/ports.ts'
import { loadHub, readStored } from '../../main.ts'
import { systemClock } from '../../platform/clock.ts'
import { createHttpClient } from '../../platform/http-client.ts'
import { createLogger } from '../../platform/log.ts'
import { createScrubber, type Scrubber, secretsIn } from '../../platform/scrub.ts'
import { gatewayOf } from '../deliver.ts'
import { accessFindings } from '../doctor/access.ts'
import { configurationFindings, faultFindings, secretFindings } from '../doctor/configuration.ts'
import type { Finding } from '../doctor/finding.ts'
import { gatewayFindings } from '../doctor/gateway.ts'
import { render } from '../doctor/report.ts'
import { hubFindings, roundTripFindings } from '../doctor/round-trip.ts'
import { safetyFindings } from '../doctor/security.ts'
import { storeFindings } from '../doctor/store.ts'
import { storedFindings } from '../doctor/stored.ts'
import { environment } from '../environment.ts'
import { CONFIG_FLAGS, parseFlags } from '../flags.ts'
import { localUrl } from '../hub-api.ts'
import { withStored } from '../instances.ts'
import type { Io } from '../io.ts'

const FLAGS = { ...CONFIG_FLAGS, json: { type: 'boolean' } } as const

/**
 * Looks at everything that keeps an installation from working, and says what each finding means and what to do.
 * @returns 1 when something fails
 */
export async function doctor(args: readonly string[], io: Io): Promise<number> {
  const flags = parseFlags('doctor', args, FLAGS)
  const outgoing = createHttpClient({ clock: systemClock })
  // Nothing in the findings should be a secret; what a gateway says of itself might.
  const scrub = createScrubber()
  let loaded: LoadedConfig | undefined
  let findings: Finding[]
  try {
    loaded = await loadHub({ file: flags.config, cwd: io.cwd, env: environment(io) }).catch(
      (error: unknown) => {
        findings = faultFindings(error)
        return undefined
      },
    )
    findings = loaded === undefined ? findings! : await examine(loaded, io.cwd, outgoing.request, scrub)
  } finally {
    await outgoing.close()
  }
  const safe = findings.map((finding) => ({ ...finding, message: scrub.text(finding.message) }))
  const failed = safe.some(({ level }) => level === 'fail')
  io.out(flags.json ? JSON.stringify({ ok: !failed, findings: safe }) : render(safe, io.colour))
  return failed ? 1 : 0
}

async function examine(
  loaded: LoadedConfig,
  cwd: string,
  http: HttpClient,
  scrub: Scrubber,
): Promise<Finding[]> {
  const log = createLogger({ level: 'silent' })
  const store = await storeFindings(loaded.config, { clock: systemClock, log })
  const startable = store.every(({ level }) => level !== 'fail')
  const access = startable ? await accessFindings(loaded.config, { clock: systemClock, log }) : []
  const stored = startable ? await readStored(loaded.config, { clock: systemClock, log }) : undefined
  const config = withStored(loaded.config, stored)
  scrub.hide(secretsIn(config))
  const hub = await hubFindings(config, http, { startable })
  const instances = await Promise.all(
    config.instances.map(async (instance) => [
      ...(await gatewayFindings(instance, {
        http,
        clock: systemClock,
        log,
        gateway: gatewayOf(instance),
        config,
        hubUrl: config.publicUrl ?? localUrl(config),
      })),
      ...(hub.running ? await roundTripFindings(instance, config, http, randomUUID()) : []),
    ]),
  )
  return [
    ...configurationFindings({ ...loaded, config }),
    ...secretFindings(config, cwd),
    ...safetyFindings(config),
    ...store,
    ...(stored ? storedFindings(stored) : []),
    ...access,
    ...hub.findings,
    ...instances.flat(),
  ]
}
