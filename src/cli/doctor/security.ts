import type { HubConfig } from '../../core/config.ts'
import { type SecurityCheck, securityFindings } from '../../core/security.ts'
import { type Finding, ok } from './finding.ts'

/**
 * What is said when all is well, and what could be better. Where something is wrong, the reading of the
 * configuration has told it already, and secrets have a part of their own.
 */
const SAYS: Partial<Record<SecurityCheck, { good: string; advice?: string }>> = {
  transport: { good: 'What passes between browsers, gateways and the hub crosses no network in the clear.' },
  proof: { good: 'Every instance proves its deliveries.' },
  'environment-key': {
    good: 'No key of all rights lies in the environment.',
    advice:
      'Good to know: POMBO_API_KEY may do everything and never ends. Programs are better off with keys of their own, made in the console.',
  },
  'secret-key': {
    good: 'Stored secrets are encrypted by POMBO_SECRET_KEY.',
    advice:
      'Good to know: what encrypts stored secrets is a file beside the database. Put it into your backup, or set POMBO_SECRET_KEY.',
  },
}

/** The security check list, as far as a configuration tells. */
export const safetyFindings = (config: HubConfig): Finding[] =>
  securityFindings({ config, instances: config.instances }).flatMap(({ check, level }) => {
    const says = SAYS[check]?.[level === 'advice' ? 'advice' : 'good']
    return says === undefined || (level !== 'good' && level !== 'advice')
      ? []
      : [ok({ check: 'security' }, says)]
  })
