import type { WireRequest } from '../../../../simulator/port.ts'
import { isObject, type Raw } from '../../wire/fields.ts'
import type { UploadedFile } from './answers.ts'

export interface Parsed {
  body: Raw
  files: Record<string, UploadedFile>
}

/** A JSON, urlencoded or multipart body, as GOWA takes each; undefined: it cannot be read. */
export function parseBody(request: WireRequest): Parsed | undefined {
  const type = request.headers['content-type'] ?? ''
  const boundary = /^multipart\/form-data;.*boundary="?([^";]{1,100})"?/i.exec(type)?.[1]
  if (boundary !== undefined) return parseForm(request.bytes ?? Buffer.from(request.body), boundary)
  if (request.body === '') return { body: {}, files: {} }
  if (type.startsWith('application/x-www-form-urlencoded'))
    return { body: Object.fromEntries(new URLSearchParams(request.body)), files: {} }
  try {
    const value: unknown = JSON.parse(request.body)
    return isObject(value) ? { body: value, files: {} } : undefined
  } catch {
    return undefined
  }
}

function parseForm(bytes: Uint8Array, boundary: string): Parsed | undefined {
  const body: Record<string, string> = {}
  const files: Record<string, UploadedFile> = {}
  // Latin-1 keeps every byte, so that positions in the text are positions in the bytes.
  const parts = Buffer.from(bytes).toString('latin1').split(`--${boundary}`)
  if (parts.length < 2 || !parts.at(-1)?.startsWith('--')) return undefined
  for (const part of parts.slice(1, -1)) {
    const end = part.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    const head = Buffer.from(part.slice(0, end), 'latin1').toString('utf8')
    const content = Buffer.from(part.slice(end + 4, -2), 'latin1')
    const name = /[; ]name="([^"]*)"/i.exec(head)?.[1]
    if (name === undefined) return undefined
    const file = /filename="([^"]*)"/i.exec(head)?.[1]
    const mime = /^content-type: *(\S+)/im.exec(head)?.[1] ?? 'application/octet-stream'
    if (file === undefined) body[name] = content.toString('utf8')
    else files[name] = { name: file, mime, bytes: content }
  }
  return { body, files }
}
