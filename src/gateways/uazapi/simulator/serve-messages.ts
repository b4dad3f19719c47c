import { type Address, address } from '../../../core/address.ts'
import { type Content, MEDIA_TYPES, type Media, type MenuOption, type Message } from '../../../core/events.ts'
import { messageId } from '../../../core/ids.ts'
import type { FoundMessage, SimulatedNumber, WireResponse, World } from '../../../simulator/port.ts'
import { readAddress, readRecipient } from '../wire/address.ts'
import { bareId } from '../wire/fields.ts'
import { MEDIA_WORDS } from '../wire/words.ts'
import { type MessageHappening, wireMessage } from './message.ts'
import { answer, failure, type Json, list, objects, type Routes, type Served, whole, word } from './rest.ts'

/** `/send/*`, and the store that `/message/find` looks into. */
export const messageRoutes: Routes = {
  'POST /send/text': { run: sendText },
  'POST /send/media': { run: sendMedia },
  'POST /send/location': { run: sendLocation },
  'POST /send/contact': { run: sendContact },
  'POST /send/menu': { run: sendMenu },
  'POST /send/carousel': { run: sendCarousel },
  'POST /send/pix-button': { run: sendPix },
  'POST /send/request-payment': { run: sendPayment },
  'POST /send/status': { run: sendStatus },
  'POST /message/find': { offline: true, run: find },
}

const missing = (fields: string): WireResponse => failure(400, `Missing ${fields}`)

function sendText(served: Served): WireResponse {
  const text = word(served.body, 'text')
  if (word(served.body, 'number') === '' || text === '') return missing('number or text')
  return sendContent(served, { type: 'text', text })
}

/** Further words `/send/media` takes. */
const MEDIA_ALIASES: ReadonlyMap<string, string> = new Map([
  ['myaudio', 'ptt'],
  ['videoplay', 'video'],
])
const mediaType = (sort: string) =>
  MEDIA_TYPES.find((one) => MEDIA_WORDS[one] === (MEDIA_ALIASES.get(sort) ?? sort))

function sendMedia(served: Served): WireResponse {
  const { body } = served
  const file = word(body, 'file')
  const type = mediaType(word(body, 'type'))
  if (word(body, 'number') === '' || file === '') return missing('number or file')
  if (!type) return failure(400, 'Invalid media type')
  const media = mediaOf(served, file)
  if (!media) return failure(415, 'Unsupported media format')
  const text = word(body, 'text')
  return sendContent(served, { type, media, ...(text !== '' && { text }) }, { fileUrl: file.slice(0, 200) })
}
/** An address is fetched by somebody else; base64 is kept here. */
function mediaOf({ body, world }: Served, file: string): Media | undefined {
  const fileName = word(body, 'docName')
  const mime = word(body, 'mimetype')
  const about = { ...(mime !== '' && { mime }), ...(fileName !== '' && { fileName }) }
  if (/^https?:/.test(file)) return { source: { type: 'url', url: file }, ...about }
  const base64 = file.slice(file.startsWith('data:') ? file.indexOf(',') + 1 : 0)
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined
  const bytes = Buffer.from(base64, 'base64')
  const name = world.keepMedia(bytes, mime || 'application/octet-stream')
  return { source: { type: 'path', path: `files/${name}` }, bytes: bytes.length, ...about }
}

function sendLocation(served: Served): WireResponse {
  const { body } = served
  const { latitude, longitude } = body
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return missing('latitude or longitude')
  const name = word(body, 'name')
  const at = word(body, 'address')
  return sendContent(served, {
    type: 'location',
    latitude,
    longitude,
    ...(name !== '' && { name }),
    ...(at !== '' && { address: at }),
  })
}

function sendContact(served: Served): WireResponse {
  const name = word(served.body, 'fullName')
  const phones = word(served.body, 'phoneNumber').split(',').filter(Boolean)
  if (name === '' || phones.length === 0) return missing('fullName or phoneNumber')
  const organization = word(served.body, 'organization')
  const contact = { name, phones, ...(organization !== '' && { organization }) }
  return sendContent(served, { type: 'contacts', contacts: [contact] })
}

/** A button as `/send/menu` reads its line: a label, and after a pipe or line break what it does. */
function buttonOf(line: string): MenuOption {
  const cut = line.search(/[|\n]/)
  const text = cut < 0 ? line : line.slice(0, cut)
  const rest = cut < 0 ? '' : line.slice(cut + 1)
  return /^(?:copy:|call:|url:|https?:)/.test(rest) ? { text } : { id: rest || text, text }
}
function rowOf(line: string): MenuOption[] {
  if (/^\[.*\]$/.test(line)) return []
  const [text = '', id = '', description = ''] = line.split('|')
  return [{ id: id || text, text, ...(description !== '' && { description }) }]
}

function sendMenu(served: Served): WireResponse {
  const { body } = served
  const text = word(body, 'text')
  const choices = list(body, 'choices')
  if (text === '' || choices.length === 0) return missing('text or choices')
  const footer = word(body, 'footerText')
  const menu = (options: MenuOption[]): Content => ({
    type: 'menu',
    text,
    options,
    ...(footer !== '' && { footer }),
  })
  switch (word(body, 'type')) {
    case 'poll':
      return sendContent(served, {
        type: 'poll',
        text,
        options: choices,
        choices: whole(body, 'selectableCount', 1),
      })
    case 'button':
      return sendContent(served, menu(choices.map(buttonOf)))
    case 'list':
      return sendContent(served, menu(choices.flatMap(rowOf)))
    default:
      return failure(400, 'Invalid menu type')
  }
}

