import type { Clock, Random, TimerHandle } from '../core/ports.ts'
import { WorldError } from './model.ts'
import type { News, Timers } from './news.ts'
import type { SimulatedNumber } from './port.ts'

const QR_VALID_MS = 120_000
const CODE_VALID_MS = 300_000
const CODE_LETTERS = '123456789ABCDEFGHJKLMNPQRSTVWXYZ'

export interface Pairing {
  /** What the QR holds. */
  qr?: string
  /** What is typed on the phone. */
  code?: string
  validMs: number
}

export interface LoginParts {
  clock: Clock
  random: Random
  news: News
  timers: Timers
  /** How long until somebody scans or types (ms); `undefined`: only when {@link Login.scan} is called. */
  scanMs: number | undefined
  /** The number is connected again. */
  back(number: SimulatedNumber): void
}

/** Whether our numbers are linked to a phone and connected. */
export class Login {
  readonly #parts: LoginParts
  readonly #pending = new Map<string, { until: number; timer: TimerHandle | undefined }>()

  constructor(parts: LoginParts) {
    this.#parts = parts
  }

  /** Offers a QR, or a code for a phone; a number that is connected already gets neither. */
  pair(number: SimulatedNumber, phone?: string): Pairing {
    if (number.connected) return { validMs: 0 }
    const { clock, news, timers, scanMs } = this.#parts
    const validMs = phone === undefined ? QR_VALID_MS : CODE_VALID_MS
    this.#drop(number)
    const timer = scanMs === undefined ? undefined : timers.after(scanMs, () => this.scan(number))
    this.#pending.set(number.instance, { until: clock.now() + validMs, timer })
    news.announce(number, { kind: 'connection', state: 'connecting' })
    return phone === undefined ? { qr: this.#qr(), validMs } : { code: this.#code(), validMs }
  }

  /** Somebody holds the phone over the QR, or types the code. */
  scan(number: SimulatedNumber): void {
    const pending = this.#pending.get(number.instance)
    if (!pending) throw new WorldError('nothing is there to be scanned')
    this.#drop(number)
    if (pending.until < this.#parts.clock.now()) throw new WorldError('the code is too old')
    delete number.loggedOut
    this.setConnected(number, true)
  }

  /** The phone unlinks the gateway; what was held for it is lost. */
  logOut(number: SimulatedNumber): void {
    const { news } = this.#parts
    this.#drop(number)
    news.forget(number.instance)
    if (number.loggedOut && !number.connected) return
    number.connected = false
    number.loggedOut = true
    news.tell({ type: 'number', number })
    news.announce(number, { kind: 'connection', state: 'logged-out' })
  }

  /** Connects a number to WhatsApp or cuts it off. `quietly`: nobody is left to tell of it. */
  setConnected(number: SimulatedNumber, connected: boolean, quietly = false): void {
    if (number.connected === connected) return
    if (connected && number.loggedOut) throw new WorldError('the number has to be paired first')
    const { news, back } = this.#parts
    number.connected = connected
    news.tell({ type: 'number', number })
    if (!quietly)
      news.announce(number, { kind: 'connection', state: connected ? 'connected' : 'disconnected' })
    if (!connected) return
    news.release(number.instance)
    back(number)
  }

  #drop({ instance }: SimulatedNumber): void {
    this.#pending.get(instance)?.timer?.cancel()
    this.#pending.delete(instance)
  }

  /** Reference, then three keys, as WhatsApp's QR has them. */
  #qr(): string {
    const bytes = (count: number) =>
      Buffer.from(Array.from({ length: count }, () => Math.floor(this.#parts.random() * 256)))
    return [
      `2@${bytes(60).toString('base64url')}`,
      ...[1, 2, 3].map(() => bytes(32).toString('base64')),
    ].join(',')
  }

  #code(): string {
    const letters = Array.from(
      { length: 8 },
      () => CODE_LETTERS[Math.floor(this.#parts.random() * CODE_LETTERS.length)] ?? '1',
    ).join('')
    return `${letters.slice(0, 4)}-${letters.slice(4)}`
  }
}
