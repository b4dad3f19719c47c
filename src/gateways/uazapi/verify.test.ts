import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { WebhookCredentials } from '../../core/gateway.ts'
import { verify } from './verify.ts'

const KEY = 'invented-url-key'
const SECRET = 'invented-secret'
const body = Buffer.from('{"EventType":"messages"}')
const signature = createHmac('sha256', SECRET).update(body).digest('hex')

const ok = (credentials: Partial<WebhookCredentials>, urlKey?: string, header?: string): boolean =>
  verify(
    { headers: { 'x-webhook-signature': header }, body, ...(urlKey !== undefined && { urlKey }) },
    { secrets: [], insecure: false, ...credentials },
  ).ok

describe('the proof of a delivery', () => {
  it('is the key in the URL', () => {
    expect(ok({ key: KEY }, KEY)).toBe(true)
    expect(ok({ key: KEY }, 'another-url-key')).toBe(false)
    expect(ok({ key: KEY })).toBe(false)
  })
  it('is the key and the signature where both are configured', () => {
    const both = { key: KEY, secrets: ['older-secret', SECRET] }
    expect(ok(both, KEY, signature)).toBe(true)
    expect(ok(both, KEY)).toBe(false)
    expect(ok(both, undefined, signature)).toBe(false)
  })
  it('is the signature alone where there is no key', () => {
    expect(ok({ secrets: [SECRET] }, undefined, signature)).toBe(true)
    expect(ok({ secrets: [SECRET] }, 'any-key', signature.replace(/.$/, 'x'))).toBe(false)
  })
  it('an empty key is no key', () => {
    expect(ok({ key: '' }, '')).toBe(false)
  })
  it('insecure stands for having nothing, and switches nothing off', () => {
    expect(ok({ insecure: true })).toBe(true)
    expect(ok({ insecure: true, key: KEY })).toBe(false)
    expect(ok({ insecure: true, secrets: [SECRET] })).toBe(false)
  })
  it('agrees with the published vector of RFC 4231, case 2', () => {
    const hex = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'
    const delivery = {
      headers: { 'x-webhook-signature': hex },
      body: Buffer.from('what do ya want for nothing?'),
    }
    expect(verify(delivery, { secrets: ['Jefe'], insecure: false }).ok).toBe(true)
  })
})