function sendCarousel(served: Served): WireResponse {
  const cards = objects(served.body.carousel)
  if (cards.length === 0) return missing('carousel')
  const options = cards.flatMap(({ buttons }) =>
    objects(buttons).map((button) => ({
      ...(button.type === 'REPLY' && { id: word(button, 'id') }),
      text: word(button, 'text'),
    })),
  )
  const text = [word(served.body, 'text'), ...cards.map((card) => word(card, 'text'))].join('\n')
  return sendContent(served, { type: 'menu', text, options })
}

const PIX_TYPES = ['CPF', 'CNPJ', 'PHONE', 'EMAIL', 'EVP']
function sendPix(served: Served): WireResponse {
  const { body } = served
  if (!PIX_TYPES.includes(word(body, 'pixType').toUpperCase())) return failure(400, 'Invalid pixType')
  if (word(body, 'pixKey') === '') return missing('pixKey')
  return sendContent(served, { type: 'unsupported', wire: 'InteractiveMessage' })
}
function sendPayment(served: Served): WireResponse {
  const { amount } = served.body
  if (typeof amount !== 'number' || amount <= 0) return failure(400, 'Invalid amount')
  const text = word(served.body, 'text')
  return sendContent(served, {
    type: 'unsupported',
    wire: 'InteractiveMessage',
    ...(text !== '' && { text }),
  })
}

function sendStatus(served: Served): WireResponse {
  const { body, world } = served
  const text = word(body, 'text')
  const sort = word(body, 'type')
  const type = mediaType(sort)
  const media = type && mediaOf(served, word(body, 'file'))
  if (sort === 'text' ? text === '' : !media) return missing('text or file')
  const content: Content =
    type && media ? { type, media, ...(text !== '' && { text }) } : { type: 'text', text }
  const id = world.newMessageId()
  const reference = word(body, 'track_id')
  world.send({
    id,
    to: address('status', 'broadcast'),
    content,
    ...(reference !== '' && { reference }),
  })
  const messageTimestamp = world.now()
  return answer(200, { Id: id, content: text, messageTimestamp, status: 'Pending', debug: {} })
}

function sendContent({ body, number, world }: Served, content: Content, extra: Json = {}): WireResponse {
  const to = readRecipient(word(body, 'number'))
  if (to === undefined) return failure(400, 'Invalid number')
  // The words of this refusal are not documented.
  if (!to.startsWith('channel:') && !world.isOnWhatsApp(to)) {
    return failure(500, 'the number is not on WhatsApp')
  }
  const id = world.newMessageId()
  const replyTo = bareId(word(body, 'replyid'))
  const reference = word(body, 'track_id')
  const mentions = readMentions(word(body, 'mentions'), to, world)
  world.send({
    id,
    to,
    content,
    ...(replyTo !== '' && { replyTo: messageId(replyTo) }),
    ...(mentions.length > 0 && { mentions }),
    ...(reference !== '' && { reference }),
  })
  const message: Message = { id, content, ...(replyTo !== '' && { replyTo: { id: messageId(replyTo) } }) }
  const sent = restMessage({ id, chat: to, message, at: world.now(), fromMe: true, reference }, number)
  const response = { status: 'success', message: 'Message sent successfully', ...extra }
  return answer(200, { ...sent, status: 'Pending', response })
}

function readMentions(text: string, to: Address, world: World): Address[] {
  if (text === 'all') return world.group(to)?.members.map((member) => member.address) ?? []
  return text.split(',').flatMap((one) => readRecipient(one) ?? [])
}

function find({ body, number, world }: Served): WireResponse {
  if (!world.find) return failure(500, 'no message store')
  const chat = readAddress(word(body, 'chatid'))
  const id = bareId(word(body, 'id'))
  const reference = word(body, 'track_id')
  const limit = whole(body, 'limit', 100)
  const offset = whole(body, 'offset', 0)
  const all = world.find({
    ...(id !== '' && { id: messageId(id) }),
    ...(chat !== undefined && { chat }),
    ...(reference !== '' && { reference }),
  })
  const messages = all.slice(offset, offset + limit).map((found) => restMessage(found, number))
  const nextOffset = offset + messages.length
  return answer(200, {
    returnedMessages: messages.length,
    messages,
    limit,
    offset,
    nextOffset,
    hasMore: nextOffset < all.length,
  })
}

/** A message as REST gives it: the webhook's, with a status. */
function restMessage(found: FoundMessage, number: SimulatedNumber): Json {
  const happening: MessageHappening = {
    fact: { kind: 'message', message: found.message },
    chat: { address: found.chat, aliases: [] },
    author: found.fromMe ? 'api' : 'other',
    at: found.at,
    ...(found.reference && { reference: found.reference }),
  }
  return { ...wireMessage(happening, number), status: found.fromMe ? 'Sent' : '' }
}
