import type { SharedContact } from '../../core/events.ts'

/** One unfolded line: an optional group, the property, its parameters, and the value. */
const LINE = /^(?:[\w-]{1,40}\.)?([\w-]{1,40})(;[^:]{0,1000})?:(.*)$/s

/**
 * A contact as WhatsApp shares it: a name beside a vCard (RFC 6350 and its elders, as phones write them).
 * Numbers stay as written on the card. Undefined when there is neither a name nor a number.
 */
export function readSharedContact(displayName: string, card: string): SharedContact | undefined {
  const unfolded = card.replace(/\r\n?/g, '\n').replace(/\n[ \t]/g, '')
  let fullName = ''
  let organization = ''
  const phones: string[] = []
  for (const line of unfolded.split('\n')) {
    const [, property = '', , value = ''] = LINE.exec(line) ?? []
    switch (property.toUpperCase()) {
      case 'FN':
        fullName ||= plain(value)
        break
      case 'ORG':
        organization ||= value
          .split(/(?<!\\);/)
          .map(plain)
          .filter(Boolean)
          .join(', ')
        break
      case 'TEL':
        phones.push(plain(value).replace(/^tel:/i, ''))
    }
  }
  const name = displayName || fullName
  if (name === '' && phones.length === 0) return undefined
  return { name, phones: phones.filter(Boolean), ...(organization !== '' && { organization }) }
}

const plain = (value: string): string =>
  value.replace(/\\([nN,;:\\])/g, (_, char: string) => (char === 'n' || char === 'N' ? '\n' : char)).trim()

/** The inverse: a card as WhatsApp's own apps write it, as far as the hub knows a contact. */
export function writeCard({ name, phones, organization }: SharedContact): string {
  const lines = [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `N:;${escaped(name)};;;`,
    `FN:${escaped(name)}`,
    ...(organization === undefined ? [] : [`ORG:${escaped(organization)};`]),
    ...phones.map((phone) => `TEL;type=CELL;waid=${phone.replace(/\D/g, '')}:${escaped(phone)}`),
    'END:VCARD',
  ]
  return lines.join('\n')
}
const escaped = (value: string): string => value.replace(/[\\,;]/g, '\\$&').replace(/\n/g, '\\n')
