import { HubError } from '../../core/errors.ts'

/** What PostgreSQL, or the way to it, answers when something fails. Codes: PostgreSQL documentation, appendix A. */
interface Failure {
  code?: string
  message: string
}

/**
 * SQLSTATE classes that say nothing about the data: 08 connection, 53 resources (53100 disk full, 53300 too many
 * connections), 57P the server stops, starts or ended this session, 58 its disk.
 */
const AWAY_CLASSES = /^(08|53|57P|58)/
const CONNECTION_CLASSES = /^(08|57P)/
const SQLSTATE = /^[0-9A-Z]{5}$/
/** Read-only (a standby, or a failover that is not over), a statement or a lock that took too long, idle in a transaction. */
const AWAY_CODES = new Set(['25006', '57014', '55P03', '25P03'])
/** Of the system, and of the driver itself, which gives no code. */
const AWAY_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])
const AWAY_DRIVER =
  /connection terminated|client was closed|not queryable|timeout (expired|exceeded)|read timeout|server closed/i

/** True when the database cannot work now, rather than that it refuses the data. An error without a code is the driver's. */
export function isAway(error: unknown): boolean {
  if (error instanceof HubError) return error.code === 'E_STORE_UNAVAILABLE'
  const { code, message } = error as Failure
  if (code === undefined) return AWAY_DRIVER.test(message ?? '')
  return AWAY_CLASSES.test(code) || AWAY_CODES.has(code) || AWAY_SYSTEM.has(code) || isStalePlan(error)
}

/** A statement this connection keeps does not fit the tables any more: a newer node has migrated them. */
const isStalePlan = (error: unknown): boolean => {
  const { code, message } = error as Failure
  return code === '26000' || (code === '0A000' && /cached plan/.test(message))
}

/** What the hub calls a failure that {@link isAway}: whoever asked may ask again. */
export function unavailable(cause: unknown): HubError {
  if (cause instanceof HubError) return cause
  const { code = '', message } = cause as Failure
  const answered = SQLSTATE.test(code) && !CONNECTION_CLASSES.test(code)
  const what = answered
    ? `The database cannot do that now: ${cureOf(code, message)}`
    : 'The connection to the database was lost.'
  return new HubError('E_STORE_UNAVAILABLE', what, { cause })
}

/**
 * True when a transaction lost a race and shall be run again: it then sees what the winner committed.
 * 40001 serialization, 40P01 deadlock, 23505 a key that somebody else made meanwhile; and tables that somebody else
 * has migrated meanwhile.
 */
export function isLostRace(error: unknown): boolean {
  const cause = error instanceof HubError ? error.cause : error
  if (cause instanceof LostRace) return true
  return (
    ['40001', '40P01', '23505'].includes((cause as Failure | undefined)?.code ?? '') ||
    isStalePlan(cause ?? {})
  )
}

/** What a race that was lost over and over is. Of a key that is there every time the data itself speaks. */
export const hopeless = (cause: unknown): unknown =>
  (cause as Failure).code === '23505'
    ? cause
    : new HubError('E_STORE_UNAVAILABLE', 'Others change the same things all the time. Ask again.', { cause })

/** Thrown by work that finds, under its locks, that what it read before is not so any more. */
export class LostRace extends Error {}

/** Why a database cannot be opened, and what to do about it. Never names the password. */
export function cannotOpen(error: unknown, place: string): HubError {
  if (error instanceof HubError && error.code !== 'E_STORE_UNAVAILABLE') return error
  const { code = '', message } = (error instanceof HubError ? (error.cause ?? error) : error) as Failure
  return new HubError('E_STORE_OPEN', `The database ${place} cannot be opened: ${cureOf(code, message)}`, {
    cause: error,
  })
}

function cureOf(code: string, message: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there. Start the server, or mend host and port in the URL.'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'its host name is not known. Mend the host in the URL.'
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'its host does not answer. Mend the host in the URL, or the firewall between.'
    case '28P01':
    case '28000':
      return 'the server refuses this user or password. Mend them in the URL; special characters of a password are written as %40 for @, and so on.'
    case '3D000':
      return 'the server has no database of that name. Create it (createdb NAME), or mend the name in the URL.'
    case '42501':
      return `this user may not do what the hub needs (${message}). Make it the owner of the database, or run: grant create on schema public to USER.`
    case '53300':
      return 'the server takes no more connections. Raise its max_connections, or lower pool in the URL of each node.'
    case '53100':
      return 'the disk of the server is full. Make room there.'
    case '57P03':
      return 'the server is still starting, or recovering. Wait for it, then start again.'
    case '25006':
      return 'it is read-only: a standby, most likely. Name the primary in the URL.'
    default:
      if (AWAY_DRIVER.test(message))
        return `what listens there ended the connection (${message}). Check that host and port are those of a PostgreSQL server.`
      if (/SSL|TLS|certificate/i.test(message))
        return `the encrypted connection failed (${message}). Set sslmode in the URL to what the server offers.`
      return `${message}.`
  }
}
