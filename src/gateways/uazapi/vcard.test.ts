import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readSharedContact, writeCard } from './vcard.ts'

describe('cards', () => {
  it.each<[string, string, string, ReturnType<typeof readSharedContact>]>([
    ['nothing', '', '', undefined],
    ['a name only', 'Ana', '', { name: 'Ana', phones: [] }],
    ['the name on the card', '', 'BEGIN:VCARD\nFN:Ana\nEND:VCARD', { name: 'Ana', phones: [] }],
    ['a number without a name', '', 'TEL:+55 11 95555-0101', { name: '', phones: ['+55 11 95555-0101'] }],
    [
      'folded lines, Windows line ends, groups and parameters',
      'Ana',
      'item1.TEL;type=CELL;waid=5511955550101:+55 11\r\n  95555-0101\r\ntel;VALUE=uri:tel:+1-201-555-0123\r\n',
      { name: 'Ana', phones: ['+55 11 95555-0101', '+1-201-555-0123'] },
    ],
    [
      'an organization of several parts, escapes',
      'Ana',
      'ORG:Feira\\, Livre\\; Ltda;Frutas;',
      { name: 'Ana', phones: [], organization: 'Feira, Livre; Ltda, Frutas' },
    ],
    ['what is no card', 'Ana', '\0:::\n;;;:\nTEL', { name: 'Ana', phones: [] }],
  ])('%s', (_, name, card, expected) => expect(readSharedContact(name, card)).toEqual(expected))

  it('are read as they were written', () => {
    const line = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.trim() === text)
    const written = line.filter((text) => !/[\r\n\\]/.test(text))
    const contact = fc.record({
      name: written,
      phones: fc.array(fc.stringMatching(/^\+?[0-9][0-9 ()-]{3,14}[0-9]$/), { maxLength: 3 }),
      organization: written,
    })
    fc.assert(
      fc.property(contact, (one) => {
        expect(readSharedContact('', writeCard(one))).toEqual(one)
      }),
    )
  })
  it('never grow slow', () => {
    for (const card of ['TEL:1\n'.repeat(200_000), 'A;'.repeat(500_000), '\n '.repeat(500_000)]) {
      const begin = performance.now()
      readSharedContact('', card)
      expect(performance.now() - begin).toBeLessThan(2_000)
    }
  })
})
