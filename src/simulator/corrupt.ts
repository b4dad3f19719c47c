import { createHmac } from 'node:crypto'
import type { WireDelivery } from './port.ts'

/** Not text in any encoding a gateway uses. */
const NO_TEXT = Buffer.from([0xff, 0xfe, 0x80])

/**
 * A delivery with a broken body whose signature is right all the same, as when the gateway itself wrote
 * nonsense. Where a header holds the HMAC-SHA256 of the body in hex, it becomes that of the broken one.
 */
export function broken(
  delivery: WireDelivery,
  how: 'truncate' | 'corrupt',
  secret: string | undefined,
): WireDelivery {
  const { body } = delivery
  const middle = Math.floor(body.length * 0.6)
  const start = body.subarray(0, middle)
  const bad = how === 'truncate' ? start : Buffer.concat([start, NO_TEXT, body.subarray(middle)])
  if (secret === undefined) return { ...delivery, body: bad }
  const hmac = (bytes: Buffer) => createHmac('sha256', secret).update(bytes).digest('hex')
  const right = hmac(body)
  const headers = Object.entries(delivery.headers).map(([name, value]) => [
    name,
    value.replace(right, hmac(bad)),
  ])
  return { ...delivery, headers: Object.fromEntries(headers) as Record<string, string>, body: bad }
}
