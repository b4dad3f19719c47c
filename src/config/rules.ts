import { isIP, isIPv4 } from 'node:net'
import { z } from 'zod'
import type { DatabaseConfig } from '../core/config.ts'
import { DURATION_HELP, type Duration, parseDuration } from '../core/duration.ts'
import { isInstanceId, RESERVED_INSTANCE_IDS } from '../core/ids.ts'
import { knownSecret } from '../core/known-secrets.ts'
import { ruled } from './faults.ts'

/** What single settings must look like, and how to mend those that do not. */

/** Fewest characters of a webhook secret, URL key, API key or password. */
export const SECRET_LENGTH = 12
/** Fewest characters of the key that encrypts what the hub stores. */
export const SECRET_KEY_LENGTH = 32
const MAKE_SECRET = 'Make one: openssl rand -hex 32'

export const secret = ruled(z.string(), (value) => {
  const known = knownSecret(value)
  if (known !== undefined) {
    return {
      code: 'E_CONFIG_SECRET_WEAK',
      problem: `is "${known}", which everybody knows`,
      mend: MAKE_SECRET,
    }
  }
  if (value.length >= SECRET_LENGTH) return undefined
  return {
    code: 'E_CONFIG_SECRET_WEAK',
    problem: `is shorter than ${SECRET_LENGTH} characters`,
    mend: MAKE_SECRET,
  }
})

export const secretKey = ruled(z.string(), (value) =>
  value.length >= SECRET_KEY_LENGTH
    ? undefined
    : {
        code: 'E_CONFIG_SECRET_WEAK',
        problem: `is shorter than ${SECRET_KEY_LENGTH} characters`,
        mend: MAKE_SECRET,
      },
)

/** A key that stands in a URL: what would need escaping there would not compare equal. */
export const urlKey = ruled(secret, (value) =>
  /^[\w.~-]*$/.test(value)
    ? undefined
    : {
        problem: 'holds characters that a URL would change',
        mend: 'Use letters, digits, "-", "_", "." and "~".',
      },
)

export const id = ruled(z.string(), (value) => {
  if (isInstanceId(value)) return undefined
  if (RESERVED_INSTANCE_IDS.includes(value.toLowerCase())) {
    return {
      problem: `is "${value}", which is reserved for a route of the hub`,
      mend: 'Choose another name.',
    }
  }
  return {
    problem: 'is not a name',
    mend: 'Use 1 to 63 letters, digits, "-" or "_", beginning with a letter or digit.',
  }
})

/** An absolute http(s) URL; without trailing slash once read. */
export const httpUrl = ruled(z.string(), (value) => {
  const url = URL.parse(value)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return { problem: 'is not an http(s) URL', mend: 'Write it whole, as in https://gateway.example.com.' }
  }
  if (url.username !== '' || url.password !== '') {
    return {
      problem: 'holds a user name or password',
      mend: 'Take it out of the URL; gateways with a login have a setting for it.',
    }
  }
  if (url.search === '' && url.hash === '' && !/[?#]/.test(value)) return undefined
  return { problem: 'has a query or fragment', mend: 'End it with the path.' }
}).transform((value) => value.trim().replace(/\/+$/, ''))

/** A network in CIDR notation; a single address is read as the network of just itself. */
export const network = ruled(z.string(), (value) => {
  const [address = '', bits, ...rest] = value.split('/')
  const widest = isIPv4(address) ? 32 : 128
  const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= widest)
  if (isIP(address) !== 0 && !address.includes('%') && fits && rest.length === 0) return undefined
  return {
    problem: 'is neither an address nor a network',
    mend: 'Write 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32.',
  }
}).transform((value) => (value.includes('/') ? value : `${value}/${isIPv4(value) ? 32 : 128}`))

/** A length of time in a range, both ends written as durations. Read as milliseconds. */
export const duration = (least: Duration, most?: Duration) =>
  ruled(z.union([z.string(), z.number()]), (value) => {
    const ms = parseDuration(value)
    if (ms === undefined) return { problem: 'is not a length of time', mend: `Write ${DURATION_HELP}.` }
    if (ms < millis(least)) return { problem: 'is too short', mend: `The least is ${least}.` }
    return ms > millis(most ?? ms) ? { problem: 'is too long', mend: `The most is ${most}.` } : undefined
  }).transform(millis)

