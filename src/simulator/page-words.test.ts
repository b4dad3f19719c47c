import { expect, test } from 'vitest'

/** The page is plain JavaScript, which the compiler does not look into. */
interface Words {
  WORDS: Record<string, Record<string, string>>
  pickLanguage(chosen: string | null, preferred: readonly string[]): string
  pickLocale(language: string, preferred: readonly string[]): string
}
const page: string = new URL('./page/words.js', import.meta.url).href
const { pickLanguage, pickLocale, WORDS } = (await import(page)) as Words

test.each([
  [['pt-PT', 'en'], 'pt-PT'],
  [['de-DE'], 'en'],
  [['en-US@posix'], 'en'],
  [['en-US@posix', 'en-GB'], 'en-GB'],
  [[], 'en'],
])('browser languages %j are dated as %s', (preferred, locale) => {
  const picked = pickLocale(pickLanguage(null, preferred), preferred)
  expect(picked).toBe(locale)
  expect(() => new Intl.DateTimeFormat(picked)).not.toThrow()
})

test.each(Object.keys(WORDS))('no two kinds of trouble have one name in %s', (language) => {
  const named = Object.entries(WORDS[language] ?? {}).filter(([word]) => word.startsWith('do_'))
  const names = named.map(([, name]) => name)
  expect(names).toEqual([...new Set(names)])
})
