import { type Address, chatKind } from '../../../core/address.ts'
import type {
  Command,
  CommandType,
  MESSAGE_COMMANDS,
  MessageCommand,
  PixKeyType,
  SendResult,
} from '../../../core/commands.ts'
import type { MediaType } from '../../../core/events.ts'
import { numberForm } from '../wire/address.ts'
import { MEDIA_WORDS } from '../wire/words.ts'
import type { Json } from './caller.ts'
import { rejected } from './endings.ts'
import { fileForm } from './files.ts'
import { buttonChoice, carouselCards, listChoices, MenuFault, pollChoices } from './menu.ts'

/**
 * Commands that put a message somewhere, as bodies of `/send/*` without the recipient. `type` in the body
 * chooses among what one path can send.
 */
export interface Said {
  path: string
  body: Json
}
type Say = Extract<Command, { type: (typeof MESSAGE_COMMANDS)[number] }>
export const isSaid = (command: Command): command is Exclude<MessageCommand, { type: 'forward' }> =>
  (SAID as readonly CommandType[]).includes(command.type)
const SAID = [
  'text',
  'media',
  'location',
  'contact',
  'poll',
  'buttons',
  'list',
  'carousel',
  'pix',
  'payment',
] as const satisfies readonly Say['type'][]

/** WhatsApp has no caption on these; leaving it out silently would send something else than was meant. */
const WITHOUT_CAPTION: ReadonlySet<MediaType> = new Set(['audio', 'voice', 'sticker', 'video-note'])
/** Nothing on WhatsApp shows these only once. */
const ALWAYS_SHOWN: ReadonlySet<MediaType> = new Set(['document', 'sticker'])

const NO_CAPTION = rejected('unsupported', 'WhatsApp has no caption on this kind of medium.')
const NO_VIEW_ONCE = rejected('unsupported', 'WhatsApp cannot show this kind of medium only once.')
const BAD_FILE = rejected('invalid', 'The medium is no http(s) address and no base64 data, or too large.')

/** The body for what is to be said, or why there is none. */
export function say(command: Exclude<MessageCommand, { type: 'forward' }>): Said | SendResult {
  try {
    return said(command)
  } catch (error) {
    if (error instanceof MenuFault) return rejected('invalid', error.message)
    throw error
  }
}

function said(command: Exclude<MessageCommand, { type: 'forward' }>): Said | SendResult {
  switch (command.type) {
    case 'text': {
      const preview = command.linkPreview === undefined ? {} : previewForm(command.linkPreview)
      if (preview === undefined) return BAD_FILE
      return { path: '/send/text', body: { text: command.text, ...mentionForm(command), ...preview } }
    }
    case 'media':
      return media(command)
    case 'location': {
      const { latitude, longitude, name, address } = command
      return { path: '/send/location', body: { latitude, longitude, ...given({ name, address }) } }
    }
    case 'contact': {
      const { name, phones, organization } = command
      // A comma separates the phones of one card.
      const phoneNumber = phones.map((phone) => phone.replace(/[^0-9+]/g, '')).filter(Boolean)
      if (phoneNumber.length === 0) return rejected('invalid', 'The card has no phone number.')
      return {
        path: '/send/contact',
        body: { fullName: name, phoneNumber: phoneNumber.join(','), ...given({ organization }) },
      }
    }
    case 'poll': {
      const { text, options, choices } = command
      if (choices < 1 || choices > options.length) {
        return rejected('invalid', 'So many options of the poll cannot be chosen.')
      }
      return menu('poll', { text, choices: pollChoices(options), selectableCount: choices })
    }
    case 'buttons': {
      const { text, buttons, footer, imageUrl } = command
      if (buttons.length === 0) return rejected('invalid', 'There are no buttons.')
      const image = imageUrl === undefined ? undefined : fileForm(imageUrl)
      if (imageUrl !== undefined && image === undefined) return BAD_FILE
      const more = given({ footerText: footer, imageButton: image?.file })
      return menu('button', { text, choices: buttons.map(buttonChoice), ...more })
    }
    case 'list': {
      const { text, button, sections, footer } = command
      const choices = listChoices(sections)
      return menu('list', { text, choices, listButton: button, ...given({ footerText: footer }) })
    }
    case 'carousel':
      return { path: '/send/carousel', body: { text: command.text, carousel: carouselCards(command.cards) } }
    case 'pix': {
      const { key, keyType, name } = command
      return {
        path: '/send/pix-button',
        body: { pixType: PIX_WORDS[keyType], pixKey: key, ...given({ pixName: name }) },
      }
    }
    case 'payment':
      return payment(command)
  }
}

const menu = (type: string, body: Json): Said => ({ path: '/send/menu', body: { type, ...body } })

function media(command: Extract<Command, { type: 'media' }>): Said | SendResult {
  const { media: sort, url, text, fileName, viewOnce } = command
  if (text && WITHOUT_CAPTION.has(sort)) return NO_CAPTION
  if (viewOnce && ALWAYS_SHOWN.has(sort)) return NO_VIEW_ONCE
  const form = fileForm(url)
  if (!form) return BAD_FILE
  const { file, mime } = form
  const more = given({ text, docName: fileName, mimetype: mime, viewOnce })
  return {
    path: '/send/media',
    body: { type: MEDIA_WORDS[sort], file, ...more, ...mentionForm(command) },
  }
}

/** uazapi's names of Pix keys. */
const PIX_WORDS: Readonly<Record<PixKeyType, string>> = {
  cpf: 'CPF',
  cnpj: 'CNPJ',
  phone: 'PHONE',
  email: 'EMAIL',
  random: 'EVP',
}

function payment(command: Extract<Command, { type: 'payment' }>): Said | SendResult {
  const { amount, title, text, footer, itemName, invoice, pix, paymentUrl, fileUrl, boleto } = command
  if (!Number.isFinite(amount) || amount <= 0) return rejected('invalid', 'The amount is not above zero.')
  if (fileUrl !== undefined && !/^https?:\/\//i.test(fileUrl)) {
    return rejected('unsupported', 'uazapi takes the file of a payment request by http(s) address only.')
  }
  return {
    path: '/send/request-payment',
    body: {
      amount,
      ...given({ title, text, footer, itemName, invoiceNumber: invoice, paymentLink: paymentUrl, fileUrl }),
      ...(pix && { pixKey: pix.key, pixType: PIX_WORDS[pix.keyType], ...given({ pixName: pix.name }) }),
      ...given({ boletoCode: boleto }),
    },
  }
}

type Preview = NonNullable<Extract<Command, { type: 'text' }>['linkPreview']>
function previewForm(preview: Preview): Json | undefined {
  if (typeof preview === 'boolean') return { linkPreview: preview }
  const { title, description, imageUrl, large } = preview
  const image = imageUrl === undefined ? undefined : fileForm(imageUrl)
  if (imageUrl !== undefined && image === undefined) return undefined
  return {
    linkPreview: true,
    ...given({
      linkPreviewTitle: title,
      linkPreviewDescription: description,
      linkPreviewImage: image?.file,
      linkPreviewLarge: large,
    }),
  }
}

/** Comma-separated; uazapi reads it in groups only. */
function mentionForm({ to, mentions }: { to: Address; mentions?: Address[] | 'all' }): Json {
  if (mentions === undefined || mentions.length === 0 || chatKind(to) !== 'group') return {}
  if (mentions === 'all') return { mentions }
  const all = mentions.map(numberForm).filter((one) => one !== undefined)
  return all.length > 0 ? { mentions: all.join(',') } : {}
}

/** Only the keys that hold something. */
export const given = (fields: Json): Json =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
