import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { address } from './address.ts'
import { otherAddress, otherForm, phoneForms } from './phone.ts'

describe('numbers with two forms', () => {
  test.each([
    ['Brazil, new form', '5531988887777', '553188887777', true],
    ['Brazil, old form', '553188887777', '5531988887777', true],
    ['Brazil, old numbers of 6 and 7', '551176665555', '5511976665555', true],
    ['Mexico, as once dialled', '5215512345678', '525512345678', true],
    ['Mexico, today', '525512345678', '5215512345678', true],
    ['Argentina, mobile', '5491123456789', '541123456789', false],
    ['Argentina, without the 9', '541123456789', '5491123456789', false],
  ])('%s', (_name, digits, other, oneLine) => {
    expect(otherForm(digits)).toEqual({ digits: other, oneLine })
    expect(phoneForms(digits)).toEqual([digits, other])
  })

  test.each([
    ['a Brazilian landline', '551133334444'],
    ['a mobile number that would become a landline', '5511933334444'],
    ['an area code with a zero', '5510988887777'],
    ['too short', '55319888877'],
    ['too long', '55319888877771'],
    ['Mexico, a number that cannot be', '525012345678'.replace('5250', '5210')],
    ['Argentina, freephone', '548001234567'.slice(0, 11)],
    ['Portugal', '351912345678'],
    ['the United States', '15551234567'],
    ['nothing', ''],
    ['no digits', 'ana'],
  ])('%s has one form', (_name, digits) => {
    expect(otherForm(digits)).toBeUndefined()
    expect(phoneForms(digits)).toEqual([digits])
  })

  test('only phones have forms', () => {
    expect(otherAddress(address('private', '5531988887777'))).toBeUndefined()
    expect(otherAddress(address('group', '5531988887777'))).toBeUndefined()
    expect(otherAddress(address('phone', '5531988887777'))).toEqual({
      address: 'phone:553188887777',
      oneLine: true,
    })
  })
})

describe('whatever the digits', () => {
  const country = fc.constantFrom('55', '52', '521', '54', '549', '1', '351', '')
  const number = fc
    .tuple(country, fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 0, maxLength: 13 }))
    .map(([code, digits]) => code + digits.join(''))

  test('forms come in pairs that name each other', () => {
    fc.assert(
      fc.property(number, (digits) => {
        const other = otherForm(digits)
        if (other === undefined) return
        expect(other.digits).not.toBe(digits)
        expect(otherForm(other.digits)).toEqual({ digits, oneLine: other.oneLine })
      }),
      { numRuns: 2_000 },
    )
  })

  test('two numbers of one form never share the other one', () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        const [x, y] = [otherForm(a), otherForm(b)]
        if (a !== b && x && y) expect(x.digits).not.toBe(y.digits)
      }),
      { numRuns: 2_000 },
    )
  })

  test('a Brazilian landline is never a form of anything', () => {
    const landline = fc
      .tuple(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 2_000_0000, max: 5_999_9999 }),
      )
      .map(([a, b, rest]) => `55${a}${b}${rest}`)
    fc.assert(
      fc.property(landline, (digits) => {
        expect(otherForm(digits)).toBeUndefined()
        expect(otherForm(`${digits.slice(0, 4)}9${digits.slice(4)}`)).toBeUndefined()
      }),
    )
  })
})
