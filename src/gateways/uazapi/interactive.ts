import type { Content, MenuOption } from '../../core/events.ts'
import { readSharedContact } from './vcard.ts'
import {
  buttonParams,
  contacts,
  location,
  menu,
  order,
  pollCreation,
  product,
  tap,
  type WireButtonParams,
  type WireInteractiveCard,
  type WireMenu,
  type WireTap,
} from './wire/content.ts'
import type { WireMessage } from './wire/message.ts'

/**
 * A content that is neither text nor media; undefined for one this folder does not read, or that lacks what
 * makes it what it is (a place without degrees, a menu without options).
 */
export function readInteractive(wire: WireMessage): Content | undefined {
  const type = wire.messageType.toLowerCase()
  if (TAPS.has(type) || (wire.buttonOrListid !== '' && !type.startsWith('poll'))) return readChoice(wire)
  if (type.startsWith('pollcreationmessage') || (type === '' && wire.type === 'poll')) return readPoll(wire)
  switch (type) {
    case 'locationmessage':
    case 'livelocationmessage':
      return readLocation(wire, type === 'livelocationmessage')
    case 'contactmessage':
    case 'contactsarraymessage':
      return readContacts(wire)
    case 'listmessage':
    case 'buttonsmessage':
    case 'interactivemessage':
      return readMenu(wire)
    case 'ordermessage':
      return readOrder(wire)
    case 'productmessage':
      return readProduct(wire)
    default:
      return undefined
  }
}

const TAPS: ReadonlySet<string> = new Set([
  'listresponsemessage',
  'buttonsresponsemessage',
  'templatebuttonreplymessage',
  'interactiveresponsemessage',
])

function readLocation(wire: WireMessage, live: boolean): Content | undefined {
  const place = location.safeParse(wire.content.raw).data
  if (place === undefined) return undefined
  const text = wire.text || wire.content.caption
  return {
    type: 'location',
    latitude: place.degreeslatitude,
    longitude: place.degreeslongitude,
    ...(place.name !== '' && { name: place.name }),
    ...(place.address !== '' && { address: place.address }),
    ...((live || place.islive) && { live: true }),
    ...(text !== '' && { text }),
  }
}

/** `text` is only a summary of the cards (captured): nobody wrote it. */
function readContacts(wire: WireMessage): Content | undefined {
  const found = contacts.safeParse(wire.content.raw).data
  if (found === undefined) return undefined
  const cards = found.contacts.length > 0 ? found.contacts : [found]
  const read = cards
    .map((one) => readSharedContact(one.displayname, one.vcard))
    .filter((one) => one !== undefined)
  return read.length === 0 ? undefined : { type: 'contacts', contacts: read }
}

/** Labels of a menu or poll as uazapi joins them (captured). */
export const readOptions = ({ convertOptions }: WireMessage): string[] =>
  convertOptions.split('|').filter((option) => option !== '')

function readPoll(wire: WireMessage): Content | undefined {
  const found = pollCreation.safeParse(wire.content.raw).data
  const inner =
    found?.pollcreationmessagev3 ??
    found?.pollcreationmessage ??
    found?.pollcreationmessagev2 ??
    found?.pollcreationmessagev4 ??
    found?.pollcreationmessagev5 ??
    found
  const listed = inner?.options.map((option) => option.optionname).filter((option) => option !== '') ?? []
  const options = listed.length > 0 ? listed : readOptions(wire)
  const text = wire.text || inner?.name || ''
  if (options.length === 0 || text === '') return undefined
  return { type: 'poll', text, options, choices: inner?.selectableoptionscount ?? 0 }
}

function readOrder(wire: WireMessage): Content | undefined {
  const found = order.safeParse(wire.content.raw).data
  if (found === undefined) return undefined
  const text = wire.text || found.message || found.ordertitle
  return {
    type: 'order',
    ...(found.orderid !== '' && { id: found.orderid }),
    ...(found.itemcount !== undefined && { items: found.itemcount }),
    ...(found.totalcurrencycode !== '' && { currency: found.totalcurrencycode }),
    ...(text !== '' && { text }),
  }
}

