import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { addKey, dropOldKeys, keyFileOf, openSecretBox } from './secret-box.ts'

const KEY = 'a first key of more than thirty-two characters'
const OTHER = 'another key of more than thirty-two characters'

describe('with a key of the environment', () => {
  const box = openSecretBox({ secretKey: KEY })

  test('opens what it sealed, whatever it is, and shows nothing of it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 4 }), (text) => {
        const sealed = box.seal(text, 'instance x')
        expect(box.open(sealed, 'instance x')).toBe(text)
        expect(sealed).toMatch(/^v1\.[0-9a-f]{8}\.[\w-]+$/)
        expect(Buffer.from(sealed.split('.')[2]!, 'base64url').includes(text)).toBe(false)
      }),
    )
  })

  test('never seals alike twice', () => {
    expect(box.seal('same', 'x')).not.toBe(box.seal('same', 'x'))
  })

  test('opens no box that belongs to something else, and none that was changed', () => {
    const sealed = box.seal('a secret text', 'instance sales')
    expect(() => box.open(sealed, 'instance support')).toThrow(/instance support are damaged/)
    const [form, id, bytes = ''] = sealed.split('.')
    const raw = Buffer.from(bytes, 'base64url')
    for (let at = 0; at < raw.length; at += 1) {
      const bad = Buffer.from(raw)
      bad[at]! ^= 1
      expect(() => box.open([form, id, bad.toString('base64url')].join('.'), 'instance sales')).toThrow(
        /damaged/,
      )
    }
  })

  test('with another key the refusal names both keys by their ids and says what to do', () => {
    const sealed = box.seal('a secret text', 'instance sales')
    const error = (() => {
      try {
        openSecretBox({ secretKey: OTHER }).open(sealed, 'instance sales')
      } catch (thrown) {
        return thrown as Error
      }
    })()
    expect(error).toMatchObject({ code: 'E_SECRET_KEY' })
    expect(error?.message).toMatch(/instance sales .* POMBO_SECRET_KEY .*POMBO_SECRET_KEY_OLD/)
    expect(error?.message).not.toContain(KEY)
    expect(error?.message).not.toContain(OTHER)
  })

  test('the former key goes on opening, and seals nothing', () => {
    const sealed = box.seal('a secret text', 'x')
    const both = openSecretBox({ secretKey: OTHER, oldSecretKey: KEY })
    expect(both.open(sealed, 'x')).toBe('a secret text')
    expect(both.isCurrent(sealed)).toBe(false)
    const anew = both.seal('a secret text', 'x')
    expect(both.isCurrent(anew)).toBe(true)
    expect(openSecretBox({ secretKey: OTHER }).open(anew, 'x')).toBe('a secret text')
  })
})

test('without a key and a place for one nothing is sealed', () => {
  expect(() => openSecretBox({}).seal('a', 'x')).toThrow(/Set POMBO_SECRET_KEY .*openssl rand -hex 32/)
})

describe('with a generated key', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pombo-key-'))
    file = keyFileOf(join(folder, 'hub.db'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('makes it when something is sealed first, for its owner only', () => {
    const box = openSecretBox({ file })
    expect(() => statSync(file)).toThrow(/ENOENT/)
    const sealed = box.seal('a secret text', 'x')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(openSecretBox({ file }).open(sealed, 'x')).toBe('a secret text')
  })

  test('two that make it at once go on with the same one', () => {
    const first = openSecretBox({ file })
    const second = openSecretBox({ file })
    const sealed = first.seal('one', 'x')
    second.seal('two', 'x')
    expect(second.open(sealed, 'x')).toBe('one')
  })

  test('a change of keys that stops half way goes on with the same new key', () => {
    const sealed = openSecretBox({ file }).seal('a secret text', 'x')
    expect(addKey(file)).toBe(true)
    const meanwhile = readFileSync(file, 'utf8')
    expect(addKey(file)).toBe(false)
    expect(readFileSync(file, 'utf8')).toBe(meanwhile)
    const box = openSecretBox({ file })
    expect(box.isCurrent(sealed)).toBe(false)
    const anew = box.seal(box.open(sealed, 'x'), 'x')
    dropOldKeys(file)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(openSecretBox({ file }).open(anew, 'x')).toBe('a secret text')
    expect(() => openSecretBox({ file }).open(sealed, 'x')).toThrow(/E_SECRET_KEY|encrypted with the key/)
  })

  test('the key of the environment goes before it, which goes on opening', () => {
    const sealed = openSecretBox({ file }).seal('a secret text', 'x')
    const box = openSecretBox({ file, secretKey: KEY })
    expect(box.open(sealed, 'x')).toBe('a secret text')
    expect(box.isCurrent(sealed)).toBe(false)
    expect(openSecretBox({ secretKey: KEY }).open(box.seal('b', 'x'), 'x')).toBe('b')
  })

  test('a damaged file is told, without what it holds', () => {
    writeFileSync(file, 'no key at all\n')
    expect(() => openSecretBox({ file })).toThrow(/is damaged: each line must be 64/)
  })
})
