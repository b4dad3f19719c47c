import { describe, expect, it } from 'vitest'
import { settings } from './config.ts'

const faults = (value: unknown): string => {
  const result = settings.safeParse(value)
  return result.success ? '' : result.error.issues.map((one) => one.message).join('; ')
}

describe('settings', () => {
  it('take a token', () => {
    expect(settings.parse({ token: '0f0e0d0c-1111' })).toEqual({ token: '0f0e0d0c-1111' })
  })
  it.each<[string, unknown]>([
    ['missing', {}],
    ['short', { token: 'hunter2-abc' }],
    ['no text', { token: 123456789012 }],
    ['of two lines', { token: 'hunter2-abcdef\r\nx-admin: 1' }],
  ])('a token that is %s is refused by the name of its key, without its value', (_, value) => {
    const text = faults(value)
    expect(text).toContain('token')
    expect(text).not.toMatch(/hunter2|123456789012/)
  })
  it('a misspelt key is a fault', () => {
    expect(faults({ token: '0f0e0d0c-1111', tokne: 'hunter2' })).toContain('tokne')
  })
})
