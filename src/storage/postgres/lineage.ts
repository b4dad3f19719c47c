import { HubError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports.ts'

/**
 * Which line of commits a server is on: another one after a restore, or when a standby took over. Then commits
 * that were answered may be missing.
 */
export interface Lineage {
  /** Cluster, database and timeline. */
  history: string
  /** How far it has come, durably (bytes of its log of commits). */
  position: number
}

/**
 * The timeline of what is written now; a checkpoint would tell the last one's. Some hosts do not let one ask.
 * The position is what would outlive a power cut: what is only written may be gone after one.
 */
export const LINEAGE = `concat_ws('/',
    case when has_function_privilege('pg_control_system()', 'execute')
      then (select system_identifier::text from pg_control_system()) end,
    (select oid::text from pg_database where datname = current_database()),
    case when not pg_is_in_recovery() and has_function_privilege('pg_walfile_name(pg_lsn)', 'execute')
      then substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end) as history,
  case when pg_is_in_recovery() then 0 else pg_current_wal_flush_lsn() - '0/0' end as position`

/** Longest time that seeing to another line may take, with millions of chats (ms); others wait for it. */
const LIMIT_MS = 5 * 60_000

/** @param rewound an earlier state of the same line, which its history does not show */
export type OnOther<S> = (session: S, lineage: Lineage, rewound: boolean) => Promise<void>

/**
 * Tells another line of commits, or an earlier place on this one, from the one the hub has seen. What finds it is
 * handed over before anything else is done with it, one at a time.
 */
export class LineageWatch<S> {
  #known: Lineage | undefined
  #onOther: OnOther<S> | undefined
  /** How often another one was found: what was known before then says nothing any more. */
  #found = 0
  #judging: Promise<unknown> = Promise.resolve()
  /** Another line is being seen to. */
  #busy = false
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get busy(): boolean {
    return this.#busy
  }

  begin(known: Lineage, onOther: OnOther<S>): void {
    this.#known = known
    this.#onOther = onOther
  }

  /**
   * @param ask what line a session is on. What is known is noted before it is asked: others ask meanwhile, and may
   *   be further
   */
  async look(session: S, ask: () => Promise<Lineage>): Promise<void> {
    const before = this.#known
    const found = this.#found
    const seen = await ask()
    if (!before) return
    const judged = this.#judging.then(() => this.#judge(session, seen, found === this.#found && before))
    this.#judging = judged.catch(() => {})
    await judged
  }

  async #judge(session: S, seen: Lineage, before: Lineage | false): Promise<void> {
    const other = seen.history !== this.#known?.history
    const rewound = !other && before !== false && seen.position < before.position
    if (other || rewound) {
      await this.#seeTo(session, seen, rewound)
      this.#found += 1
      this.#known = seen
    } else if (seen.position > (this.#known?.position ?? 0)) this.#known = seen
  }

  /** A way that is cut in the middle of it must not keep all others waiting for ever. */
  async #seeTo(session: S, seen: Lineage, rewound: boolean): Promise<void> {
    const limit = Promise.withResolvers<never>()
    const timer = this.#clock.setTimeout(
      () =>
        limit.reject(
          new HubError('E_STORE_UNAVAILABLE', 'Seeing to another copy of the database took too long.'),
        ),
      LIMIT_MS,
    )
    this.#busy = true
    try {
      await Promise.race([this.#onOther?.(session, seen, rewound), limit.promise])
    } finally {
      this.#busy = false
      timer.cancel()
    }
  }
}
