import { z } from 'zod'
import type { Address } from '../../../core/address.ts'
import type { Content, MenuOption, Referral } from '../../../core/events.ts'
import { isPerson, parseJid } from './address.ts'
import {
  count,
  flag,
  isObject,
  isThere,
  listOf,
  number,
  objectAs,
  type Raw,
  reader,
  word,
  words,
} from './fields.ts'
import { sharedContact } from './vcard.ts'

/**
 * Contents that GOWA hands on as Go writes whatsmeow's own structures: absent fields left out, enums as
 * numbers, bytes as base64. The same in every generation, except contacts.
 */

/** What stands around a content in its own structure, wherever GOWA did not spell it out itself. */
export interface Context {
  repliedTo?: string
  quoted?: string
  forwarded?: boolean
  mentions: Address[]
}
/** `content` is missing when the structure is there and cannot be read. */
export interface RawContent {
  content?: Content
  context?: Context
  /** It is a vote in a poll, not a message. */
  vote?: { target: string; options: string[] }
}

const WireContext = z.object({
  stanzaID: word,
  mentionedJID: words,
  isForwarded: flag,
  quotedMessage: objectAs((value) => z.object({ conversation: word }).parse(value)),
})
const context = objectAs((value): Context => {
  const wire = WireContext.parse(value)
  const mentions = wire.mentionedJID.flatMap((one) => parseJid(one)?.address ?? []).filter(isPerson)
  return {
    mentions: [...new Set(mentions)],
    ...(wire.stanzaID !== undefined && { repliedTo: wire.stanzaID }),
    ...(wire.quotedMessage?.conversation !== undefined && { quoted: wire.quotedMessage.conversation }),
    ...(wire.isForwarded === true && { forwarded: true }),
  }
})

/** A field that holds such a structure: undefined when there is nothing, empty when it is no readable one. */
const raw = (read: (value: Raw) => RawContent) =>
  reader((value): RawContent | undefined => {
    if (!isThere(value)) return undefined
    return isObject(value) ? read(value) : {}
  })
const found = (content: Content | undefined, around: Context | undefined): RawContent => ({
  ...(content && { content }),
  ...(around && { context: around }),
})
/** `name: value` when there is a value, so that it can be spread. */
const some = <K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } =>
  value === undefined ? {} : ({ [name]: value } as { [P in K]?: V })

const Location = z.object({
  degreesLatitude: number,
  degreesLongitude: number,
  name: word,
  address: word,
  comment: word,
  caption: word,
  isLive: flag,
  contextInfo: context,
})
const place = (always: boolean) =>
  raw((value) => {
    const wire = Location.parse(value)
    const { degreesLatitude: latitude, degreesLongitude: longitude } = wire
    const readable =
      latitude !== undefined &&
      longitude !== undefined &&
      Math.abs(latitude) <= 90 &&
      Math.abs(longitude) <= 180
    if (!readable) return found(undefined, wire.contextInfo)
    const content: Content = {
      type: 'location',
      latitude,
      longitude,
      ...some('name', wire.name),
      ...some('address', wire.address),
      ...((always || wire.isLive === true) && { live: true }),
      ...some('text', wire.caption ?? wire.comment),
    }
    return found(content, wire.contextInfo)
  })

/** ≥ 8.5.0 `{displayName,vcard,phone_number?}`; before, whatsmeow's own structure with the first two. */
const Contact = z.object({ displayName: word, vcard: word, phone_number: word, contextInfo: context })
const contact = raw((value) => {
  const wire = Contact.parse(value)
  const shared = sharedContact(wire)
  return found(shared && { type: 'contacts', contacts: [shared] }, wire.contextInfo)
})
/** ≥ 8.3.2. */
const cards = listOf((value) => sharedContact(Contact.parse(value)))
const contacts = reader((value): RawContent | undefined => {
  if (!isThere(value)) return undefined
  const list = cards.parse(value) ?? []
  return list.length === 0 ? {} : { content: { type: 'contacts', contacts: list } }
})

