import { type Access, SYSTEM } from '../../access/index.ts'
import { type KeyRow, SCOPES, type Scope } from '../../core/access.ts'
import { closest } from '../../core/closest.ts'
import { DURATION_HELP, parseDuration } from '../../core/duration.ts'
import { type KeyId, parsePublicId, publicId } from '../../core/ids.ts'
import { CONFIG_FLAGS, parseCommand, usage } from '../flags.ts'
import type { Io } from '../io.ts'
import { withAccess } from '../with-access.ts'

const FLAGS = {
  ...CONFIG_FLAGS,
  scope: { type: 'string' },
  name: { type: 'string' },
  expires: { type: 'string' },
  json: { type: 'boolean' },
} as const
const ACTIONS = ['create', 'list', 'revoke'] as const
const HELP = 'See: pombo key --help'
const MAX_NAME = 100

/** Makes, lists and revokes API keys of the installation of the configuration. */
export async function key(args: readonly string[], io: Io): Promise<number> {
  const { flags, words } = parseCommand('key', args, FLAGS, [ACTIONS.join('|'), 'id?'])
  const [action, id] = words
  const isCreate = action === 'create'
  if (!isCreate && (flags.scope ?? flags.name ?? flags.expires) !== undefined)
    throw usage(`--scope, --name and --expires go with pombo key create alone. ${HELP}`)
  if (action !== 'revoke' && id !== undefined) throw usage(`pombo key ${action} takes no "${id}". ${HELP}`)
  switch (action) {
    case 'create': {
      const wanted = {
        scopes: scopesOf(flags.scope),
        name: nameOf(flags.name),
        forMs: lengthOf(flags.expires),
      }
      return withAccess(io, flags.config, async ({ access, clock }) => {
        const expiresAt = wanted.forMs === undefined ? undefined : clock.now() + wanted.forMs
        const { key: made, secret } = await access.keys.create(
          { name: wanted.name, scopes: wanted.scopes, ...(expiresAt !== undefined && { expiresAt }) },
          { name: SYSTEM.name, scopes: SCOPES },
        )
        await note(access, 'key.create', made.id, { name: made.name, scopes: made.scopes })
        // The key alone goes where a script reads; what it is goes where a person does.
        if (flags.json) io.out(JSON.stringify({ ...shown(made), secret }))
        else {
          io.err(
            `${publicId('key', made.id)} "${made.name}" may ${made.scopes.join(', ')}. It is not shown again:`,
          )
          io.out(secret)
        }
        return 0
      })
    }
    case 'list':
      return withAccess(io, flags.config, async ({ access, clock }) => {
        const keys: KeyRow[] = []
        for (let cursor: string | null | undefined; cursor !== null; ) {
          const page = await access.keys.list({ limit: 200, ...(cursor !== undefined && { cursor }) })
          keys.push(...page.data)
          cursor = page.next
        }
        if (flags.json) io.out(JSON.stringify({ data: keys.map(shown) }))
        else for (const line of lines(keys, clock.now())) io.out(line)
        return 0
      })
    case 'revoke': {
      const number = id === undefined ? undefined : parsePublicId('key', id)
      if (number === undefined)
        throw usage(
          `pombo key revoke needs the id of a key, such as key_3: pombo key list shows them. ${HELP}`,
        )
      return withAccess(io, flags.config, async ({ access }) => {
        await access.keys.revoke(number as KeyId)
        await note(access, 'key.revoke', number)
        io.out(`${id} is revoked: from now on it opens nothing.`)
        return 0
      })
    }
    default: {
      const meant = closest(action, ACTIONS)
      throw usage(
        `pombo key takes no "${action}". ${meant ? `Did you mean "${meant}"?` : `It takes ${ACTIONS.join(', ')}.`} ${HELP}`,
      )
    }
  }
}

const note = (
  access: Access,
  action: string,
  id: number,
  detail?: { name: string; scopes: readonly string[] },
) => access.audit(SYSTEM, { action, target: publicId('key', id), ...(detail && { detail }) })

/** `all`, or scopes with commas between. @throws HubError E_USAGE */
function scopesOf(text: string | undefined): readonly Scope[] {
  const known: readonly string[] = ['all', ...SCOPES]
  const how = `Write --scope with ${known.join(', ')}, or several with commas between. ${HELP}`
  if (text === undefined) throw usage(`pombo key create needs to know what the key may do. ${how}`)
  const names = text.split(',').map((name) => name.trim())
  const wrong = names.find((name) => !known.includes(name))
  if (wrong !== undefined) {
    const meant = closest(wrong, known)
    throw usage(`There is no scope "${wrong}". ${meant ? `Did you mean "${meant}"? ` : ''}${how}`)
  }
  return names.includes('all') ? SCOPES : SCOPES.filter((scope) => names.includes(scope))
}

function nameOf(text = 'cli'): string {
  if (text.trim() !== '' && text.length <= MAX_NAME) return text.trim()
  throw usage(`--name must have 1 to ${MAX_NAME} characters. ${HELP}`)
}

function lengthOf(text: string | undefined): number | undefined {
  const ms = text === undefined ? undefined : parseDuration(text)
  if (text !== undefined && (ms === undefined || ms < 1000))
    throw usage(`--expires must be ${DURATION_HELP}, at least 1s. ${HELP}`)
  return ms
}

const iso = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString())

const shown = (row: KeyRow) => ({
  id: publicId('key', row.id),
  name: row.name,
  scopes: row.scopes,
  prefix: row.prefix,
  createdAt: iso(row.createdAt),
  createdBy: row.createdBy,
  lastUsedAt: iso(row.usedAt),
  expiresAt: iso(row.expiresAt),
  revokedAt: iso(row.revokedAt),
})

function lines(keys: readonly KeyRow[], now: number): string[] {
  if (keys.length === 0) return ['There are no keys. Make one: pombo key create --scope read']
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  const standing = ({ revokedAt, expiresAt }: KeyRow): string => {
    if (revokedAt !== undefined) return `revoked ${day(revokedAt)}`
    if (expiresAt === undefined) return 'no end'
    return `${expiresAt <= now ? 'expired' : 'until'} ${day(expiresAt)}`
  }
  const rows = keys.map((row) => [
    publicId('key', row.id),
    `${row.prefix}…`,
    row.name,
    row.scopes.join(','),
    row.usedAt === undefined ? 'never used' : `used ${day(row.usedAt)}`,
    standing(row),
  ])
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
}
