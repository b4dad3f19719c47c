import type { Content, Media, MediaType, Message, Referral } from '../../../core/events.ts'
import { writeCard } from '../vcard.ts'
import { MEDIA_WORDS } from '../wire/words.ts'
import { type Json, wireAddress } from './spell.ts'

export type Payload = Json & { messageid: string }

const MESSAGE_TYPES: Readonly<Record<MediaType, string>> = {
  image: 'ImageMessage',
  video: 'VideoMessage',
  audio: 'AudioMessage',
  voice: 'AudioMessage',
  document: 'DocumentMessage',
  sticker: 'StickerMessage',
  'video-note': 'PtvMessage',
}

export function contentOf(message: Message): Payload {
  const { id, content, replyTo, mentions, forwarded, viewOnce, referral } = message
  const contextInfo = {
    ...(replyTo && {
      stanzaID: replyTo.id,
      ...(replyTo.text !== undefined && { quotedMessage: { conversation: replyTo.text } }),
    }),
    ...(mentions && { mentionedJid: mentions.map(wireAddress) }),
    ...(forwarded && { isForwarded: true, forwardingScore: 1 }),
    ...(referral && { externalAdReply: adReply(referral) }),
  }
  const extra = {
    ...(Object.keys(contextInfo).length > 0 && { contextInfo }),
    ...(viewOnce && { viewOnce: true }),
  }
  const common = { messageid: id, quoted: replyTo?.id ?? '', text: content.text ?? '' }
  if (content.type === 'text') {
    if (Object.keys(extra).length === 0) return { ...common, content: content.text }
    return { ...common, messageType: 'ExtendedTextMessage', content: { text: content.text, ...extra } }
  }
  if (content.type === 'unsupported') {
    return { ...common, messageType: content.wire, content: { ...extra } }
  }
  if (!('media' in content)) {
    const { content: own, ...rest } = interactive(content)
    return { ...common, ...rest, content: { ...own, ...extra } }
  }
  return {
    ...common,
    type: 'media',
    messageType: MESSAGE_TYPES[content.type],
    mediaType: MEDIA_WORDS[content.type],
    content: { ...mediaContent(content.media, content.type), ...captionOf(content.text), ...extra },
  }
}
const captionOf = (text: string | undefined): Json => (text === undefined ? {} : { caption: text })

/** `URL` leads to encrypted bytes in reality, and nowhere here. */
const mediaContent = (media: Media, type: MediaType): Json => ({
  URL: 'https://mmg.whatsapp.example/encrypted.enc',
  ...(media.mime !== undefined && { mimetype: media.mime }),
  ...(media.bytes !== undefined && { fileLength: media.bytes }),
  ...(media.seconds !== undefined && { seconds: media.seconds }),
  ...(media.fileName !== undefined && { fileName: media.fileName }),
  ...(type === 'voice' && { PTT: true }),
})

const adReply = (referral: Referral): Json => ({
  title: referral.title ?? '',
  body: referral.text ?? '',
  sourceType: referral.sourceType ?? '',
  sourceID: referral.sourceId ?? '',
  sourceURL: referral.sourceUrl ?? '',
  ctwaClid: referral.clickId ?? '',
})

type Interactive = Exclude<Content, { type: 'text' | 'unsupported' | MediaType }>
type InteractivePayload = Json & { messageType: string; content: Json }

/** Contents in WhatsApp's own structures, with what uazapi makes of them beside. */
function interactive(content: Interactive): InteractivePayload {
  switch (content.type) {
    case 'location': {
      const { latitude, longitude, name = '', address = '', live, text } = content
      const place = { degreesLatitude: latitude, degreesLongitude: longitude }
      return live
        ? {
            messageType: 'LiveLocationMessage',
            mediaType: 'location',
            content: { ...place, ...captionOf(text), name, address },
          }
        : { messageType: 'LocationMessage', mediaType: 'location', content: { ...place, name, address } }
    }
    case 'contacts': {
      const cards = content.contacts.map((one) => ({ displayName: one.name, vcard: writeCard(one) }))
      const text = content.contacts.map(({ name, phones }) => [name, ...phones].join(' ')).join('\n')
      const [first] = cards
      return cards.length === 1 && first
        ? { text, messageType: 'ContactMessage', mediaType: 'vcard', content: first }
        : {
            text,
            messageType: 'ContactsArrayMessage',
            mediaType: 'contact_array',
            content: { displayName: `${cards.length}`, contacts: cards },
          }
    }
    case 'poll': {
      const { text, options, choices } = content
      const listed = options.map((optionName) => ({ optionName }))
      return {
        type: 'poll',
        messageType: 'PollCreationMessageV3',
        convertOptions: options.join('|'),
        content: { pollCreationMessageV3: { name: text, options: listed, selectableOptionsCount: choices } },
      }
    }
    case 'menu':
      return { ...menuContent(content), convertOptions: content.options.map(({ text }) => text).join('|') }
    case 'choice':
      return {
        text: '',
        messageType: 'ButtonsResponseMessage',
        vote: content.text,
        buttonOrListid: content.id ?? '',
        content: { selectedButtonID: content.id ?? '', Response: { SelectedDisplayText: content.text } },
      }
    case 'order':
      return {
        messageType: 'OrderMessage',
        content: {
          orderID: content.id ?? '',
          ...(content.items !== undefined && { itemCount: content.items }),
          totalCurrencyCode: content.currency ?? '',
          message: content.text ?? '',
        },
      }
  }
}

/** WhatsApp shows up to three buttons; more choices, and choices that are explained, are a list. */
const MOST_BUTTONS = 3
function menuContent({ text, options, footer = '' }: Extract<Content, { type: 'menu' }>): InteractivePayload {
  const asList = options.length > MOST_BUTTONS || options.some(({ description }) => description !== undefined)
  if (asList) {
    const rows = options.map(({ id = '', text: title, description = '' }) => ({
      rowID: id,
      title,
      description,
    }))
    return {
      messageType: 'ListMessage',
      content: { description: text, footerText: footer, sections: [{ title: '', rows }] },
    }
  }
  const buttons = options.map((one) => ({ buttonID: one.id ?? '', buttonText: { displayText: one.text } }))
  return { messageType: 'ButtonsMessage', content: { contentText: text, footerText: footer, buttons } }
}
