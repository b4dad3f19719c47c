import type { Command, SendResult } from '../../../core/commands.ts'
import type { MediaType } from '../../../core/events.ts'
import { MEDIA_WORDS } from '../wire/words.ts'
import { rejected } from './endings.ts'
import { fileForm } from './files.ts'
import { given, type Said } from './say.ts'

const POSTABLE: ReadonlySet<MediaType> = new Set(['image', 'video', 'audio', 'voice'])
const LONGEST_TEXT = 656
const COLORS = 19
/** Since 2.1; before, 0 to 8. */
const FONTS: readonly number[] = [0, 1, 2, 6, 7, 8, 9, 10]

/** The body of `/send/status`, or why there is none. */
export function statusPost(command: Extract<Command, { type: 'status' }>): Said | SendResult {
  const { text, media, url, color, font } = command
  if ((text?.length ?? 0) > LONGEST_TEXT) {
    return rejected('invalid', `A status post holds at most ${LONGEST_TEXT} characters.`)
  }
  if (color !== undefined && !(Number.isInteger(color) && color >= 1 && color <= COLORS)) {
    return rejected('invalid', `The colour of a status post is 1 to ${COLORS}.`)
  }
  if (font !== undefined && !FONTS.includes(font)) {
    return rejected('invalid', `The font of a status post is one of ${FONTS.join(', ')}.`)
  }
  const look = given({ background_color: color, font })
  if (media === undefined) {
    if (!text) return rejected('invalid', 'A status post needs a text or a medium.')
    return { path: '/send/status', body: { type: 'text', text, ...look } }
  }
  if (!POSTABLE.has(media)) return rejected('unsupported', 'A status post is text, image, video or audio.')
  const form = url === undefined ? undefined : fileForm(url)
  if (!form) return rejected('invalid', 'The medium is no http(s) address and no base64 data, or too large.')
  const { file, mime } = form
  return {
    path: '/send/status',
    body: { type: MEDIA_WORDS[media], file, ...given({ text, mimetype: mime }), ...look },
  }
}