/** The hub has no word for a product; its name is what a person would want to read. */
function readProduct(wire: WireMessage): Content | undefined {
  const found = product.safeParse(wire.content.raw).data
  const text = wire.text || found?.body || found?.product.title || ''
  return { type: 'unsupported', wire: wire.messageType, ...(text !== '' && { text }) }
}

// ── menus ────────────────────────────────────────────────────────────────────────────────────────────

function readMenu(wire: WireMessage): Content | undefined {
  const found = menu.safeParse(wire.content.raw).data
  const own = found === undefined ? [] : menuOptions(found)
  const options = own.length > 0 ? own : readOptions(wire).map((text) => ({ text }))
  if (options.length === 0) return undefined
  const text = wire.text || found?.contenttext || found?.body?.text || found?.description || found?.title
  const footer = found?.footertext || found?.footer?.text
  return { type: 'menu', text: text ?? '', options, ...(footer && { footer }) }
}

function menuOptions(found: WireMenu): MenuOption[] {
  const rows = found.sections.flatMap(({ rows }) =>
    rows.map((row) => option(row.rowid, row.title, row.description)),
  )
  const buttons = found.buttons.map((button) => option(button.buttonid, button.buttontext.displaytext, ''))
  const cards = (found.carouselmessage ?? found.interactivemessage?.carouselmessage)?.cards ?? []
  return [...rows, ...buttons, ...flowOptions(found, ''), ...cards.flatMap(cardOptions)].filter(
    ({ text }) => text !== '',
  )
}
/** What a card says stands with each of its buttons: they are one list here. */
const cardOptions = (card: WireInteractiveCard): MenuOption[] => flowOptions(card, card.body?.text ?? '')

function flowOptions(
  {
    nativeflowmessage,
    interactivemessage,
  }: Pick<WireInteractiveCard, 'nativeflowmessage' | 'interactivemessage'>,
  description: string,
): MenuOption[] {
  const buttons = (nativeflowmessage ?? interactivemessage?.nativeflowmessage)?.buttons ?? []
  return buttons.flatMap(({ buttonparamsjson }) => {
    const params = readParams(buttonparamsjson)
    const rows = params?.sections.flatMap((section) => section.rows) ?? []
    if (rows.length > 0) return rows.map((row) => option(row.id, row.title, row.description))
    return [option(params?.id ?? '', params?.display_text ?? '', description)]
  })
}

function readParams(json: string): WireButtonParams | undefined {
  try {
    return buttonParams.safeParse(JSON.parse(json)).data
  } catch {
    return undefined
  }
}

const option = (id: string, text: string, description: string): MenuOption => ({
  ...(id !== '' && { id }),
  text,
  ...(description !== '' && { description }),
})

/** `vote` is the label and `buttonOrListid` the id (captured); `text` is empty there. */
function readChoice(wire: WireMessage): Content | undefined {
  const found = tap.safeParse(wire.content.raw).data
  const id = wire.buttonOrListid || (found === undefined ? '' : tapId(found))
  const text =
    wire.vote ||
    wire.text ||
    found?.selecteddisplaytext ||
    found?.response?.selecteddisplaytext ||
    found?.body?.text ||
    found?.title ||
    ''
  if (id === '' && text === '') return undefined
  return { type: 'choice', text, ...(id !== '' && { id }) }
}
function tapId(found: WireTap): string {
  const flow = found.nativeflowresponsemessage ?? found.interactiveresponsemessage?.nativeflowresponsemessage
  return (
    found.singleselectreply?.selectedrowid ||
    found.selectedbuttonid ||
    found.selectedid ||
    (flow && readParams(flow.paramsjson)?.id) ||
    ''
  )
}
