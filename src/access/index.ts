import type { AccessStore, Actor, AuditNote, AuditRow } from '../core/access.ts'
import type { Page, PageRequest } from '../core/page.ts'
import type { Clock, Logger } from '../core/ports.ts'
import { createHasher, type Hasher } from './hashing.ts'
import { createKeys, type Keys } from './keys.ts'
import { createPeople, type People } from './people.ts'
import { createSessions, type Sessions } from './sessions.ts'

export { ENVIRONMENT_KEY } from './keys.ts'
export { type MadeLink, pathOf } from './people.ts'
export { expiryOf, type Opened, type UserPrincipal, type Visitor } from './sessions.ts'

/** Who may do what: people and their sessions, keys, and the log of what was changed by whom. */
export interface Access {
  readonly sessions: Sessions
  readonly people: People
  readonly keys: Keys
  /** Notes a change. Never rejects: what was done stays done, and the log says that the note is missing. */
  audit(actor: Actor, note: AuditNote, source?: string): Promise<void>
  listAudit(query: PageRequest & { action?: string; actor?: string }): Promise<Page<AuditRow>>
}

export interface AccessParts {
  store: AccessStore
  clock: Clock
  log: Logger
  /** That many random bytes, fit for secrets. */
  bytes(size: number): Uint8Array
  /** The key of the environment. */
  apiKey?: string | undefined
  hasher?: Hasher
}

/** Whoever may start the program on this machine. */
export const SYSTEM: Actor = { type: 'system', id: 'system', name: 'system' }

export function createAccess(parts: AccessParts): Access {
  const { store, log, bytes } = parts
  const hasher = parts.hasher ?? createHasher(bytes)
  return {
    sessions: createSessions({ ...parts, hasher }),
    people: createPeople({ ...parts, hasher }),
    keys: createKeys({ ...parts, apiKey: parts.apiKey }),
    async audit({ type, id, name }, note, source) {
      try {
        await store.addAudit({ ...note, actor: { type, id, name }, ...(source !== undefined && { source }) })
      } catch (err) {
        log.error({ err, action: note.action, actor: id }, 'the audit log could not be written')
      }
    },
    listAudit: (query) => store.listAudit(query),
  }
}
