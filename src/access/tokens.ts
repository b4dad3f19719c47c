import { hash } from 'node:crypto'

const TOKEN_BYTES = 32
/** What every key begins with, so that it is recognised where it should not be. */
const KEY_BEGINS = 'pombo_'
const PREFIX_LENGTH = KEY_BEGINS.length + 6

/** What stands for a secret in the store. Secrets here are random, so they need no slow hash. */
export const hashToken = (token: string): string => hash('sha256', token)

/** @param bytes a source of that many random bytes */
export const makeToken = (bytes: (size: number) => Uint8Array): string =>
  Buffer.from(bytes(TOKEN_BYTES)).toString('base64url')

export const makeKey = (bytes: (size: number) => Uint8Array): string => `${KEY_BEGINS}${makeToken(bytes)}`

/** The part of a key that may be shown. */
export const prefixOf = (key: string): string => key.slice(0, PREFIX_LENGTH)
