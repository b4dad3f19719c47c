import type { addressKind } from '../../../../core/address.ts'
import { type Content, MEDIA_TYPES } from '../../../../core/events.ts'
import { messageId } from '../../../../core/ids.ts'
import type { WireResponse } from '../../../../simulator/port.ts'
import { parseLoose } from '../../wire/address.ts'
import { struct } from '../go.ts'
import { atLeast } from '../versions.ts'
import { type Asked, bool, broken, done, invalid, type Route, recipient, string, success } from './answers.ts'

/** WhatsApp stops showing typing by itself after a while. */
const TYPING_MS = 10_000

/** `content`: what to send, or why not. Field rules come before the recipient's, and those before the connection. */
const say =
  (what: string, content: (asked: Asked) => Content | WireResponse): Route['answer'] =>
  (asked) => {
    const made = content(asked)
    if ('status' in made) return made
    const found = recipient(asked)
    if (!('to' in found)) return found
    const { world, body } = asked
    const id = world.newMessageId()
    const replyTo = string(body.reply_message_id)
    const mentions = mentioned(asked, found.to)
    world.send({
      id,
      to: found.to,
      content: made,
      ...(replyTo !== undefined && { replyTo: messageId(replyTo) }),
      ...(mentions.length > 0 && { mentions }),
    })
    return done(what, id, found.to, world.now())
  }

/** Before 8.1.0 nobody reads them. */
function mentioned({ body, world, number }: Asked, to: Parameters<typeof addressKind>[0]) {
  const list = Array.isArray(body.mentions) && atLeast(number, 8, 1) ? body.mentions : []
  return list.flatMap((one: unknown) =>
    one === '@everyone'
      ? (world.group(to)?.members.map((member) => member.address) ?? [])
      : (parseLoose(string(one))?.address ?? []),
  )
}

/** Endpoint, the field with the file, and the words of its answer. */
const MEDIA = {
  image: ['image', 'Message sent to'],
  video: ['video', 'Video sent to'],
  audio: ['audio', 'Send audio success'],
  file: ['file', 'Document sent to'],
  sticker: ['sticker', 'Sticker sent to'],
} as const

function media(kind: keyof typeof MEDIA): Route['answer'] {
  const [field, words] = MEDIA[kind]
  return say(words, ({ body, files, world, number }) => {
    const file = files[field]
    const url = string(body[`${field}_url`])
    if (kind === 'file' && !file && !atLeast(number, 8, 2))
      return broken('request Content-Type has bad boundary or is not multipart/form-data')
    if (!file && url === undefined) return invalid(`either ${kind} or ${field}_url must be provided`)
    if (!file && !URL.canParse(url ?? '')) return invalid(`${field}_url: must be a valid URL.`)
    if (kind === 'image' && file && !/^image\/(jpeg|png)$/.test(file.mime))
      return invalid('your image is not allowed. please use jpg/jpeg/png')
    const plain = kind === 'file' ? 'document' : kind
    const type = MEDIA_TYPES.find((one) => one === (bool(body.ptt) ? 'voice' : plain)) ?? 'document'
    const text = kind === 'audio' || kind === 'sticker' ? undefined : string(body.caption)
    const source = file
      ? ({ type: 'path', path: `statics/media/${world.keepMedia(file.bytes, file.mime)}` } as const)
      : ({ type: 'url', url: url ?? '' } as const)
    const named = file && kind === 'file' ? { fileName: file.name } : {}
    return {
      type,
      media: { source, ...(file && { mime: file.mime }), ...named },
      ...(text !== undefined && { text }),
    }
  })
}

const text = (asked: Asked): Content | WireResponse => {
  const message = string(asked.body.message)
  return message === undefined ? invalid('message: cannot be blank.') : { type: 'text', text: message }
}
/** The link stands in a line of its own behind its caption. */
const link = ({ body }: Asked): Content | WireResponse => {
  const url = string(body.link)
  const caption = string(body.caption)
  if (url === undefined) return invalid('link: cannot be blank.')
  if (!URL.canParse(url)) return invalid('link: must be a valid URL.')
  return caption === undefined
    ? invalid('caption: cannot be blank.')
    : { type: 'text', text: `${caption}\n${url}` }
}
const location = ({ body }: Asked): Content | WireResponse => {
  for (const field of ['latitude', 'longitude'] as const) {
    const value = body[field]
    if (typeof value === 'number')
      return broken(`json: cannot unmarshal number into Go struct field ${field}`)
    if (string(value) === undefined) return invalid(`${field}: cannot be blank.`)
    const limit = field === 'latitude' ? 90 : 180
    if (!(Math.abs(Number(value)) <= limit)) return invalid(`${field}: must be a valid ${field}.`)
  }
  return { type: 'location', latitude: Number(body.latitude), longitude: Number(body.longitude) }
}
const contact = ({ body }: Asked): Content | WireResponse => {
  const name = string(body.contact_name)
  const phone = string(body.contact_phone)
  if (phone === undefined) return invalid('contact_phone: cannot be blank.')
  if (name === undefined) return invalid('contact_name: cannot be blank.')
  return { type: 'contacts', contacts: [{ name, phones: [phone] }] }
}
const poll = ({ body }: Asked): Content | WireResponse => {
  const question = string(body.question)
  const options = Array.isArray(body.options) ? body.options.map(String) : []
  const choices = Number(body.max_answer)
  if (question === undefined) return invalid('question: cannot be blank.')
  if (options.length === 0) return invalid('options: cannot be blank.')
  if (new Set(options).size < options.length) return invalid('options should be unique')
  if (!(choices >= 1)) return invalid('max_answer: must be no less than 1.')
  if (choices > options.length) return invalid(`max_answer: must be no greater than ${options.length}.`)
  return { type: 'poll', text: question, options, choices }
}

export const SEND_ROUTES: readonly Route[] = [
  { method: 'POST', path: /\/send\/message$/, answer: say('Message sent to', text) },
  { method: 'POST', path: /\/send\/link$/, answer: say('Link sent to', link) },
  { method: 'POST', path: /\/send\/location$/, answer: say('Send location success', location) },
  { method: 'POST', path: /\/send\/contact$/, answer: say('Contact sent to', contact) },
  { method: 'POST', path: /\/send\/poll$/, answer: say('Send poll success', poll) },
  { method: 'POST', path: /\/send\/image$/, answer: media('image') },
  { method: 'POST', path: /\/send\/video$/, answer: media('video') },
  { method: 'POST', path: /\/send\/audio$/, answer: media('audio') },
  { method: 'POST', path: /\/send\/file$/, answer: media('file') },
  { method: 'POST', path: /\/send\/sticker$/, since: [7, 7], answer: media('sticker') },
  {
    method: 'POST',
    path: /\/send\/chat-presence$/,
    answer(asked) {
      const { action } = asked.body
      if (action !== 'start' && action !== 'stop') return invalid('action: must be a valid value.')
      const found = recipient(asked)
      if (!('to' in found)) return found
      asked.world.typing(found.to, action, TYPING_MS)
      const id = `chat-presence-${action}`
      return success(`Send chat presence ${action} success`, struct({ message_id: id, status: id }))
    },
  },
]
