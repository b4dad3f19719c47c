import type { SimulatedGateway } from '../../simulator/port.ts'
import { encode } from './simulator/encode.ts'
import { refuse } from './simulator/rest.ts'
import { serve } from './simulator/serve.ts'

/**
 * uazapi's side of the wire. Two generations:
 *
 * - `real-2`: as captured on 2.x: `EventType`, a message of 29 keys, `event` an object.
 * - `seed-1`: as users of the 1.0.0 line describe it: the name in `event`, a message of few keys, group
 *   changes as a message. What they do not describe (receipts, deletions, connection) is as in `real-2`.
 *
 * Its REST API answers as 2.1 for `real-2` and as 1.0.0 for `seed-1`.
 */
export const uazapiSimulator: SimulatedGateway = {
  name: 'uazapi',
  generations: ['real-2', 'seed-1'],
  // Three attempts are documented by example (`/webhook/errors`); the waits and the timeout are assumed.
  retryDelaysMs: [2_000, 10_000],
  attemptTimeoutMs: 15_000,
  encode,
  serve,
  refuse,
}
