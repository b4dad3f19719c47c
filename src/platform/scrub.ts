/**
 * Takes out of logs and messages what does not belong there: phone numbers, message text, credentials.
 * It errs on the side of hiding: a field that might hold one is hidden whole.
 */

/** What stands where something was taken out. */
const HIDDEN = '[hidden]'

/** Field names that hold credentials: `token`, `adminToken`, `webhook_secret`, `urlKey`, `x-api-key`, … */
const CREDENTIAL_FIELD =
  /token|secret|passw(or)?d|passphrase|authorization|cookie|credential|signature|keys?$|^auth$|basic_?auth/i
/** Field names that hold what people wrote. */
const TEXT_FIELD = /^(text|body|caption|content|payload|raw|message|quoted|html|reply|prompt|vcard)$/i

/** Ids of the hub's own rows and commands: digits that are no phone number. */
const OWN_ID =
  /\b(?:evt|chat|dlv|con|mrg|msg|alr)_\d+\b|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/
/** A phone as digits (8 or more in a row) or as people write it, with a leading plus. */
const PHONE = /\+\d[\d ().-]{6,}\d|\d{8,}/
const OWN_ID_OR_PHONE = new RegExp(`(${OWN_ID.source})|${PHONE.source}`, 'gi')

const CREDENTIALS_IN_TEXT: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, `$1 ${HIDDEN}`],
  [/(\/\/)[^/\s@]+@/g, `$1${HIDDEN}@`],
  [/(\/webhooks\/[^/\s?"']+\/)[^/\s?"']+/g, `$1${HIDDEN}`],
  [
    /\b((?:\w*(?:token|secret|password)|(?:api|url)?[_-]?key|signature)["']?\s*[=:]\s*["']?)[^\s"'&,;]+/gi,
    `$1${HIDDEN}`,
  ],
  [/\bsha256=[0-9a-f]+/gi, `sha256=${HIDDEN}`],
]

/** How deep objects are followed; what lies deeper is hidden. */
const DEPTH = 6

export interface Scrubber {
  /** The text with everything taken out that should not be seen. */
  text(text: string): string
  /** A copy made of plain JSON values, scrubbed field by field. Never throws. */
  value(value: unknown): unknown
  /** These are hidden, too, from now on. */
  hide(secrets: readonly string[]): void
}

/** @param secrets values hidden wherever they occur, as a whole or inside a longer text */
export function createScrubber(secrets: readonly string[] = []): Scrubber {
  const known: string[] = []
  const hide = (more: readonly string[]): void => {
    const all = new Set([...known, ...more].filter((secret) => secret.length > 0))
    // Longest first, so that one secret that begins another does not leave the other's rest behind.
    known.splice(0, known.length, ...[...all].sort((a, b) => b.length - a.length))
  }
  hide(secrets)

  const text = (input: string): string => {
    let output = input
    for (const secret of known) output = output.replaceAll(secret, HIDDEN)
    for (const [pattern, replacement] of CREDENTIALS_IN_TEXT) output = output.replace(pattern, replacement)
    return output.replace(OWN_ID_OR_PHONE, (match, ownId: string | undefined) => ownId ?? maskDigits(match))
  }

  const value = (input: unknown, depth = DEPTH): unknown => {
    switch (typeof input) {
      case 'string':
        return text(input)
      case 'bigint':
        return text(String(input))
      case 'number':
        return mayBePhone(input) ? HIDDEN : input
      case 'boolean':
      case 'undefined':
        return input
      case 'object':
        break
      default:
        return `[${typeof input}]`
    }
    if (input === null) return null
    if (depth === 0) return HIDDEN
    if (input instanceof Error) return error(input, depth)
    if (input instanceof Date) return Number.isNaN(input.getTime()) ? 'invalid date' : input.toISOString()
    if (ArrayBuffer.isView(input)) return `[${input.byteLength} bytes]`
    if (Array.isArray(input)) return input.map((item) => value(item, depth - 1))
    if (input instanceof Set) return [...input].map((item) => value(item, depth - 1))
    const fields = input instanceof Map ? [...input] : Object.entries(input)
    return Object.fromEntries(
      fields.map(([name, field]) => [
        text(String(name)),
        hides(String(name), field) ? HIDDEN : value(field, depth - 1),
      ]),
    )
  }

  /** Code, scrubbed message and the places of the stack; not the error's other fields, which may hold anything. */
  const error = (input: Error, depth: number): object => ({
    type: input.name,
    ...('code' in input && { code: value(input.code) }),
    message: text(input.message),
    stack: places(input.stack),
    ...(input.cause !== undefined && { cause: value(input.cause, depth - 1) }),
    ...(input instanceof AggregateError && { errors: value(input.errors, depth - 1) }),
  })

  return {
    text,
    hide,
    value(input) {
      try {
        return value(input)
      } catch {
        // A getter or proxy that throws must not take the program down for the sake of a log line.
        return HIDDEN
      }
    },
  }
}

/**
 * Values under credential-like names anywhere in a configuration, and passwords in URLs, as they are written
 * there and as they are meant; for {@link createScrubber}.
 */
export function secretsIn(value: unknown, named = false): string[] {
  if (typeof value === 'string') return named && value.length >= 8 ? [value] : passwordIn(value)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, field]) =>
    secretsIn(field, (named && Array.isArray(value)) || CREDENTIAL_FIELD.test(name)),
  )
}

/** A shorter one would hide half the log, and is hidden wherever its URL stands. */
const LEAST_PASSWORD = 4
function passwordIn(text: string): string[] {
  const { password } = (text.includes('@') ? URL.parse(text) : undefined) ?? {}
  if (!password) return []
  const [, written = ''] = /^[^@]*?:\/\/[^:]*:(.*)@/.exec(text) ?? []
  const spellings = [written, password]
  try {
    spellings.push(decodeURIComponent(password))
  } catch {
    // A stray "%": it is meant as it is written.
  }
  return [...new Set(spellings)].filter((one) => one.length >= LEAST_PASSWORD)
}

/** Counts and flags may carry such a name (`tokens: 312`, `hasSecret: true`); they reveal nothing. */
const hides = (name: string, field: unknown): boolean =>
  (CREDENTIAL_FIELD.test(name) || TEXT_FIELD.test(name)) &&
  !(
    field === undefined ||
    field === null ||
    typeof field === 'boolean' ||
    (typeof field === 'number' && !mayBePhone(field))
  ) &&
  !(field instanceof Error)

/** Eight digits or more. Fractions are measurements. */
const mayBePhone = (number: number): boolean => Number.isInteger(number) && Math.abs(number) >= 1e7

const maskDigits = (match: string): string => `${match.startsWith('+') ? '+' : ''}[digits]`

/** Only where, never what: the first lines of a stack repeat the message. */
const places = (stack: string | undefined): string | undefined =>
  stack
    ?.split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n')
