import { statSync } from 'node:fs'
import { HubError } from '../../core/errors.ts'
import type { StoredSight } from '../../main.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const SECRETS = { check: 'secrets' } as const
/** Bits of a mode that let others than its owner in. */
const OTHERS = 0o077

/** Instances and servers that were made while the hub ran: can their secrets be opened, and is the key safe? */
export function storedFindings({ instances, servers, faults, keyFile }: StoredSight): Finding[] {
  const findings: Finding[] = faults.map(({ what, error }) =>
    fail(
      SECRETS,
      `The stored ${what} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      error instanceof HubError && error.code === 'E_SECRET_KEY'
        ? 'Until then the hub does not start.'
        : 'Remove it through the console or the API, and make it anew.',
    ),
  )
  const count = instances.length + servers.length
  if (count > 0)
    findings.push(ok(SECRETS, `The stored secrets of ${count} instances and servers can be opened.`))
  if (keyFile === undefined) return findings
  if ((statSync(keyFile).mode & OTHERS) !== 0)
    findings.push(
      warn(
        SECRETS,
        `Others can read ${keyFile}, which opens the stored secrets.`,
        `Keep it for yourself: chmod 600 ${keyFile}`,
      ),
    )
  return findings
}
