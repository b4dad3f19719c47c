import { createHash } from 'node:crypto'
import type { HttpRequest } from '../../../core/ports.ts'
import type { Verdict } from './endings.ts'
import type { Need } from './needs.ts'

/** One request, and how to judge GOWA's answer to it. */
export interface Step {
  method: HttpRequest['method']
  /** Below the base URL, query included. */
  path: string
  body?: object | Form
  /** It puts something into a chat: then fewer of GOWA's refusals prove that nothing was sent. */
  says?: true
  /** What the server must have. `always`: an older one does not refuse, so it is looked up beforehand. */
  need?: Need & { always?: true }
  /** Reads a 2xx. */
  judge: (results: unknown, code: string | undefined) => Verdict
}

/** A `multipart/form-data` body with one file. */
export class Form {
  readonly fields: Readonly<Record<string, string | boolean | undefined>>
  readonly file: { field: string; name: string; mime: string; bytes: Uint8Array } | undefined
  constructor(fields: Form['fields'], file?: Form['file']) {
    this.fields = fields
    this.file = file
  }
  /** The boundary is a hash of the file, so it cannot stand in it but by breaking SHA-256. */
  encode(): { contentType: string; body: Uint8Array } {
    const { file } = this
    const boundary = `pombo-${createHash('sha256')
      .update(file?.bytes ?? '')
      .digest('hex')}`
    const parts: Uint8Array[] = []
    const add = (text: string) => void parts.push(Buffer.from(text))
    for (const [name, value] of Object.entries(this.fields)) {
      if (value === undefined) continue
      add(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
    }
    if (file) {
      const name = file.name.toWellFormed().replace(/["\r\n\\]/g, '_')
      add(`--${boundary}\r\ncontent-disposition: form-data; name="${file.field}"; filename="${name}"\r\n`)
      add(`content-type: ${file.mime}\r\n\r\n`)
      parts.push(file.bytes)
      add('\r\n')
    }
    add(`--${boundary}--\r\n`)
    return { contentType: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat(parts) }
  }
}

/** `?a=1&b=2` of what is given. */
export function query(fields: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(String(value).toWellFormed())}`],
  )
  return given.length === 0 ? '' : `?${given.join('&')}`
}
