import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Fault } from '../../config/faults.ts'
import type { LoadedConfig } from '../../config.ts'
import type { HubConfig } from '../../core/config.ts'
import { HubError } from '../../core/errors.ts'
import { isEasilyGuessed, secretsOf } from '../../core/security.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const CONFIGURATION = { check: 'configuration' } as const
const SECRETS = { check: 'secrets' } as const

/** Every fault that kept the configuration from being read, each on its own. */
export function faultFindings(error: unknown): Finding[] {
  if (!(error instanceof HubError)) throw error
  const { faults } = error.details
  if (!Array.isArray(faults))
    return [fail(CONFIGURATION, `${error.code}: ${error.message}`, 'Mend the file, then ask again.')]
  return (faults as Fault[]).map(({ code, path, problem, mend }) =>
    fail(
      { check: /SECRET|ENV/.test(code) ? 'secrets' : 'configuration' },
      `${code}: ${path} ${problem}.`,
      mend,
    ),
  )
}

export function configurationFindings({ config, bot, source, warnings }: LoadedConfig): Finding[] {
  const { instances } = config
  const features = Object.keys(config.features)
  const parts = [
    `${instances.length} ${instances.length === 1 ? 'instance' : 'instances'}`,
    features.length > 0 ? `features: ${features.join(', ')}` : 'no features',
    bot === undefined ? 'no bot' : 'a bot',
  ]
  return [
    ok(CONFIGURATION, `${source} has no fault (${parts.join('; ')}).`),
    ...warnings.map((warning) => {
      const [problem, ...cure] = warning.split('. ')
      return warn(
        CONFIGURATION,
        `${problem}.`,
        cure.length > 0 ? `${cure.join('. ')}.` : 'See docs/configuration.md.',
      )
    }),
    ...(instances.length === 0
      ? [warn(CONFIGURATION, 'No instance: the hub has no number to serve.', 'Add one to "instances".')]
      : []),
    ...(bot === undefined && features.length === 0
      ? [
          warn(
            CONFIGURATION,
            'No bot and no feature: nobody answers.',
            'Give a "bot", or rules in "features".',
          ),
        ]
      : []),
  ]
}

/** Length and known words were judged when the configuration was read; this is what only all of them show. */
export function secretFindings(config: HubConfig, cwd: string): Finding[] {
  const secrets = secretsOf({ config, instances: config.instances })
  const findings: Finding[] = []
  for (const [index, { name, value }] of secrets.entries()) {
    const first = secrets.findIndex((other) => other.value === value)
    if (first !== index)
      findings.push(
        warn(
          SECRETS,
          `${name} is the same as ${secrets[first]?.name}: who learns one has both.`,
          'Make one for each: openssl rand -hex 32',
        ),
      )
    if (isEasilyGuessed(value))
      findings.push(
        warn(
          SECRETS,
          `${name} is made of few different characters: easily guessed.`,
          'Make one: openssl rand -hex 32',
        ),
      )
  }
  if (config.apiKey === undefined)
    findings.push(
      warn(
        SECRETS,
        'POMBO_API_KEY is not set, so "send" and "replay evt_…" need --key, and the doctor cannot ask the running hub.',
        'Set it in the environment or in .env: openssl rand -hex 32, or a key of "pombo key create".',
      ),
    )
  if (isReadByOthers(join(cwd, '.env')))
    findings.push(warn(SECRETS, '.env can be read by other users of this machine.', 'chmod 600 .env'))
  const bad = findings.length
  return secrets.length > 0 && bad === 0
    ? [
        ok(
          SECRETS,
          `${secrets.length} in use, each long enough, unlike the others and none that everybody knows.`,
        ),
      ]
    : findings
}

/** Windows has no such rights. */
const isReadByOthers = (path: string): boolean =>
  process.platform !== 'win32' && ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0
