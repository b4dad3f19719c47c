import { createHmac } from 'node:crypto'
import type { Happening, SimulatedNumber, WireDelivery } from '../../../simulator/port.ts'
import { envelope } from './envelope.ts'
import { first } from './first.ts'
import { flat } from './flat.ts'
import { goJson } from './go.ts'
import { atLeast } from './versions.ts'

/**
 * What GOWA posts for a happening, as the version that the number's generation stands for writes it;
 * nothing for what that version never tells.
 */
export function encode(happening: Happening, number: SimulatedNumber): WireDelivery[] {
  return isSilent(happening) ? [] : bodies(happening, number).map((body) => deliver(body, number))
}

function bodies(happening: Happening, number: SimulatedNumber): object[] {
  if (atLeast(number, 8, 0)) return envelope(happening, number)
  if (!atLeast(number, 4, 22)) return first(happening)
  const body = flat(happening, number)
  return body === undefined ? [] : [body]
}

const ECHOED_BY_HAND_ONLY: readonly string[] = ['message', 'edit', 'revoke', 'reaction', 'vote']
/** What the API sends yields no delivery: whatsmeow does not echo a session's own sends. */
const isSilent = ({ fact, author }: Happening): boolean =>
  (author === 'api' || author === 'hosted') && ECHOED_BY_HAND_ONLY.includes(fact.kind)

/** GOWA signs with `secret` when it was given none. */
function deliver(value: unknown, { secret = 'secret' }: SimulatedNumber): WireDelivery {
  const body = Buffer.from(goJson(value))
  return {
    urlSuffix: '',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Go-http-client/1.1',
      'accept-encoding': 'gzip',
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
    body,
  }
}
