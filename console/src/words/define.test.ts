import { describe, expect, test } from 'vitest'
import { defineWords, LANGUAGES, pickLanguage, type Text, translator } from './define.ts'

const words = defineWords({
  en: { plain: 'Save', hello: 'Hello {name}', people: { one: '{n} person', other: '{n} people' } },
  'pt-BR': { plain: 'Salvar', hello: 'Olá, {name}', people: { one: '{n} pessoa', other: '{n} pessoas' } },
  es: { plain: 'Guardar', hello: 'Hola, {name}', people: { one: '{n} persona', other: '{n} personas' } },
})

describe('words', () => {
  test('are filled in, and numbers written as the language writes them', () => {
    expect(translator(words, 'en')('plain')).toBe('Save')
    expect(translator(words, 'es')('hello', { name: 'Ana' })).toBe('Hola, Ana')
    expect(translator(words, 'en')('people', { n: 1 })).toBe('1 person')
    expect(translator(words, 'en')('people', { n: 12_345 })).toBe('12,345 people')
    expect(translator(words, 'pt-BR')('people', { n: 12_345 })).toBe('12.345 pessoas')
    expect(translator(words, 'pt-BR')('people', { n: 2_000_000 })).toBe('2.000.000 pessoas')
    expect(translator(words, 'pt-BR')('people', { n: 0 })).toBe('0 pessoa')
    expect(translator(words, 'es')('people', { n: 0 })).toBe('0 personas')
  })

  test('what is filled in is never read as a text again', () => {
    expect(translator(words, 'en')('hello', { name: '{n} $& <b>' })).toBe('Hello {n} $& <b>')
  })

  test('a missing, superfluous or unfilled one is a compile error', () => {
    const es = { plain: '', hello: '', people: { one: '', other: '' } }
    // @ts-expect-error a key is missing in one language
    defineWords({ en: { plain: '', more: '' }, 'pt-BR': { plain: '' }, es: { plain: '', more: '' } })
    // @ts-expect-error one language has a key that English has not
    defineWords({ en: { plain: '' }, 'pt-BR': { plain: '', other: '' }, es: { plain: '' } })
    // @ts-expect-error a plural stays one
    defineWords({ en: words.en, 'pt-BR': { ...es, people: '' }, es })
    const t = translator(words, 'en')
    // @ts-expect-error the name is missing
    t('hello')
    // @ts-expect-error there is no such text
    t('nothing')
    // @ts-expect-error a count is a number
    t('people', { n: '3' })
  })
})

test('the language is the first of the browser’s that we speak', () => {
  expect(pickLanguage(['de-AT', 'pt-PT', 'en'])).toBe('pt-BR')
  expect(pickLanguage(['es-419'])).toBe('es')
  expect(pickLanguage(['en-GB', 'es'])).toBe('en')
  expect(pickLanguage(['ja'])).toBe('en')
  expect(pickLanguage([])).toBe('en')
})

const modules = import.meta.glob<Record<string, unknown>>(['../**/words.ts', './common.ts'], { eager: true })
const holes = (text: Text): string[] =>
  [
    ...new Set(
      Object.values(typeof text === 'string' ? { text } : text)
        .join(' ')
        .match(/\{\w+\}/g),
    ),
  ].sort()

describe.each(Object.entries(modules))('%s', (_path, module) => {
  test.each(Object.entries(module))(
    '%s: every language fills in the same and says something',
    (_name, all) => {
      const texts = all as Record<string, Record<string, Text>>
      for (const language of LANGUAGES)
        for (const [key, text] of Object.entries(texts[language] ?? {})) {
          expect([language, key, holes(text)]).toEqual([language, key, holes(texts.en?.[key] ?? '')])
          expect(Object.values(typeof text === 'string' ? { text } : text)).not.toContain('')
        }
    },
  )
})
