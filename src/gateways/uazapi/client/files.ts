import { MAX_DATA_BYTES } from '../../../core/commands.ts'

/** What uazapi takes for a file: an address it fetches, or the bytes as bare base64. */
export interface FileForm {
  file: string
  /** Of a `data:` URL. */
  mime?: string
}

const DATA = /^data:([^;,]{0,100})(?:;[^;,]{1,100})*?;base64,([A-Za-z0-9+/]*={0,2})$/

/** A `url` of a command as uazapi takes it; undefined when it is neither http(s) nor base64, or too large. */
export function fileForm(url: string): FileForm | undefined {
  if (/^https?:\/\//i.test(url)) return { file: url }
  const found = DATA.exec(url)
  const [, mime = '', base64 = ''] = found ?? []
  if (base64 === '' || base64.length > (MAX_DATA_BYTES * 4) / 3 + 4) return undefined
  return { file: base64, ...(mime !== '' && { mime }) }
}
