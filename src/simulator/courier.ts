import type { Clock, HttpClient, HttpOutcome } from '../core/ports.ts'
import type { DeliveryFault } from './faults.ts'
import type { Happening, SimulatedGateway, SimulatedNumber, WireDelivery } from './port.ts'
import type { Attempt, PostEntry, Strip } from './strip.ts'
import type { WireDetail } from './wire-detail.ts'

export interface CourierParts {
  clock: Clock
  http: HttpClient
  strip: Strip
  /** Time a delivery takes to leave the gateway (ms). */
  latencyMs?: number
  /** How long a delayed or reordered delivery waits at most (ms). */
  delayMs?: number
}

type Settled = 'accepted' | 'refused' | 'lost' | 'stopped'

/**
 * Posts what a gateway would post, the way it would: over HTTP, with the vendor's timeout and retry
 * schedule, every delivery on its own, so that order is not promised. Misbehaves when told to.
 */
export class Courier {
  readonly #parts: Required<CourierParts>
  /** Deliveries that let the next one of their number pass first. */
  readonly #waiting = new Map<string, () => void>()
  readonly #cancel = new Set<() => void>()
  #closed = false

  constructor(parts: CourierParts) {
    this.#parts = { latencyMs: 15, delayMs: 5_000, ...parts }
  }

  /** Posts one happening of a number; resolves when its deliveries are settled. Never rejects. */
  async post(
    happening: Happening,
    number: SimulatedNumber,
    gateway: SimulatedGateway,
    fault?: DeliveryFault,
  ): Promise<void> {
    // A forger knows the address and the format, but neither the secret nor the token.
    const sender = fault === 'forge' ? { ...number, secret: 'forged-by-somebody', token: 'forged' } : number
    const deliveries = gateway.encode(happening, sender)
    await Promise.all(deliveries.map((delivery) => this.#one(delivery, happening, number, gateway, fault)))
  }

  /** Stops every wait; nothing is posted after this. */
  close(): void {
    this.#closed = true
    for (const cancel of [...this.#cancel]) cancel()
    for (const release of [...this.#waiting.values()]) release()
  }

  async #one(
    delivery: WireDelivery,
    happening: Happening,
    number: SimulatedNumber,
    gateway: SimulatedGateway,
    fault: DeliveryFault | undefined,
  ): Promise<void> {
    const { strip, latencyMs, delayMs } = this.#parts
    const entry = strip.add<PostEntry>({
      type: 'post',
      instance: number.instance,
      what: happening.fact.kind,
      state: 'waiting',
      attempts: [],
      ...(fault !== undefined && { fault }),
      ...messageOf(happening),
    })
    strip.keep(entry, asSent(delivery, number))
    if (fault === 'drop') return strip.update(entry, { state: 'dropped' })
    await this.#wait(latencyMs)
    if (fault === 'delay') await this.#wait(delayMs)
    if (fault === 'reorder') await this.#letOnePass(number.instance, delayMs)
    const attempts = [this.#attempts(delivery, entry, number, gateway)]
    if (fault === 'duplicate') {
      const twin = strip.add<PostEntry>({
        type: 'post',
        instance: number.instance,
        what: happening.fact.kind,
        state: 'waiting',
        attempts: [],
        fault,
        ...messageOf(happening),
      })
      attempts.push(this.#attempts(delivery, twin, number, gateway))
    }
    await Promise.race(attempts)
    if (fault !== 'reorder') this.#waiting.get(number.instance)?.()
    await Promise.all(attempts)
  }

  async #attempts(
    delivery: WireDelivery,
    entry: PostEntry,
    number: SimulatedNumber,
    gateway: SimulatedGateway,
  ): Promise<Settled> {
    const { strip, clock, http } = this.#parts
    // A forger does not insist.
    const delays = entry.fault === 'forge' ? [] : gateway.retryDelaysMs
    for (let tried = 0; !this.#closed; tried++) {
      strip.update(entry, { state: 'posting', nextAt: undefined })
      const began = clock.monotonic()
      const outcome = await http({
        method: 'POST',
        url: number.webhookUrl + delivery.urlSuffix,
        headers: delivery.headers,
        body: delivery.body,
        timeoutMs: gateway.attemptTimeoutMs,
      })
      strip.keep(entry, {
        ...asSent(delivery, number),
        ...(outcome.type === 'answered' && { answer: { status: outcome.status, body: outcome.body } }),
      })
      const attempts = [...entry.attempts, attempt(outcome, clock.now(), clock.monotonic() - began)]
      if (outcome.type === 'answered' && outcome.status >= 200 && outcome.status < 300) {
        strip.update(entry, { state: 'accepted', attempts, ...counts(outcome.body) })
        return 'accepted'
      }
      const delay = delays[tried]
      if (delay === undefined) {
        const state = outcome.type === 'answered' && outcome.status < 500 ? 'refused' : 'lost'
        strip.update(entry, { state, attempts })
        return state
      }
      strip.update(entry, { state: 'retrying', attempts, nextAt: clock.now() + delay })
      await this.#wait(delay)
    }
    return 'stopped'
  }

  /** Resolves after `ms`, or at once when the courier closes. */
  #wait(ms: number): Promise<void> {
    if (ms <= 0 || this.#closed) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        timer.cancel()
        this.#cancel.delete(done)
        resolve()
      }
      const timer = this.#parts.clock.setTimeout(done, ms)
      this.#cancel.add(done)
    })
  }

  /** Waits until another delivery of this number has been answered, at most `ms`. */
  #letOnePass(instance: string, ms: number): Promise<void> {
    this.#waiting.get(instance)?.()
    return new Promise((resolve) => {
      const go = () => {
        if (this.#waiting.get(instance) === go) this.#waiting.delete(instance)
        resolve()
      }
      this.#waiting.set(instance, go)
      void this.#wait(ms).then(go)
    })
  }
}

const asSent = ({ urlSuffix, headers, body }: WireDelivery, { webhookUrl }: SimulatedNumber): WireDetail => ({
  method: 'POST',
  url: webhookUrl + urlSuffix,
  headers,
  body: body.toString('utf8'),
})

function attempt(outcome: HttpOutcome, at: number, ms: number): Attempt {
  const taken = { at, ms: Math.round(ms * 10) / 10 }
  return outcome.type === 'answered'
    ? { ...taken, status: outcome.status }
    : { ...taken, failed: outcome.type === 'not-sent' ? 'unreachable' : 'unanswered' }
}

/** The hub answers `{"accepted":n,"duplicates":m}`; other receivers say other things. */
function counts(body: string): { accepted?: number; duplicates?: number } {
  try {
    const { accepted, duplicates } = JSON.parse(body) as Record<string, unknown>
    return typeof accepted === 'number' && typeof duplicates === 'number' ? { accepted, duplicates } : {}
  } catch {
    return {}
  }
}

function messageOf({ fact }: Happening): { message?: string; detail?: string } {
  switch (fact.kind) {
    case 'message':
      return { message: fact.message.id }
    case 'receipt':
      return { message: fact.target, detail: fact.state }
    case 'edit':
    case 'revoke':
    case 'reaction':
      return { message: fact.target }
    case 'membership':
      return { detail: fact.change }
    case 'connection':
      return { detail: fact.state }
    default:
      return {}
  }
}
