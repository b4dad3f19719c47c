import type { SimulatedGateway } from '../../simulator/port.ts'
import { encode } from './simulator/encode.ts'
import { refuse } from './simulator/rest/answers.ts'
import { serve } from './simulator/serve.ts'

/**
 * The vendor's side of GOWA: what it posts (9.x envelope, 7.x flat) and how its REST API answers.
 * Bytes are those of Go's `encoding/json`.
 */
export const gowaSimulator: SimulatedGateway = {
  name: 'gowa',
  generations: ['envelope-9', 'envelope-8.3', 'envelope-8.2', 'envelope-8.1', 'flat-7', 'flat-3'],
  /** 7.4.0 to 9.2: five attempts, no waiting after the last; 10 s each. */
  retryDelaysMs: [1_000, 2_000, 4_000, 8_000],
  attemptTimeoutMs: 10_000,
  /** From 8.0.0 an event has this long with all its attempts; older versions stop by themselves before. */
  deliveryBudgetMs: 30_000,
  receiptsPerDevice: ['flat-7', 'flat-3'],
  encode,
  serve,
  refuse,
}
