import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { HubError } from '../core/errors.ts'

/** What a gateway posted, or would. */
export interface SavedDelivery {
  contentType: string
  body: Buffer
}

const JSON_TYPE = 'application/json'

/** As the API shows a delivery, or with `body` as text or JSON. Its signature is not looked at: it is made anew. */
const saved = z.object({
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  encoding: z.enum(['json', 'text', 'base64']).optional(),
  body: z.unknown().optional(),
  payload: z.unknown().optional(),
})
/** `GET /api/v1/events/:id`. */
const event = z.object({ id: z.string().startsWith('evt_'), delivery: saved })

/**
 * Reads a delivery out of a file: the body just as it was posted, or a delivery that was saved with its headers,
 * or an event as the API shows it.
 * @throws HubError E_FILE
 */
export function readDelivery(file: string, cwd: string): SavedDelivery {
  const bytes = read(resolve(cwd, file), file)
  const json = parse(bytes)
  const found = event.safeParse(json).data?.delivery ?? saved.safeParse(json).data
  const body = found?.body ?? found?.payload
  if (found === undefined || body === undefined) return { contentType: JSON_TYPE, body: bytes }
  const type = Object.entries(found.headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1]
  return {
    contentType: typeof type === 'string' ? type : JSON_TYPE,
    body:
      typeof body !== 'string' || found.encoding === 'json'
        ? Buffer.from(JSON.stringify(body))
        : Buffer.from(body, found.encoding === 'base64' ? 'base64' : 'utf8'),
  }
}

function read(path: string, name: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown fault'
    throw new HubError(
      'E_FILE',
      `${name} cannot be read (${code}). Give a file that holds a delivery, or the id of an event, as in evt_12.`,
      { cause },
    )
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}