const millis = (value: unknown): number => parseDuration(value) ?? 0

/** A whole number in a range. */
export const whole = (least: number, most: number) =>
  ruled(z.number(), (value) =>
    Number.isInteger(value) && value >= least && value <= most
      ? undefined
      : { problem: 'is not a whole number in range', mend: `Write one from ${least} to ${most}.` },
  )

const POSTGRES_FORM = 'postgres://user:password@host:5432/name'
/** Connections a node holds, unless its URL says otherwise with `?pool=`. */
const POOL = { least: 2, most: 200, usual: 10 }
const ESCAPES = 'In user, password and name write "@" as %40, "/" as %2F, ":" as %3A, "#" as %23, "%" as %25.'

const VERIFIED = ['prefer', 'require', 'verify-ca', 'verify-full']
const SSL_MODES = ['disable', ...VERIFIED, 'no-verify']
/** Modes are to mean what they mean to PostgreSQL's own programs. */
const isLibpq = (url: URL): boolean => url.searchParams.get('uselibpqcompat') === 'true'

/** `sqlite:PATH`, as written, or `postgres://user:password@host:port/name`, without what is the hub's own in it. */
export const database = ruled(z.string(), (value) => {
  if (/^postgres(ql)?:/i.test(value)) return postgresFault(value.trim())
  const mend = 'Write sqlite:PATH, as in sqlite:./data/pombo.db.'
  if (!/^sqlite:/i.test(value))
    return { problem: 'is not a database URL', mend: `Write sqlite:PATH or ${POSTGRES_FORM}.` }
  return ['', ':memory:'].includes(sqlitePath(value)) ? { problem: 'names no file', mend } : undefined
}).transform((value): DatabaseConfig => {
  if (/^sqlite:/i.test(value)) return { engine: 'sqlite', path: sqlitePath(value) }
  const url = new URL(value.trim())
  const poolSize = Number(url.searchParams.get('pool') ?? POOL.usual)
  url.searchParams.delete('pool')
  // The driver reads these as `verify-full` and warns at length that it will not for ever; here it stays so.
  if (!isLibpq(url) && VERIFIED.includes(url.searchParams.get('sslmode') ?? ''))
    url.searchParams.set('sslmode', 'verify-full')
  return { engine: 'postgres', url: url.href, poolSize }
})

/** Says nothing of what was written: it holds a password. */
function postgresFault(value: string): { problem: string; mend: string } | undefined {
  const mend = `Write ${POSTGRES_FORM}.`
  const url = URL.parse(value)
  if (url === null) {
    return { problem: 'cannot be read as the URL of a PostgreSQL database', mend: `${mend} ${ESCAPES}` }
  }
  if (url.hash !== '' || value.includes('#')) {
    return { problem: 'has a "#", so what follows it would be left out', mend: ESCAPES }
  }
  if (url.hostname === '') return { problem: 'names no host', mend }
  if (!/^\/[^/]+$/.test(url.pathname)) return { problem: 'names no database after the host', mend }
  if (![url.username, url.password, url.pathname].every(isEscapedWell)) {
    return { problem: 'has a "%" that begins no escaped sign', mend: ESCAPES }
  }
  const mode = url.searchParams.get('sslmode')
  if (mode !== null && !SSL_MODES.includes(mode)) {
    return {
      problem: 'has an sslmode that is none',
      mend: `Write sslmode= with ${SSL_MODES.join(', ')}; docs/configuration.md says what each means.`,
    }
  }
  const pool = url.searchParams.get('pool')
  if (pool === null) return undefined
  const size = /^\d{1,4}$/.test(pool) ? Number(pool) : 0
  return size >= POOL.least && size <= POOL.most
    ? undefined
    : {
        problem: 'has a pool of a size that cannot be',
        mend: `Write pool= with a number from ${POOL.least} to ${POOL.most}, or leave it out for ${POOL.usual}.`,
      }
}

function isEscapedWell(part: string): boolean {
  try {
    decodeURIComponent(part)
    return true
  } catch {
    return false
  }
}

/** People also write `sqlite:///absolute/path`, as other programs take it. */
const sqlitePath = (url: string): string => url.slice('sqlite:'.length).replace(/^\/\/(?=[/.])/, '')

export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host)
