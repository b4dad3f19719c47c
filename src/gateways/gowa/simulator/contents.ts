import { createHash } from 'node:crypto'
import { address as makeAddress } from '../../../core/address.ts'
import type { Content, Media, Party, SharedContact } from '../../../core/events.ts'
import type { Happening, SimulatedNumber } from '../../../simulator/port.ts'
import { type Struct, struct } from './go.ts'

/** What both generations write alike. */

/** An id in WhatsApp's style for facts that have one on the wire and none in the hub's vocabulary. */
export const idFor = (...parts: string[]): string =>
  `3EB0${createHash('sha256').update(parts.join(' ')).digest('hex').slice(0, 16).toUpperCase()}`

/** `delivered`, `read` and `read-self` are all GOWA ever sends. */
export function receiptType(
  fact: Extract<Happening['fact'], { kind: 'receipt' }>,
): { type: string; words: string } | undefined {
  if (fact.self) {
    return fact.state === 'read'
      ? { type: 'read-self', words: 'the message was read on another own device' }
      : undefined
  }
  if (fact.state === 'delivered') return { type: 'delivered', words: 'the message reached the device' }
  return fact.state === 'read'
    ? { type: 'read', words: 'the chat was opened and the message seen' }
    : undefined
}

export const ownPartyOf = (number: SimulatedNumber): Party => ({
  address: makeAddress('phone', number.digits),
  aliases: [makeAddress('private', number.privateDigits)],
})

/** With automatic download off GOWA hands on WhatsApp's own address: encrypted, so of no use. */
export const ENCRYPTED = 'https://mmg.whatsapp.net/v/t62.7118-24/0_0_n.enc?ccb=11-4'

/** GOWA does not tell voice notes from other audio. */
export function fieldOf(type: Extract<Content, { media: Media }>['type']): string {
  if (type === 'voice') return 'audio'
  return type === 'video-note' ? 'video_note' : type
}
/** Where GOWA put the file; undefined: it did not download it. */
export function pathOf({ source }: Media, field: string, { at }: Happening): string | undefined {
  if (source.type === 'gateway') return undefined
  if (source.type === 'path') return source.path
  const name = /\.[0-9a-z]{2,5}$/i.exec(source.url.split(/[?#]/)[0] ?? '')?.[0] ?? ''
  return `statics/media/${Math.floor(at / 1000)}-${idFor(field, source.url).toLowerCase()}${name}`
}

/**
 * Contents that GOWA hands on as whatsmeow's own structures, fields in their order. A poll, a tap on a
 * button or anything it does not know (≤ 9.2) is a message with nothing in it.
 * @param contact how this generation writes one card, and whether it writes several
 */
export function structured(
  content: Content,
  contact: { one(card: SharedContact): Struct; several: boolean },
): Record<string, unknown> {
  switch (content.type) {
    case 'location':
      return place(content)
    case 'contacts': {
      const [first, ...more] = content.contacts.map(contact.one)
      if (more.length === 0) return { contact: first }
      return contact.several ? { contacts_array: [first, ...more] } : {}
    }
    case 'menu':
      return { list: list(content) }
    case 'order':
      return {
        order: struct({
          orderID: content.id,
          itemCount: content.items,
          status: 1,
          surface: 1,
          message: content.text,
          totalCurrencyCode: content.currency,
        }),
      }
    case 'unsupported':
      return Object.hasOwn(SHOWN_ONLY, content.wire) ? { [content.wire]: SHOWN_ONLY[content.wire] } : {}
    default:
      return {}
  }
}

/** One that goes on being shared has a structure of its own, which knows no name. */
function place(content: Extract<Content, { type: 'location' }>): Record<string, unknown> {
  const { latitude, longitude, name, address, live, text } = content
  const where = { degreesLatitude: latitude, degreesLongitude: longitude }
  if (live && name === undefined && address === undefined) {
    return { live_location: struct({ ...where, caption: text, sequenceNumber: 1, timeOffset: 0 }) }
  }
  return { location: struct({ ...where, name, address, isLive: live || undefined, comment: text }) }
}

const list = (content: Extract<Content, { type: 'menu' }>): Struct =>
  struct({
    description: content.text || undefined,
    buttonText: 'Menu',
    listType: 1,
    sections: [
      struct({
        rows: content.options.map(({ id, text, description }) =>
          struct({ title: text, description, rowID: id }),
        ),
      }),
    ],
    footerText: content.footer,
  })

/** ≤ 8.4: whatsmeow's own structure. */
export const rawContact = (card: SharedContact): Struct =>
  struct({ displayName: card.name, vcard: vcard(card) })

/** The card as WhatsApp writes it. */
export function vcard({ name, phones, organization }: SharedContact): string {
  const plain = (value: string) => value.replace(/[\\,;]/g, '\\$&').replace(/\r?\n/g, '\\n')
  const firm = organization === undefined ? [] : [`ORG:${plain(organization)};`]
  const numbers = phones.map((phone) => `TEL;type=CELL;waid=${phone.replace(/\D/g, '')}:${phone}`)
  const lines = [`N:;${plain(name)};;;`, `FN:${plain(name)}`, ...firm, ...numbers]
  return ['BEGIN:VCARD', 'VERSION:3.0', ...lines, 'END:VCARD'].join('\n')
}

/** Structures the hub shows without reading them. */
const SHOWN_ONLY: Readonly<Record<string, unknown>> = {
  location: struct({}),
  contact: struct({}),
  list: struct({ listType: 1 }),
  order: struct({}),
  interactive: 'Menu',
}
