import type { MediaType } from '../../../core/events.ts'

/** Our media → `type` of `/send/media`, and `mediaType` of deliveries where that differs between them. */
export const MEDIA_WORDS: Readonly<Record<MediaType, string>> = {
  image: 'image',
  video: 'video',
  audio: 'audio',
  voice: 'ptt',
  document: 'document',
  sticker: 'sticker',
  'video-note': 'ptv',
}
