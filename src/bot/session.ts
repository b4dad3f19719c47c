import type { Turn } from '../core/turn.ts'

/**
 * A chat's session during one turn. It is read when first looked at and written only when it differs, so
 * that turns which ignore it cost nothing.
 */
export class Session<S> {
  readonly #turn: Turn
  readonly #key: string
  readonly #initial: () => S
  #open: { value: S; before: string } | undefined

  constructor(turn: Turn, key: string, initial: () => S) {
    this.#turn = turn
    this.#key = key
    this.#initial = initial
  }

  get value(): S {
    return this.#read().value
  }
  set value(value: S) {
    this.#read().value = value
  }

  /** Hands a changed session to the turn, which commits it. */
  save(): void {
    if (!this.#open) return
    const after = JSON.stringify(this.#open.value)
    if (after !== this.#open.before) this.#turn.state.set(this.#key, plain(after))
  }

  #read(): { value: S; before: string } {
    if (this.#open) return this.#open
    const stored = this.#turn.state.get(this.#key)
    // A copy: a turn that fails must leave no trace in what its next attempt reads.
    const before = JSON.stringify(stored === undefined ? this.#initial() : stored)
    this.#open = { value: plain(before) as S, before }
    return this.#open
  }
}

const plain = (json: string | undefined): unknown => (json === undefined ? undefined : JSON.parse(json))
