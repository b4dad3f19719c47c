import { z } from 'zod'
import { MESSAGE_COMMANDS } from '../core/commands.ts'
import type { Clock, TimerHandle } from '../core/ports.ts'
import type { AskHub } from './hub-chats.ts'
import type { PostEntry, Strip } from './strip.ts'
import type { Tally, Way, WayStage } from './way.ts'

const BUSY_MS = 250
const IDLE_MS = 1_000
/** A message that takes longer is asked about less often (ms). */
const PATIENT_MS = 5_000
const AT_ONCE = 8
const MOST_PENDING = 200
/** The hub acknowledges after the commit: what it does not know at the third time of asking is gone. */
const TRIES = 3
/** Where the hub's stages stand among ours. */
const STAGES: Readonly<Record<string, WayStage>> = {
  received: 'verified',
  stored: 'stored',
  started: 'ordered',
  handled: 'handled',
}
const WAITING_STATUSES = ['pending', 'parked']
const OPEN_STATES = ['queued', 'sending', 'unknown', 'held']
/** Those that certainly never went out. */
const UNSENT_STATES = ['rejected', 'refused']

const moment = z.iso.datetime().transform((text) => Date.parse(text))
const eventsSchema = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      generation: z.number(),
      fact: z.object({ message: z.object({ id: z.string() }).optional() }),
    }),
  ),
})
const command = z.object({
  id: z.string(),
  instance: z.string(),
  type: z.string(),
  state: z.string(),
  settledAt: moment.optional(),
})
const detailSchema = z.object({
  status: z.string(),
  timeline: z.array(z.object({ stage: z.string(), at: moment })),
  commands: z.array(command),
})
const commandsSchema = z.object({ data: z.array(command), next: z.string().nullable() })
type SeenCommand = z.output<typeof command>

const isMessage = ({ type }: SeenCommand): boolean => (MESSAGE_COMMANDS as readonly string[]).includes(type)

interface Followed {
  entry: PostEntry
  since: number
  askedAt: number
  tries: number
  event?: string
}

export interface HubWaysParts {
  ask: AskHub | undefined
  clock: Clock
  strip: Strip
  /** How many messages each of our numbers has sent through its gateway's API. */
  sent(): ReadonlyMap<string, number>
  changed(tally: Tally): void
}

/**
 * While anybody watches, asks the hub how far each acknowledged message has come, and counts what was lost or
 * done twice. Without a hub that can be asked it does nothing.
 */
export class HubWays {
  tally: Tally = { followed: 0, lost: 0, doubled: 0 }
  readonly #parts: HubWaysParts
  readonly #pending = new Map<number, Followed>()
  /** Message commands of the hub: id → number. */
  readonly #commands = new Map<string, { instance: string; unsent: boolean }>()
  #storedTwice = 0
  /** What our numbers had sent when the commands were counted last. */
  #sent: ReadonlyMap<string, number> = new Map()
  #timer: TimerHandle | undefined

  constructor(parts: HubWaysParts) {
    this.#parts = parts
  }

