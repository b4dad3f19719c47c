import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ERRORS, HubError } from '../src/core/errors.ts'

const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8')
const sections = page.split(/^### /m).slice(1)

describe('the catalogue and docs/errors.md', () => {
  test('have the same codes, each once', () => {
    const documented = sections.map((section) => section.slice(0, section.indexOf('\n')))
    expect(documented.toSorted()).toEqual(Object.keys(ERRORS).toSorted())
  })

  test.each(Object.entries(ERRORS))(
    '%s says what was wrong, what is allowed and what to do',
    (code, { about }) => {
      const section = sections.find((text) => text.startsWith(`${code}\n`)) ?? ''
      expect(section).toMatch(/^- \*\*Allowed:\*\* \S/m)
      expect(section).toMatch(/^- \*\*Do:\*\* \S/m)
      // The page opens a section with the catalogue's own words, at least their gist.
      const words = (text: string) => new Set(text.toLowerCase().match(/[a-z]{4,}/g))
      expect([...words(about)].filter((word) => words(section).has(word)).length).toBeGreaterThanOrEqual(2)
    },
  )
})

test('an error carries its code’s status', () => {
  expect(new HubError('E_TOO_LARGE', 'x').status).toBe(413)
})
