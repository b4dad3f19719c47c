import type { MessageView } from '../../../../src/simulator/phone-view.ts'
import type { Translate } from '../../words/define.ts'
import type { words } from './words.ts'

export type Say = Translate<(typeof words)['en']>

const LONGEST = 60

/** The first part of a text in one line; never half of a character. */
export function shorten(text: string): string {
  const line = [...text.slice(0, LONGEST * 4).replaceAll(/\s+/g, ' ')]
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1).join('')}…` : line.join('')
}

/** Somebody who is mentioned is shown by name, as WhatsApp does. */
export const withNames = (text: string, nameOf: (digits: string) => string | undefined): string =>
  text.replaceAll(/@(\d{5,20})/g, (mention, digits: string) => {
    const name = nameOf(digits)
    return name === undefined ? mention : `@${name}`
  })

/** A message in one line. */
export function summary(
  { revokedAt, content }: MessageView,
  say: Say,
  nameOf: (digits: string) => string | undefined,
): string {
  if (revokedAt) return say('deleted')
  if (content.text) return shorten(withNames(content.text, nameOf))
  switch (content.type) {
    case 'text':
      return ''
    case 'location':
      return shorten(content.name ?? say('location'))
    case 'contacts':
      return shorten(content.contacts[0]?.name ?? say('contact'))
    default:
      return say(contentWord(content.type))
  }
}

/** The word for what a message holds beside text. */
export function contentWord(type: MessageView['content']['type']) {
  switch (type) {
    case 'image':
      return 'picture'
    case 'audio':
    case 'voice':
      return 'voice'
    case 'video':
    case 'video-note':
      return 'video'
    case 'document':
    case 'sticker':
    case 'location':
    case 'poll':
      return type
    case 'contacts':
      return 'contact'
    default:
      return 'unsupported'
  }
}
