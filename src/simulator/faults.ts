/**
 * What can be made to go wrong. Delivery faults hit the next thing a person does, never a receipt or an
 * echo in passing; answer faults hit the next requests that would send a message, never a mark-as-read,
 * "typing…" or a question.
 */
export const DELIVERY_FAULTS = ['duplicate', 'delay', 'drop', 'forge', 'reorder'] as const
export type DeliveryFault = (typeof DELIVERY_FAULTS)[number]

/** `hang`: no answer, nothing done. `lost`: done, and the connection breaks before the answer. */
export const ANSWER_FAULTS = ['429', '500', 'hang', 'lost'] as const
export type AnswerFault = (typeof ANSWER_FAULTS)[number]

/** Faults that wait for their moment, of one number. */
export interface PendingFaults {
  delivery?: DeliveryFault
  answer?: { fault: AnswerFault; left: number }
}

/** Faults of all numbers; each is taken once. */
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
    const pending = { ...this.of(instance), ...change }
    this.#pending.set(instance, pending)
    this.#changed(instance, pending)
  }

  takeDelivery(instance: string): DeliveryFault | undefined {
    const { delivery, ...rest } = this.of(instance)
    if (delivery === undefined) return undefined
    this.#pending.set(instance, rest)
    this.#changed(instance, rest)
    return delivery
  }

  takeAnswer(instance: string): AnswerFault | undefined {
    const { answer, ...rest } = this.of(instance)
    if (answer === undefined) return undefined
    const left = answer.left - 1
    const pending: PendingFaults = left > 0 ? { ...rest, answer: { ...answer, left } } : rest
    this.#pending.set(instance, pending)
    this.#changed(instance, pending)
    return answer.fault
  }
}
