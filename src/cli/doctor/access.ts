import type { KeyRow } from '../../core/access.ts'
import type { HubConfig } from '../../core/config.ts'
import { HubError } from '../../core/errors.ts'
import { publicId } from '../../core/ids.ts'
import type { Clock, Logger } from '../../core/ports.ts'
import { openAccess } from '../../main.ts'
import { type Finding, ok, warn } from './finding.ts'

const ACCESS = { check: 'access' } as const
/** A key nobody has used for so long (ms) is one that nobody misses. */
const UNUSED_MS = 90 * 86_400_000
/** A key without an end that is older than this (ms) should be replaced. */
const OLD_MS = 365 * 86_400_000
const NAMED = 5

/** Can somebody sign in, and which keys are no longer of use. Nothing where there is no installation yet. */
export async function accessFindings(
  config: HubConfig,
  parts: { clock: Clock; log: Logger },
): Promise<Finding[]> {
  const opened = await openAccess(config, parts).catch((error: unknown) => {
    // Why it cannot be opened is what the store's check says.
    if (error instanceof HubError) return undefined
    throw error
  })
  if (!opened) return []
  const { access, clock, close } = opened
  try {
    const { data: keys } = await access.keys.list({ limit: 200 })
    return [ownerFinding(await access.people.hasOwner(), config), ...keyFindings(keys, clock.now())]
  } finally {
    await close()
  }
}

function ownerFinding(exists: boolean, { adminPassword }: HubConfig): Finding {
  if (exists) return ok(ACCESS, 'There is an owner, so somebody can sign in.')
  if (adminPassword !== undefined)
    return ok(ACCESS, 'The next start makes the account "owner", with the password of POMBO_ADMIN_PASSWORD.')
  return warn(
    ACCESS,
    'There is no owner, so nobody can sign in.',
    'Make a link for the first one: pombo owner link',
  )
}

function keyFindings(keys: readonly KeyRow[], now: number): Finding[] {
  const open = keys.filter(
    ({ revokedAt, expiresAt }) => revokedAt === undefined && (expiresAt ?? Number.POSITIVE_INFINITY) > now,
  )
  const unused = open.filter(({ usedAt, createdAt }) => now - (usedAt ?? createdAt) >= UNUSED_MS)
  const old = open.filter(
    (key) => !unused.includes(key) && key.expiresAt === undefined && now - key.createdAt >= OLD_MS,
  )
  const findings: Finding[] = []
  if (unused.length > 0)
    findings.push(
      warn(
        ACCESS,
        `Not used for 90 days, and still valid: ${named(unused)}.`,
        'Revoke what nobody needs: pombo key revoke ID',
      ),
    )
  if (old.length > 0)
    findings.push(
      warn(
        ACCESS,
        `Older than a year and without an end: ${named(old)}.`,
        'Make new ones with --expires, put them where the old ones are, then revoke those.',
      ),
    )
  return findings
}

function named(keys: readonly KeyRow[]): string {
  const names = keys.slice(0, NAMED).map(({ id, name }) => `${publicId('key', id)} (${name})`)
  return keys.length > NAMED ? `${names.join(', ')} and ${keys.length - NAMED} more` : names.join(', ')
}
