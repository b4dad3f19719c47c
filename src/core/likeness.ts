import type { Command } from './commands.ts'
import type { MediaType } from './events.ts'

/** What two messages must share to be taken for the same words: kind of medium and text, nothing finer. */
export interface Likeness {
  media: MediaType | undefined
  text: string
}

/** How a sent command looks in a chat; undefined for kinds that are too poor in marks to be recognised. */
export function likenessOf(command: Command): Likeness | undefined {
  if (command.type === 'text') return likeness(undefined, command.text)
  return command.type === 'media' ? likeness(command.media, command.text) : undefined
}

/** Gateways trim texts, and do not all tell a voice note from a file with sound, or a round video from others. */
export const likeness = (media: MediaType | undefined, text: string | undefined): Likeness => ({
  media: media === 'voice' ? 'audio' : media === 'video-note' ? 'video' : media,
  text: (text ?? '').trim().normalize(),
})

export const isAlike = (a: Likeness, b: Likeness): boolean => a.media === b.media && a.text === b.text