const Row = z.object({ title: word, description: word, rowID: word })
const option = (value: Raw): MenuOption | undefined => {
  const { title, description, rowID } = Row.parse(value)
  const label = title ?? description
  if (label === undefined) return undefined
  return { ...some('id', rowID), text: label, ...some('description', title && description) }
}
const List = z.object({
  title: word,
  description: word,
  footerText: word,
  sections: listOf((value) => z.object({ rows: listOf(option) }).parse(value).rows ?? []),
  contextInfo: context,
})
const list = raw((value) => {
  const wire = List.parse(value)
  const options = wire.sections?.flat() ?? []
  const said = [wire.title, wire.description].filter((one) => one !== undefined).join('\n')
  if (options.length > 0) {
    const content: Content = { type: 'menu', text: said, options, ...some('footer', wire.footerText) }
    return found(content, wire.contextInfo)
  }
  return found(said === '' ? undefined : { type: 'unsupported', wire: 'list', text: said }, wire.contextInfo)
})
const Order = z.object({
  orderID: word,
  orderTitle: word,
  message: word,
  itemCount: count,
  totalCurrencyCode: word,
  contextInfo: context,
})
const order = raw((value) => {
  const wire = Order.parse(value)
  const said = wire.message ?? wire.orderTitle
  if (wire.orderID === undefined && wire.itemCount === undefined && said === undefined) {
    return found(undefined, wire.contextInfo)
  }
  const content: Content = {
    type: 'order',
    ...some('id', wire.orderID),
    ...some('items', wire.itemCount),
    ...some('currency', wire.totalCurrencyCode),
    ...some('text', said),
  }
  return found(content, wire.contextInfo)
})

/**
 * ≥ 9.1.0 GOWA writes a business message with native buttons as text: title, body, footer, then a line per
 * button: `[label]`, or a sign, label and value for a link (🔗), call (📞) or code (📋). Only such lines at
 * the end are buttons; without any it stays the text it is.
 */
const interactive = reader((value): RawContent | undefined => {
  if (!isThere(value)) return undefined
  if (typeof value !== 'string') return {}
  const rest = value.split('\n')
  const options: MenuOption[] = []
  for (;;) {
    const match = BUTTON.exec(rest.at(-1) ?? '')
    if (!match) break
    const label = match[1] ?? match[2] ?? ''
    options.push({ text: label, ...some('description', match[3]) })
    rest.pop()
  }
  if (options.length === 0) return { content: { type: 'unsupported', wire: 'interactive', text: value } }
  return { content: { type: 'menu', text: rest.join('\n'), options: options.reverse() } }
})
const BUTTON = /^(?:\[(.+)\]|(?:🔗|📞|📋) (.+?): (.+))$/u

const names = listOf((value) => z.object({ name: word }).parse(value).name)
const Poll = z.object({
  type: word,
  poll_id: word,
  question: word,
  options: names,
  selectable_options_count: count,
  selected_options: reader((value) =>
    Array.isArray(value) && value.every((one): one is string => typeof one === 'string') ? value : undefined,
  ),
  resolution_status: word,
})
/**
 * Source after 9.2.0: a poll, a vote in one, or a change of one; before, polls come without any content.
 * GOWA knows the names of what was voted only of polls it has seen and votes it can open; anything less
 * than all of them says nothing certain. Its own words about it in the text are not the sender's.
 */
const poll = raw((value) => {
  const { type, poll_id: target, question, options = [], ...wire } = Poll.parse(value)
  if (type === 'creation' && question !== undefined && options.length > 0) {
    const choices = wire.selectable_options_count ?? 0
    return { content: { type: 'poll', text: question, options, choices } }
  }
  const certain = wire.resolution_status === 'resolved' ? wire.selected_options : undefined
  return type === 'vote' && target !== undefined && certain ? { vote: { target, options: certain } } : {}
})

const WireReferral = z.object({
  ctwa_clid: word,
  source_id: word,
  source_url: word,
  source_type: word,
  source_app: word,
  ad_title: word,
  ad_body: word,
})
/** ≥ 8.4.0. Pictures and switches of the advertisement stay in the payload only. */
export const referral = objectAs((value): Referral | undefined => {
  const wire = WireReferral.parse(value)
  const read: Referral = {
    ...some('clickId', wire.ctwa_clid),
    ...some('sourceId', wire.source_id),
    ...some('sourceUrl', wire.source_url),
    ...some('sourceType', wire.source_type ?? wire.source_app),
    ...some('title', wire.ad_title),
    ...some('text', wire.ad_body),
  }
  return Object.keys(read).length === 0 ? undefined : read
})

/** The fields of a message that hold contents, media aside: the same names in every generation. */
export const contents = {
  contact,
  contacts_array: contacts,
  location: place(false),
  live_location: place(true),
  list,
  order,
  poll,
  interactive,
  /** Files of an interactive message; what it says stands in `interactive`. */
  interactive_media: reader((value): RawContent | undefined => (isThere(value) ? {} : undefined)),
}
