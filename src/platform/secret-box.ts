import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { HubError } from '../core/errors.ts'
import type { SecretBox } from '../core/registry.ts'

/** Mark of the form: AES-256-GCM, 12 bytes of nonce, 16 of tag. */
const FORM = 'v1'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32

export interface SecretBoxOptions {
  /** `POMBO_SECRET_KEY`. What lies in the file opens boxes all the same, until they are sealed anew. */
  secretKey?: string | undefined
  /** `POMBO_SECRET_KEY_OLD`: opens boxes, seals none. */
  oldSecretKey?: string | undefined
  /** Where a key is kept that was generated; made when something is sealed first. Undefined: nowhere. */
  file?: string | undefined
}

/** The file that holds the generated key of a SQLite database. */
export const keyFileOf = (databasePath: string): string => `${databasePath}.key`

/**
 * A {@link SecretBox} with AES-256-GCM. Each box names its key by an id that tells nothing of the key.
 * @throws HubError E_SECRET_KEY when the key file cannot be read
 */
export function openSecretBox(options: SecretBoxOptions): SecretBox {
  const { secretKey, oldSecretKey, file } = options
  let inFile = file === undefined ? [] : readKeyFile(file)
  const texts = () => [secretKey, ...inFile, oldSecretKey].filter((text) => text !== undefined)
  const known = new Map<string, Buffer>()
  const learn = () => {
    for (const text of texts()) known.set(keyIdOf(text), derived(text))
  }
  learn()

  function current(): string {
    const [first] = texts().filter((text) => text !== oldSecretKey || text === secretKey)
    if (first !== undefined) return keyIdOf(first)
    if (file === undefined) {
      throw new HubError(
        'E_SECRET_KEY',
        'There is no key to encrypt secrets with. Set POMBO_SECRET_KEY to a long random text (openssl rand -hex 32), the same on every node, and start the hub again.',
      )
    }
    inFile = makeKeyFile(file)
    learn()
    return keyIdOf(inFile[0]!)
  }

  return {
    seal(text, about) {
      const id = current()
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', known.get(id)!, nonce).setAAD(Buffer.from(about))
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return [FORM, id, sealed.toString('base64url')].join('.')
    },
    open(box, about) {
      const [form, id = '', bytes = ''] = box.split('.')
      const key = known.get(id)
      if (form !== FORM || key === undefined) throw wrongKey(about, id, [...known.keys()], options)
      const sealed = Buffer.from(bytes, 'base64url')
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES))
          .setAAD(Buffer.from(about))
          .setAuthTag(sealed.subarray(-TAG_BYTES))
        const text = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES))
        return Buffer.concat([text, decipher.final()]).toString('utf8')
      } catch {
        throw new HubError(
          'E_SECRET_KEY',
          `The stored secrets of ${about} are damaged, or were put there from elsewhere. Restore them from a backup, or remove it and make it anew.`,
        )
      }
    },
    isCurrent: (box) => box.split('.')[1] === current(),
  }
}

function wrongKey(about: string, id: string, known: readonly string[], options: SecretBoxOptions): HubError {
  const have =
    known.length === 0
      ? 'this hub has none'
      : `this hub has ${known.join(', ')}${options.secretKey === undefined ? '' : ' (of POMBO_SECRET_KEY)'}`
  const place =
    options.file === undefined ? '' : `, or put the file ${options.file} back as it lay beside the database`
  return new HubError(
    'E_SECRET_KEY',
    `The stored secrets of ${about} were encrypted with the key ${id || 'of another form'}; ${have}. Set POMBO_SECRET_KEY to what it was then${place}. After a change of keys, give the former one as POMBO_SECRET_KEY_OLD until "pombo secrets rotate" is through.`,
  )
}

/**
 * Puts a new key first; the former ones go on opening boxes. Does nothing when there is a new one already.
 * @returns false when it was there: an earlier rotation did not end
 */
export function addKey(file: string): boolean {
  const keys = readKeyFile(file)
  if (keys.length > 1) return false
  writeKeys(file, [newKey(), ...keys])
  return true
}

/** Only the newest key stays: to be called when no box needs another one. */
export function dropOldKeys(file: string): void {
  const [newest, ...old] = readKeyFile(file)
  if (newest !== undefined && old.length > 0) writeKeys(file, [newest])
}

/** Nothing needs it any more, as everything was sealed with `POMBO_SECRET_KEY`. */
export const removeKeyFile = (file: string): void => rmSync(file, { force: true })

/** The keys of a file, the one to seal with first. */
export function readKeyFile(file: string): string[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return []
    throw new HubError(
      'E_SECRET_KEY',
      `The key file ${file} cannot be read. It opens the stored secrets: let this user read it (chmod 600).`,
      { cause },
    )
  }
  const keys = text.split('\n').filter((line) => line !== '')
  if (keys.length > 0 && keys.every((key) => /^[0-9a-f]{64}$/.test(key))) return keys
  throw new HubError(
    'E_SECRET_KEY',
    `The key file ${file} is damaged: each line must be 64 hexadecimal digits. Restore it from a backup.`,
  )
}

function makeKeyFile(file: string): string[] {
  const keys = [newKey()]
  try {
    writeKeys(file, keys, 'wx')
    return keys
  } catch (error) {
    // Another process was quicker.
    const there = readKeyFile(file)
    if (there.length > 0) return there
    throw error
  }
}

/** On disk before anything is sealed with them: a box whose key is lost holds nothing. */
function writeKeys(file: string, keys: readonly string[], flag: 'wx' | 'w' = 'w'): void {
  const target = flag === 'wx' ? file : `${file}.new`
  const handle = openSync(target, flag, 0o600)
  try {
    writeSync(handle, `${keys.join('\n')}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  if (target !== file) renameSync(target, file)
  const folder = openSync(dirname(file), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

const newKey = (): string => randomBytes(KEY_BYTES).toString('hex')
const derived = (text: string): Buffer =>
  Buffer.from(hkdfSync('sha256', text, '', 'pombo stored secrets', KEY_BYTES))
/** Tells keys apart and nothing else of them. */
const keyIdOf = (text: string): string =>
  hash('sha256', Buffer.from(hkdfSync('sha256', text, '', 'pombo key id', KEY_BYTES)), 'hex').slice(0, 8)
