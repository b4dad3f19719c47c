import type { SharedContact } from '../../../core/events.ts'

/**
 * What a person reads on a card: its name, numbers and firm. Lines that continue the one before are joined
 * first; groups (`item1.TEL`) and parameters (`TEL;waid=…`) are allowed for; unknown lines are skipped.
 */
export function readCard(vcard: string): { name?: string; phones: string[]; organization?: string } {
  const found: { name?: string; phones: string[]; organization?: string } = { phones: [] }
  for (const line of vcard.replace(/\r?\n[ \t]/g, '').split(/\r?\n/)) {
    const [, name = '', text = ''] = LINE.exec(line) ?? []
    const value = text.trim()
    if (value === '') continue
    switch (name.toUpperCase()) {
      case 'FN':
        found.name ??= plain(value)
        break
      case 'TEL':
        if (found.phones.length < MOST_PHONES && !found.phones.includes(value)) found.phones.push(value)
        break
      case 'ORG':
        found.organization ??= parts(value).join(', ') || undefined
        break
    }
  }
  return found
}
/** A card of millions of numbers is nobody's; what is beyond stays in the payload. */
const MOST_PHONES = 50
const LINE = /^(?:[\w-]+\.)?(FN|TEL|ORG)(?:;[^:]*)?:(.*)$/i
/** Parts of a value that has several, the empty ones left out. */
const parts = (value: string): string[] =>
  (value.match(/(?:\\.|[^;\\])+/g) ?? []).map(plain).filter((one) => one !== '')
/** Escapes of the format taken back. */
const plain = (value: string): string =>
  value.replace(/\\([\\,;nN])/g, (_, char: string) => (char === 'n' || char === 'N' ? '\n' : char))

/** The card a message shares; undefined when it says nothing. */
export function sharedContact(wire: {
  displayName?: string
  vcard?: string
  phone_number?: string
}): SharedContact | undefined {
  const card = readCard(wire.vcard ?? '')
  const phones = card.phones.length === 0 && wire.phone_number ? [wire.phone_number] : card.phones
  const name = wire.displayName ?? card.name ?? card.organization ?? phones[0]
  if (name === undefined) return undefined
  return { name, phones, ...(card.organization !== undefined && { organization: card.organization }) }
}
