import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redact } from './redact.ts'

const redacted = (text: string): string => redact(Buffer.from(text)).toString('utf8')
const NAMES = [
  'token',
  'admintoken',
  'AdminToken',
  'apikey',
  'openai_apikey',
  'api_key',
  'password',
  'secret',
]

describe('redact', () => {
  it('changes the value and not one byte more', () => {
    expect(redacted('{ "a" : 1.0,\n\t"token"\t: "x\\"y" , "b":"é\\u00e9 👍" }')).toBe(
      '{ "a" : 1.0,\n\t"token"\t: "***" , "b":"é\\u00e9 👍" }',
    )
  })
  it('leaves text that speaks of tokens alone', () => {
    const text = '{"message":{"text":"token: abc, \\"token\\":\\"abc\\""},"tokens":["a"],"messageSecret":"b"}'
    const body = Buffer.from(text)
    expect(redact(body)).toBe(body)
  })
  it('leaves absent values alone', () => {
    const body = Buffer.from('{"token":"","apikey":null,"secret":false}')
    expect(redact(body)).toBe(body)
  })
  it('masks values of any type, whole', () => {
    expect(redacted('{"token":{"a":["}","x"]},"apikey":[1,2],"secret":17,"b":1}')).toBe(
      '{"token":"***","apikey":"***","secret":"***","b":1}',
    )
  })
  it('keeps bytes that are not UTF-8', () => {
    const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('","token":"abc"}')])
    const expected = Buffer.concat([
      Buffer.from('{"a":"'),
      Buffer.from([0xff]),
      Buffer.from('","token":"***"}'),
    ])
    expect(redact(body)).toEqual(expected)
  })
  it('masks the token of the instance wherever it stands', () => {
    const token = '0f0e0d0c-1111-4222-8333-444455556666'
    const text = `{"token":"${token}","url":"https://x.example/?token=${token}","message":{"text":"é ${token}!"}}`
    expect(redacted(text)).toBe(
      '{"token":"***","url":"https://x.example/?token=***","message":{"text":"é ***!"}}',
    )
  })
  it('lets nobody who writes choose what is masked', () => {
    expect(redacted('{"message":{"token":"EventTypeEvent","text":"EventTypeEvent"}}')).toBe(
      '{"message":{"token":"***","text":"EventTypeEvent"}}',
    )
  })
  it('takes a short token for a word', () => {
    expect(redacted('{"token":"abc","text":"abc"}')).toBe('{"token":"***","text":"abc"}')
  })
  it('masks what logs a number in', () => {
    expect(
      redacted(
        '{"instance":{"qrcode":"data:image/png;base64,AAAA","paircode":"1234-5678","status":"connecting"}}',
      ),
    ).toBe('{"instance":{"qrcode":"***","paircode":"***","status":"connecting"}}')
  })
  it.each([
    ['a form', 'event=messages&token=abc-def&x=1', 'event=messages&token=***&x=1'],
    ['half a body', '{"token": "abc-def', '{"token": "***'],
    ['JSON inside a text', 'body: {\\"token\\":\\"abc-def\\"}', 'body: {\\"token\\":\\"***\\"}'],
    ['an escaped quote in the value', '"token":"abc\\"def",', '"token":"***",'],
    ['a header', 'Authorization: Bearer abc-def\nHost: x', 'Authorization: ***\nHost: x'],
    ['a word in passing', 'the token is lost', 'the token is lost'],
  ])('masks what looks like a credential in %s', (_, text, expected) => {
    expect(redacted(text)).toBe(expected)
  })

  /** The same masking, done slowly on the parsed value. */
  const masked = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(masked)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => {
        const absent = one === '' || one === null || typeof one === 'boolean'
        return [key, NAMES.includes(key) && !absent ? '***' : masked(one)]
      }),
    )
  }
  const { value: json } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue({ maxDepth: 1 }),
      tie('holder'),
      fc.array(tie('value')),
    ),
    holder: fc.dictionary(
      fc.oneof(
        fc.constantFrom(...NAMES),
        fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__'),
      ),
      tie('value'),
      { noNullPrototype: true },
    ),
  }))
  /** And the instance's own token wherever else it stands. */
  const everywhere = (value: unknown, body: unknown): unknown => {
    const token = typeof body === 'object' && body !== null && 'token' in body ? body.token : undefined
    if (typeof token !== 'string' || token.length < 12) return value
    return JSON.parse(JSON.stringify(value).replaceAll(JSON.stringify(token).slice(1, -1), () => '***'))
  }
  it('agrees with masking the parsed value, however it is laid out', () => {
    fc.assert(
      fc.property(json, fc.constantFrom('', ' ', '\t'), (value, indent) => {
        const read: unknown = JSON.parse(redacted(JSON.stringify(value, null, indent)))
        const body: unknown = JSON.parse(JSON.stringify(value))
        expect(read).toEqual(everywhere(masked(body), body))
      }),
      { numRuns: 500 },
    )
  })
  it('never throws and never grows slow', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void redact(Buffer.from(bytes))))
    for (const text of [
      'token'.repeat(400_000),
      '"token":"'.repeat(200_000),
      `{"a":"${'\\\\'.repeat(500_000)}"}`,
    ]) {
      const begin = performance.now()
      redact(Buffer.from(text))
      expect(performance.now() - begin).toBeLessThan(2_000)
    }
  })
})
