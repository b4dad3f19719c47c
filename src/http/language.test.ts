import { expect, test } from 'vitest'
import { preferredLanguage } from './language.ts'

test.each([
  [undefined, 'en'],
  ['', 'en'],
  ['pt-BR,pt;q=0.9,en;q=0.8', 'pt-BR'],
  ['pt-PT', 'pt-BR'],
  ['es-AR', 'es'],
  ['de-DE,de;q=0.9', 'en'],
  ['de, es;q=0.5, en;q=0.4', 'es'],
  ['en;q=0.1, es;q=0.9', 'es'],
  ['es;q=0, pt', 'pt-BR'],
  ['*', 'en'],
  [',;;=q,pt;q=x', 'en'],
  [`${'x'.repeat(600)},es`, 'en'],
])('%s → %s', (accepted, language) => {
  expect(preferredLanguage(accepted)).toBe(language)
})
