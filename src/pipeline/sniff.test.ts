import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MEDIA_TYPES } from '../core/events.ts'
import { isPlausible, sniff } from './sniff.ts'

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  )
const ZIP = [0x50, 0x4b, 3, 4]

describe('what bytes are', () => {
  test.each<[string, Buffer]>([
    ['image/jpeg', bytes([0xff, 0xd8, 0xff, 0xe0])],
    ['image/png', bytes([0x89], 'PNG\r\n', [0x1a, 0x0a])],
    ['image/gif', bytes('GIF89a')],
    ['image/webp', bytes('RIFF', [1, 2, 3, 4], 'WEBPVP8 ')],
    ['image/avif', bytes([0, 0, 0, 28], 'ftypavif')],
    ['image/heic', bytes([0, 0, 0, 24], 'ftypheic')],
    ['audio/wav', bytes('RIFF', [1, 2, 3, 4], 'WAVEfmt ')],
    ['audio/ogg', bytes('OggS', [0, 2], 'OpusHead')],
    ['video/ogg', bytes('OggS', [0, 2], [0x80], 'theora')],
    ['audio/mpeg', bytes('ID3')],
    ['audio/mpeg', bytes([0xff, 0xfb, 0x90])],
    ['audio/aac', bytes([0xff, 0xf1, 0x50])],
    ['audio/mp4', bytes([0, 0, 0, 32], 'ftypM4A ')],
    ['audio/amr', bytes('#!AMR\n')],
    ['video/mp4', bytes([0, 0, 0, 32], 'ftypisom')],
    ['video/mp4', bytes([0, 0, 0, 32], 'ftypmp42')],
    ['video/3gpp', bytes([0, 0, 0, 32], 'ftyp3gp5')],
    ['video/quicktime', bytes([0, 0, 0, 32], 'ftypqt  ')],
    ['video/webm', bytes([0x1a, 0x45, 0xdf, 0xa3])],
    ['application/pdf', bytes('%PDF-1.7')],
    ['application/zip', bytes(ZIP, 'a.txt')],
    [
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      bytes(ZIP, 'word/document.xml'),
    ],
    ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', bytes(ZIP, 'xl/workbook.xml')],
    ['application/x-ole-storage', bytes([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1])],
    ['text/html', bytes('\n <!DOCTYPE HTML><html>')],
    ['text/html', bytes('<script>alert(1)</script>')],
    ['image/svg+xml', bytes('<?xml version="1.0"?>\n<svg xmlns="x">')],
    ['application/xml', bytes('<?xml version="1.0"?><invoice/>')],
    ['text/vcard', bytes('BEGIN:VCARD\r\nVERSION:3.0')],
    ['text/plain', Buffer.from('olá, tudo bem? 🙂')],
    ['application/octet-stream', bytes('')],
    ['application/octet-stream', bytes([0, 1, 2, 3])],
    ['application/octet-stream', bytes([0x80, 0x81, 0x82])],
  ])('%s', (mime, head) => {
    expect(sniff(head)).toBe(mime)
  })

  test('text cut off in the middle of a letter is text', () => {
    expect(sniff(Buffer.from('olá').subarray(0, 3))).toBe('text/plain')
  })

  test('any bytes get some type, and a prefix of nothing but them decides', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (head) => {
        expect(sniff(head)).toMatch(/^[a-z]+\/[\w.+-]+$/)
        expect(sniff(new Uint8Array(Buffer.concat([Buffer.from([1, 2]), head]).subarray(2)))).toBe(
          sniff(head),
        )
      }),
    )
  })
})

test('an error page is no picture, and any document may be one', () => {
  for (const kind of MEDIA_TYPES) {
    expect(isPlausible(kind, 'text/html')).toBe(kind === 'document')
    expect(isPlausible(kind, 'application/octet-stream')).toBe(true)
  }
  expect(isPlausible('voice', 'video/mp4')).toBe(true)
  expect(isPlausible('sticker', 'application/zip')).toBe(true)
  expect(isPlausible('image', 'application/zip')).toBe(false)
})
