import { createHash } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'

/** Modules per side, and dots per module. */
const SIZE = 33
const SCALE = 8

/**
 * A PNG that looks like a QR code and is a different one for every text. Nobody can scan it: the simulated
 * WhatsApp scans by itself.
 */
export function qrPicture(text: string): Buffer {
  const noise = Array.from({ length: SIZE }, (_, row) =>
    createHash('sha256').update(`${row} ${text}`).digest(),
  )
  const isDark = (row: number, column: number): boolean => {
    const eye = (r: number, c: number) => {
      const ring = Math.max(Math.abs(row - r), Math.abs(column - c))
      return ring > 4 ? undefined : ring !== 2 && ring !== 4
    }
    const eyes = eye(3, 3) ?? eye(3, SIZE - 4) ?? eye(SIZE - 4, 3)
    return eyes ?? ((noise[row]?.[column % 32] ?? 0) & 1) === 1
  }
  const side = SIZE * SCALE
  const lines = Array.from({ length: side }, (_, y) => {
    const line = Buffer.alloc(side + 1)
    for (let x = 0; x < side; x += 1) {
      line[x + 1] = isDark(Math.floor(y / SCALE), Math.floor(x / SCALE)) ? 0 : 255
    }
    return line
  })
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  // Eight bits of grey.
  header[8] = 8
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(lines))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const frame = Buffer.alloc(body.length + 8)
  frame.writeUInt32BE(data.length, 0)
  body.copy(frame, 4)
  frame.writeUInt32BE(crc32(body), body.length + 4)
  return frame
}
