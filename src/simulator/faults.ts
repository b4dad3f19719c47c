import type { EventKind } from '../core/events.ts'
import type { Happening } from './port.ts'

/**
 * What can be made to go wrong with the next deliveries of a number.
 * - `duplicate`: posted twice. `delay`: late. `drop`: lost by the gateway.
 * - `reorder`: waits until the one after it was answered.
 * - `forge`: signed with a wrong secret and a wrong token, posted once.
 * - `truncate`: only the first part of the body, signed as it is. `corrupt`: with bytes that are no text,
 *   signed as they are.
 */
export const DELIVERY_FAULTS = [
  'duplicate',
  'delay',
  'drop',
  'forge',
  'reorder',
  'truncate',
  'corrupt',
] as const
export type DeliveryFault = (typeof DELIVERY_FAULTS)[number]

/**
 * What can be made to go wrong with the answers to the next requests that would send a message.
 * - A number: refused with that status, and nothing done.
 * - `hang`: no answer, nothing done.
 * - `lost`: done, and the connection breaks before the answer. `late`: the connection breaks, and it is done
 *   some time after. `garbled`: done, and the answer is cut in the middle.
 * - `early`: done, and every receipt is with the hub before the answer.
 */
export const ANSWER_FAULTS = ['401', '404', '429', '500', 'hang', 'lost', 'late', 'early', 'garbled'] as const
export type AnswerFault = (typeof ANSWER_FAULTS)[number]

export interface PendingDelivery {
  fault: DeliveryFault
  /** How many more are hit. */
  left: number
  /** Only facts of these kinds, whoever made them; else whatever a person does. */
  kinds?: readonly EventKind[]
}
export interface PendingAnswer {
  fault: AnswerFault
  left: number
  /** What a 429 says (s). */
  retryAfterS?: number
  /** How long after the connection broke a `late` send goes out (ms). */
  lateMs?: number
}

/** Faults that wait for their moment, of one number. */
export interface PendingFaults {
  delivery?: PendingDelivery
  answer?: PendingAnswer
}

/** Faults of all numbers. */
export class Faults {
  readonly #pending = new Map<string, PendingFaults>()
  readonly #changed: (instance: string, pending: PendingFaults) => void

  constructor(changed: (instance: string, pending: PendingFaults) => void) {
    this.#changed = changed
  }

  of(instance: string): PendingFaults {
    return this.#pending.get(instance) ?? {}
  }

  set(instance: string, change: PendingFaults): void {
    this.#keep(instance, { ...this.of(instance), ...change })
  }

  /** Nothing goes wrong any more. */
  clear(instance: string): void {
    this.#keep(instance, {})
  }

  /** What goes wrong with the delivery of this happening; used up by it. */
  takeDelivery(instance: string, happening: Happening): DeliveryFault | undefined {
    const { delivery, ...rest } = this.of(instance)
    const meant = delivery?.kinds ? delivery.kinds.includes(happening.fact.kind) : byPeople(happening)
    if (!delivery || !meant) return undefined
    const left = delivery.left - 1
    this.#keep(instance, left > 0 ? { ...rest, delivery: { ...delivery, left } } : rest)
    return delivery.fault
  }

  /** What goes wrong with an answer; used up by it. */
  takeAnswer(instance: string): PendingAnswer | undefined {
    const { answer, ...rest } = this.of(instance)
    if (!answer) return undefined
    const left = answer.left - 1
    this.#keep(instance, left > 0 ? { ...rest, answer: { ...answer, left } } : rest)
    return answer
  }

  #keep(instance: string, pending: PendingFaults): void {
    this.#pending.set(instance, pending)
    this.#changed(instance, pending)
  }
}

/** Unless told otherwise a fault is for what people do, not for receipts, echoes and connections in passing. */
const byPeople = ({ author, fact }: Happening): boolean =>
  (author === 'other' || author === 'person') && fact.kind !== 'receipt' && fact.kind !== 'connection'
