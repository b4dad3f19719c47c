import type { Clock, HttpClient, Random } from '../core/ports.ts'
import { broken } from './corrupt.ts'
import type { DeliveryFault } from './faults.ts'
import type { Happening, SimulatedGateway, SimulatedNumber, WireDelivery } from './port.ts'
import { asSent, attempt, counts, messageOf } from './post-line.ts'
import type { PostEntry, Strip } from './strip.ts'

export interface CourierParts {
  clock: Clock
  http: HttpClient
  strip: Strip
  /** Time a delivery takes to leave the gateway (ms). */
  latencyMs?: number
  /** Up to this much more (ms), by chance: deliveries overtake each other. */
  jitterMs?: number
  random?: Random
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
  /** How to end each wait at once, and whose it is. */
  readonly #cancel = new Map<() => void, string>()
  /** How often the gateway of a number has been restarted. */
  readonly #restarts = new Map<string, number>()
  /** What is on its way, by number. */
  readonly #posts = new Map<string, Set<Promise<void>>>()
  #closed = false

  constructor(parts: CourierParts) {
    this.#parts = { latencyMs: 15, jitterMs: 0, random: Math.random, delayMs: 5_000, ...parts }
  }

  /** Posts one happening of a number; resolves when its deliveries are settled. Never rejects. */
  post(
    happening: Happening,
    number: SimulatedNumber,
    gateway: SimulatedGateway,
    fault?: DeliveryFault,
  ): Promise<void> {
    const posts = this.#posts.get(number.instance) ?? new Set()
    this.#posts.set(number.instance, posts)
    const post = this.#post(happening, number, gateway, fault).finally(() => posts.delete(post))
    posts.add(post)
    return post
  }

  async #post(
    happening: Happening,
    number: SimulatedNumber,
    gateway: SimulatedGateway,
    fault?: DeliveryFault,
  ): Promise<void> {
    // A forger knows the address and the format, but neither the secret nor the token.
    const sender = fault === 'forge' ? { ...number, secret: 'forged-by-somebody', token: 'forged' } : number
    const deliveries = gateway
      .encode(happening, sender)
      .map((delivery) =>
        fault === 'truncate' || fault === 'corrupt' ? broken(delivery, fault, number.secret) : delivery,
      )
    await Promise.all(deliveries.map((delivery) => this.#one(delivery, happening, number, gateway, fault)))
  }

  /** The gateway's process ends: whatever was not accepted yet is not tried again. */
  restart(instance: string): void {
    this.#restarts.set(instance, this.#restartsOf(instance) + 1)
    for (const [cancel, owner] of [...this.#cancel]) if (owner === instance) cancel()
    this.#waiting.get(instance)?.()
  }

  /** Resolves when no delivery of the number is on its way any more. */
  async idle(instance: string): Promise<void> {
    for (let posts = this.#posts.get(instance); posts?.size; posts = this.#posts.get(instance))
      await Promise.all(posts)
  }

  /** Stops every wait; nothing is posted after this. */
  close(): void {
    this.#closed = true
    for (const cancel of [...this.#cancel.keys()]) cancel()
    for (const release of [...this.#waiting.values()]) release()
  }

  async #one(
    delivery: WireDelivery,
    happening: Happening,
    number: SimulatedNumber,
    gateway: SimulatedGateway,
    fault: DeliveryFault | undefined,
  ): Promise<void> {
    const { strip, latencyMs, jitterMs, random, delayMs } = this.#parts
    const { instance } = number
    const born = this.#restartsOf(instance)
    const line = () =>
      strip.add<PostEntry>({
        type: 'post',
        instance,
        what: happening.fact.kind,
        by: happening.author,
        state: 'waiting',
        attempts: [],
        ...(fault !== undefined && { fault }),
        ...messageOf(happening),
      })
    const entry = line()
    strip.keep(entry, asSent(delivery, number))
    if (fault === 'drop') return strip.update(entry, { state: 'dropped' })
    await this.#wait(latencyMs + random() * jitterMs, instance)
    if (fault === 'delay') await this.#wait(delayMs, instance)
    if (fault === 'reorder') await this.#letOnePass(instance, delayMs)
    if (this.#restartsOf(instance) !== born) return strip.update(entry, { state: 'dropped' })
    const attempts = [this.#attempts(delivery, entry, number, gateway)]
    if (fault === 'duplicate') attempts.push(this.#attempts(delivery, line(), number, gateway))
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
    const born = this.#restartsOf(number.instance)
    const { deliveryBudgetMs: budgetMs = Number.POSITIVE_INFINITY } = gateway
    const over = clock.monotonic() + budgetMs
    for (let tried = 0; !this.#closed; tried++) {
      strip.update(entry, { state: 'posting', nextAt: undefined })
      const began = clock.monotonic()
      const outcome = await http({
        method: 'POST',
        url: number.webhookUrl + delivery.urlSuffix,
        headers: delivery.headers,
        body: delivery.body,
        timeoutMs: Math.min(gateway.attemptTimeoutMs, Math.max(1, over - began)),
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
      const restarted = this.#restartsOf(number.instance) !== born
      if (delay === undefined || restarted || clock.monotonic() + delay >= over) {
        const refused = outcome.type === 'answered' && outcome.status < 500
        strip.update(entry, { state: restarted ? 'dropped' : refused ? 'refused' : 'lost', attempts })
        return refused ? 'refused' : 'lost'
      }
      strip.update(entry, { state: 'retrying', attempts, nextAt: clock.now() + delay })
      await this.#wait(delay, number.instance)
      if (this.#restartsOf(number.instance) !== born) {
        strip.update(entry, { state: 'dropped', nextAt: undefined })
        return 'lost'
      }
    }
    return 'stopped'
  }

  #restartsOf(instance: string): number {
    return this.#restarts.get(instance) ?? 0
  }

  /** Resolves after `ms`, or at once when the courier closes or the gateway restarts. */
  #wait(ms: number, instance: string): Promise<void> {
    if (ms <= 0 || this.#closed) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        timer.cancel()
        this.#cancel.delete(done)
        resolve()
      }
      const timer = this.#parts.clock.setTimeout(done, ms)
      this.#cancel.set(done, instance)
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
      void this.#wait(ms, instance).then(go)
    })
  }
}