  /** Follows a delivery from now on, when it is one the hub has to know of. */
  follow(entry: PostEntry): void {
    const unreadable = entry.fault === 'truncate' || entry.fault === 'corrupt'
    if (!this.#parts.ask || entry.what !== 'message' || entry.by === 'api' || unreadable) return
    if (entry.state !== 'accepted' || entry.accepted === 0 || entry.way || this.#pending.has(entry.id)) return
    this.#pending.set(entry.id, { entry, since: this.#parts.clock.now(), askedAt: 0, tries: 0 })
    const [oldest] = this.#pending.keys()
    if (this.#pending.size > MOST_PENDING && oldest !== undefined) this.#pending.delete(oldest)
  }

  start(): void {
    if (this.#parts.ask && !this.#timer) this.#next(0)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #next(ms: number): void {
    this.#timer = this.#parts.clock.setTimeout(() => void this.#check(), ms)
  }

  async #check(): Promise<void> {
    const mine = this.#timer
    // A hub that is down is asked again later; what is known stands.
    await this.#look().catch(() => undefined)
    if (mine === undefined || this.#timer !== mine) return
    this.#next(this.#pending.size > 0 ? BUSY_MS : IDLE_MS)
  }

  async #look(): Promise<void> {
    const now = this.#parts.clock.now()
    const due = [...this.#pending.values()].filter(
      ({ since, askedAt }) => now - since < PATIENT_MS || now - askedAt > PATIENT_MS / 2,
    )
    for (const followed of due.slice(0, AT_ONCE)) await this.#ask(followed)
    await this.#count()
    const { lost, followed } = this.tally
    this.#tell({ followed, lost, doubled: this.#storedTwice + this.#sentTwice() })
  }

  async #ask(followed: Followed): Promise<void> {
    const { clock, strip, ask } = this.#parts
    const { entry } = followed
    if (!ask) return
    followed.askedAt = clock.now()
    if (followed.event === undefined) {
      const query = `kind=message&instance=${entry.instance}&id=${encodeURIComponent(entry.message ?? '')}`
      const found = eventsSchema
        .parse(await ask('GET', `/events?${query}&limit=10`))
        .data.filter(({ generation, fact }) => generation === 0 && fact.message?.id === entry.message)
      const [event] = found
      if (!event) {
        if (++followed.tries < TRIES) return
        this.#pending.delete(entry.id)
        return this.#tell({ ...this.tally, followed: this.tally.followed + 1, lost: this.tally.lost + 1 })
      }
      followed.event = event.id
      this.#storedTwice += found.length - 1
      this.#tell({ ...this.tally, followed: this.tally.followed + 1 })
    }
    const way = wayOf(
      followed.event,
      entry,
      detailSchema.parse(await ask('GET', `/events/${followed.event}`)),
    )
    if (way.end) this.#pending.delete(entry.id)
    if (JSON.stringify(way) !== JSON.stringify(entry.way)) strip.update(entry, { way })
  }

  /** Learns of the hub's commands when our numbers have sent more than was known. */
  async #count(): Promise<void> {
    const { ask } = this.#parts
    const sent = this.#parts.sent()
    if (!ask || JSON.stringify([...sent]) === JSON.stringify([...this.#sent])) return
    let cursor: string | null = ''
    while (cursor !== null) {
      const answer = await ask(
        'GET',
        `/commands?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      )
      const { data, next } = commandsSchema.parse(answer)
      const known = data.every(({ id }) => this.#commands.has(id))
      for (const one of data)
        if (isMessage(one))
          this.#commands.set(one.id, {
            instance: one.instance,
            unsent: UNSENT_STATES.includes(one.state),
          })
      cursor = known ? null : next
    }
    this.#sent = sent
  }

  /** What went out beyond what was decided. A command of unknown end counts as one that went out. */
  #sentTwice(): number {
    const decided = new Map<string, number>()
    for (const { instance, unsent } of this.#commands.values())
      if (!unsent) decided.set(instance, (decided.get(instance) ?? 0) + 1)
    return [...this.#sent].reduce(
      (sum, [instance, n]) => sum + Math.max(0, n - (decided.get(instance) ?? 0)),
      0,
    )
  }

  #tell(tally: Tally): void {
    if (JSON.stringify(tally) === JSON.stringify(this.tally)) return
    this.tally = tally
    this.#parts.changed(tally)
  }
}

function wayOf(event: string, entry: PostEntry, detail: z.output<typeof detailSchema>): Way {
  const last = entry.attempts.at(-1)
  const posted = last ? last.at - last.ms : entry.at
  const messages = detail.commands.filter(isMessage)
  const open = messages.some(({ state }) => OPEN_STATES.includes(state))
  const sentAt = messages.filter(({ state }) => state === 'sent').map(({ settledAt = 0 }) => settledAt)
  const passed: { stage: WayStage; at: number }[] = [
    { stage: 'received', at: posted },
    ...detail.timeline.flatMap(({ stage, at }) => {
      const ours = STAGES[stage]
      return ours ? [{ stage: ours, at }] : []
    }),
    ...(!open && sentAt.length > 0 ? [{ stage: 'sent' as const, at: Math.max(...sentAt) }] : []),
  ]
  const waits = open || WAITING_STATUSES.includes(detail.status)
  return {
    event,
    stages: passed.map(({ stage, at }, index) => ({
      stage,
      ms: Math.max(0, Math.round(at - (passed[index - 1]?.at ?? at))),
    })),
    ...(!waits && { end: sentAt.length > 0 ? 'answered' : messages.length > 0 ? 'unsent' : 'silent' }),
  }
}
