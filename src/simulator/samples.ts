import type { MediaType } from '../core/events.ts'

/** The picture a person can attach, in `media/`. */
export const EXAMPLE_PICTURE = 'example.png'

interface Sample {
  bytes: Uint8Array
  mime: string
  fileName: string
  seconds?: number
}

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1')
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)
const VIDEO = Buffer.concat([
  Buffer.from([0, 0, 0, 24]),
  ascii('ftypisom'),
  Buffer.from([0, 0, 2, 0]),
  ascii('isommp42'),
  Buffer.from([0, 0, 0, 8]),
  ascii('mdat'),
])
const AUDIO = Buffer.concat([
  ascii('OggS'),
  Buffer.from([0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 19]),
  ascii('OpusHead'),
  Buffer.from([1, 1, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0]),
])
const STICKER = Buffer.from('UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==', 'base64')
const PAPER = ascii(
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n',
)

/** The smallest medium of each type that begins like a real one: enough for whoever looks at its first bytes. */
export const SAMPLES: Readonly<Record<MediaType, Sample>> = {
  image: { bytes: PIXEL, mime: 'image/png', fileName: 'picture.png' },
  video: { bytes: VIDEO, mime: 'video/mp4', fileName: 'video.mp4', seconds: 3 },
  audio: { bytes: AUDIO, mime: 'audio/ogg', fileName: 'audio.ogg', seconds: 3 },
  voice: { bytes: AUDIO, mime: 'audio/ogg; codecs=opus', fileName: 'voice.ogg', seconds: 3 },
  document: { bytes: PAPER, mime: 'application/pdf', fileName: 'document.pdf' },
  sticker: { bytes: STICKER, mime: 'image/webp', fileName: 'sticker.webp' },
  'video-note': { bytes: VIDEO, mime: 'video/mp4', fileName: 'note.mp4', seconds: 3 },
}
