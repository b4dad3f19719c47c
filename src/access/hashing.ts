import { argon2, timingSafeEqual } from 'node:crypto'
import { HubError } from '../core/errors.ts'

/** Argon2id with what OWASP asks for at least: 19 MiB, two passes, one lane. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const
const SALT_BYTES = 16
const TAG_BYTES = 32
const ENCODED = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([\w+/]{11,90})\$([\w+/]{11,90})$/

/** How many are made at once, each in a thread of its own with its own memory, and how many wait for that. */
const AT_ONCE = 2
const WAITING = 40

/** What keeps passwords: slow on purpose, and never on the thread that answers. */
export interface Hasher {
  /** @throws HubError E_TOO_MANY when too many wait */
  hash(password: string): Promise<string>
  /** Takes as long for no hash as for one that does not match. Throws as `hash` does. */
  matches(password: string, encoded: string | undefined): Promise<boolean>
}

/** @param bytes a source of that many random bytes */
export function createHasher(bytes: (size: number) => Uint8Array): Hasher {
  const gate = createGate()
  const encode = async (password: string) => {
    const salt = Buffer.from(bytes(SALT_BYTES))
    const tag = await gate(() => derive(password, salt, COST))
    const { memory, passes, parallelism } = COST
    return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`
  }
  return {
    hash: encode,
    async matches(password, encoded) {
      const [, memory, passes, parallelism, salt = '', tag = ''] = ENCODED.exec(encoded ?? '') ?? []
      if (memory === undefined) {
        await encode(password)
        return false
      }
      const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
      const expected = Buffer.from(tag, 'base64')
      const found = await gate(() => derive(password, Buffer.from(salt, 'base64'), cost))
      return expected.length === found.length && timingSafeEqual(expected, found)
    },
  }
}

function derive(
  password: string,
  nonce: Buffer,
  cost: { memory: number; passes: number; parallelism: number },
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  // The same password, however the keyboard composes its letters.
  const message = password.normalize('NFKC')
  argon2('argon2id', { message, nonce, tagLength: TAG_BYTES, ...cost }, (error, tag) =>
    error ? reject(error) : resolve(tag),
  )
  return promise
}

const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

/** Lets a few through at once; the others wait in line, as far as there is one. */
function createGate(): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0
  const line: (() => void)[] = []
  return async (work) => {
    if (running >= AT_ONCE) {
      if (line.length >= WAITING)
        throw new HubError(
          'E_TOO_MANY',
          'Too many people sign in at this moment. Try again in a few seconds.',
          {
            details: { retryAfterSeconds: 5 },
          },
        )
      await new Promise<void>((next) => line.push(next))
    } else running += 1
    try {
      return await work()
    } finally {
      const next = line.shift()
      if (next) next()
      else running -= 1
    }
  }
}
