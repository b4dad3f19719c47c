import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fold, hasWords } from './text.ts'

const anyText = fc.string({ unit: 'binary', maxLength: 40 })

describe('fold', () => {
  test.each([
    ['PREÇO', 'preco'],
    ['Olá', 'ola'],
    ['ﬁm', 'fim'],
    ['STRASSE', 'strasse'],
    ['Straße', 'strasse'],
    ['İstanbul', 'istanbul'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['ｈｅｌｐ', 'help'],
  ])('%s → %s', (text, folded) => {
    expect(fold(text)).toBe(folded)
  })

  test('keeps vowel signs, which make other words', () => {
    expect(fold('कि')).not.toBe(fold('का'))
  })

  test('folding twice changes nothing', () => {
    fc.assert(
      fc.property(anyText, (text) => fold(fold(text)) === fold(text)),
      { numRuns: 2000 },
    )
  })

  test('every single code point folds once and for all', () => {
    const unstable: string[] = []
    for (let point = 0; point <= 0x1ffff; point++) {
      const text = String.fromCodePoint(point)
      if (fold(fold(text)) !== fold(text)) unstable.push(point.toString(16))
    }
    expect(unstable).toEqual([])
  })

  test('case does not matter', () => {
    const letter = fc.constantFrom(...'aàãçéñßœøzабйёяαάςω0 /!🙂')
    fc.assert(fc.property(fc.string({ unit: letter }), (text) => fold(text.toUpperCase()) === fold(text)))
  })
})

describe('hasWords', () => {
  test.each([
    ['what is the price?', 'price', true],
    ['price', 'price', true],
    ['prices', 'price', false],
    ['overprice', 'price', false],
    ['price_list', 'price', false],
    ['prices and price', 'price', true],
    ['quero um cafe, bom dia!', 'bom dia', true],
    ['bom diamante', 'bom dia', false],
    ['see /help now', '/help', true],
    ['I like c++!', 'c++', true],
    ['да и нет', 'и', true],
    ['дина', 'и', false],
    ['a𝒳b', '𝒳', false],
    ['🐦price🐦', 'price', true],
    ['anything', '', false],
  ])('%s / %s: %s', (text, words, expected) => {
    expect(hasWords(text, words)).toBe(expected)
  })

  test('finds a word between any two separators, and never as a part of a longer one', () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/)
    const gap = fc.constantFrom(' ', ', ', '\n', '!', ' (', '🙂', '')
    fc.assert(
      fc.property(word, gap, gap, anyText, (needle, before, after, rest) => {
        const text = fold(`${rest} ${before}`) + needle + after
        expect(hasWords(text, needle)).toBe(true)
        expect(hasWords(`x${needle}`, needle) || hasWords(`${needle}1`, needle)).toBe(false)
      }),
    )
  })
})
