/**
 * The catalogue of every error a user of Pombo can meet. Codes are stable and never reused. Each message
 * says what was wrong, what is allowed and what to do next; none holds a secret or message text.
 * `docs/errors.md` has a line per code; a test compares the two.
 */
export const ERRORS = {
  E_NODE_VERSION: { status: 500, about: 'The Node.js that runs Pombo is too old.' },
  E_CONFIG: { status: 500, about: 'The configuration has faults; all of them are listed.' },
  E_CONFIG_FILE: { status: 500, about: 'The configuration file cannot be read.' },
  E_CONFIG_SECRET_WEAK: { status: 500, about: 'A secret is too short or known to everybody.' },
  E_CONFIG_SECRET_MISSING: { status: 500, about: 'An instance has nothing to prove deliveries with.' },
  E_CONFIG_ENV_MISSING: { status: 500, about: 'A setting names an environment variable that is not set.' },
  E_SECRET_KEY: { status: 500, about: 'The key that opens stored secrets is missing or another one.' },
  E_CONFIG_PUBLIC_URL: { status: 500, about: 'The hub listens beyond loopback without a publicUrl.' },
  E_PORT_TAKEN: { status: 500, about: 'Another program listens on the port.' },
  E_USAGE: { status: 400, about: 'The command line is not one the program knows.' },
  E_FILE_EXISTS: { status: 500, about: 'A file that would be written exists already.' },
  E_FILE: { status: 500, about: 'A file cannot be read or written.' },
  E_HUB_UNREACHABLE: { status: 500, about: 'No hub answers at this address.' },
  E_STORE_LOCKED: { status: 500, about: 'Another process uses this database file.' },
  E_STORE_NEWER: { status: 500, about: 'The database was written by a newer Pombo.' },
  E_STORE_OPEN: { status: 500, about: 'The database cannot be opened.' },
  E_STORE_UNAVAILABLE: { status: 503, about: 'The store cannot commit right now.' },
  E_UNAUTHENTICATED: { status: 401, about: 'The request carries no valid credential.' },
  E_FORBIDDEN: { status: 403, about: 'The credential or source may not do this.' },
  E_NOT_FOUND: { status: 404, about: 'There is no such thing.' },
  E_METHOD: { status: 405, about: 'The path exists, the method does not.' },
  E_INVALID: { status: 400, about: 'The request is not of the form this endpoint takes.' },
  E_CONFLICT: { status: 409, about: 'The state of the thing does not allow this now.' },
  E_NOT_CONNECTED: { status: 409, about: 'The number is not connected to WhatsApp.' },
  E_UNSUPPORTED: { status: 422, about: 'The gateway of this number cannot do that.' },
  E_GATEWAY: { status: 502, about: 'The gateway did not do what was asked.' },
  E_TOO_LARGE: { status: 413, about: 'The body exceeds the limit.' },
  E_COMPRESSED: { status: 415, about: 'The body is compressed; signatures are proved over plain bytes.' },
  E_TOO_MANY: { status: 429, about: 'A limit was reached; try again after Retry-After seconds.' },
  E_TIMEOUT: { status: 408, about: 'The request did not arrive in time.' },
  E_STEP_TIMEOUT: { status: 500, about: 'A durable step took longer than it may.' },
  E_BOT: { status: 500, about: 'A bot is written in a way that cannot work.' },
  E_INTERNAL: { status: 500, about: 'A fault in Pombo itself.' },
} as const satisfies Record<string, { status: number; about: string }>
export type ErrorCode = keyof typeof ERRORS

/** Every error Pombo throws on purpose. `details` may name fields; it never holds values of secrets. */
export class HubError extends Error {
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>
  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Record<string, unknown> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'HubError'
    this.code = code
    this.details = options.details ?? {}
  }
  get status(): number {
    return ERRORS[this.code].status
  }
}
