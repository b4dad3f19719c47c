import { Socket } from 'node:net'
import pg from 'pg'
import * as z from 'zod'
import type { InstanceId } from '../../core/ids.ts'
import { TOPICS, type Topic } from '../../core/live.ts'
import type { Clock, Logger } from '../../core/ports.ts'
import { type Announcement, QUEUES, type Queue } from '../../core/store.ts'
import { type Connections, clientOptions } from './connections.ts'

/** Announcements are gathered for this long (ms). */
const GATHER_MS = 20
/** A notification has 8,000 bytes; more numbers than this are told as all. */
const MOST_INSTANCES = 100
/** How long after a lost connection listening is tried again, and longest (ms). */
const AGAIN_MS = 500
const LONGEST_MS = 10_000
/** Who only listens does not notice that nothing can be heard any more: it asks this often, and gives up after this (ms). */
const CHECK_MS = 15_000
const ANSWER_MS = 5_000
/** How long a connection may take to end in order (ms). */
const GOODBYE_MS = 500

const wire = z.object({
  from: z.string(),
  queues: z.array(z.enum(QUEUES)),
  instances: z.array(z.string()),
  registry: z.boolean().optional(),
  topics: z.array(z.enum(TOPICS)).optional(),
})

/**
 * What nodes tell each other, over NOTIFY. A hint that makes things quick; polling finds everything without it.
 *
 * Sent after the commit it tells of, in a transaction of its own and many at a time: a transaction that notifies
 * holds a lock of the whole database while it commits, so that all commits would queue behind each other.
 */
export class Announcements {
  readonly #connections: Connections
  readonly #url: string
  readonly #channel: string
  readonly #self: string
  readonly #clock: Clock
  readonly #log: Logger
  readonly #checkMs: number
  readonly #listeners = new Set<(what: Announcement) => void>()
  #queues = new Set<Queue>()
  #instances = new Set<InstanceId>()
  #registry = false
  #topics = new Set<Topic>()
  #gathering = false
  #listener: Listener | undefined
  #closed = false
  #failures = 0

  /** @param options.checkMs how often it is made sure that something could be heard; also how long an answer may take */
  constructor(options: {
    connections: Connections
    url: string
    /** Of this installation: a database may hold several. */
    channel: string
    self: string
    clock: Clock
    log: Logger
    checkMs?: number
  }) {
    this.#connections = options.connections
    this.#url = options.url
    this.#channel = options.channel
    this.#self = options.self
    this.#clock = options.clock
    this.#log = options.log
    this.#checkMs = options.checkMs ?? CHECK_MS
  }

  announce({ queues, instances, registry, topics }: Announcement): void {
    if (this.#closed) return
    if (registry) this.#registry = true
    for (const topic of topics ?? []) this.#topics.add(topic)
    for (const queue of queues) this.#queues.add(queue)
    for (const instance of instances) this.#instances.add(instance)
    if (this.#gathering) return
    this.#gathering = true
    this.#clock.setTimeout(() => void this.#send(), GATHER_MS)
  }

  async #send(): Promise<void> {
    const instances = this.#instances.size > MOST_INSTANCES ? [] : [...this.#instances]
    const text = JSON.stringify({
      from: this.#self,
      queues: [...this.#queues],
      instances,
      ...(this.#registry && { registry: true }),
      ...(this.#topics.size > 0 && { topics: [...this.#topics] }),
    })
    this.#registry = false
    this.#topics = new Set()
    this.#queues = new Set()
    this.#instances = new Set()
    this.#gathering = false
    if (this.#closed) return
    try {
      const session = await this.#connections.connect()
      try {
        await session.query('select pg_notify($1, $2)', [this.#channel, text])
      } finally {
        session.release()
      }
    } catch (err) {
      this.#log.debug({ err }, 'other nodes could not be told; they will look for themselves')
    }
  }

  onAnnounced(listen: (what: Announcement) => void): () => void {
    this.#listeners.add(listen)
    if (this.#listeners.size === 1) void this.#listen()
    return () => this.#listeners.delete(listen)
  }

  async #listen(): Promise<void> {
    if (this.#closed || this.#listener) return
    if (this.#connections.pooled) {
      this.#log.info(
        {},
        'a connection pooler stands before the database: nodes do not hear of each other at once, but look every second',
      )
      return
    }
    const listener = new Listener(this.#url, this.#clock)
    this.#listener = listener
    const lost = (): void => {
      if (this.#listener !== listener) return
      this.#listener = undefined
      void listener.end()
      if (this.#closed) return
      this.#failures += 1
      this.#clock.setTimeout(() => void this.#listen(), Math.min(AGAIN_MS * 2 ** this.#failures, LONGEST_MS))
    }
    const check = (): void => {
      this.#clock.setTimeout(() => {
        if (this.#listener === listener) listener.check(Math.min(this.#checkMs, ANSWER_MS)).then(check, lost)
      }, this.#checkMs)
    }
    try {
      await listener.listen(this.#channel, { heard: (payload) => this.#heard(payload), lost })
      this.#failures = 0
      check()
      // What was said before nobody heard.
      this.#tell({ queues: QUEUES, instances: [] })
    } catch (err) {
      this.#log.debug({ err }, 'the announcements of other nodes cannot be heard now')
      lost()
    }
  }

  #heard(payload: string | undefined): void {
    const told = wire.safeParse(parsed(payload))
    if (!told.success || told.data.from === this.#self) return
    const { queues, instances, registry, topics } = told.data
    this.#tell({
      queues,
      instances: instances as InstanceId[],
      ...(registry && { registry }),
      ...(topics && { topics }),
    })
  }

  #tell(what: Announcement): void {
    for (const listen of this.#listeners) listen(what)
  }

  /** What was not said yet is dropped: who ends has given back what it held, and others look within a second. */
  async close(): Promise<void> {
    this.#closed = true
    const listener = this.#listener
    this.#listener = undefined
    await listener?.end()
  }
}

/** A connection that listens. */
class Listener {
  readonly #clock: Clock
  /** Ours to cut: the driver waits for the other side to say goodbye, however long that is silent. */
  readonly #socket = new Socket()
  readonly #client: pg.Client

  constructor(url: string, clock: Clock) {
    this.#clock = clock
    this.#client = new pg.Client({ ...clientOptions(url), stream: () => this.#socket })
  }

  async listen(
    channel: string,
    to: { heard(payload: string | undefined): void; lost(): void },
  ): Promise<void> {
    this.#client.on('error', to.lost)
    this.#client.on('end', to.lost)
    this.#client.on('notification', ({ payload }) => to.heard(payload))
    await this.#client.connect()
    await this.#client.query(`listen ${this.#client.escapeIdentifier(channel)}`)
  }

  /** @throws when no answer comes in time */
  async check(withinMs: number): Promise<void> {
    const question: pg.QueryConfig & { query_timeout: number } = { text: 'select 1', query_timeout: withinMs }
    await this.#client.query(question)
  }

  async end(): Promise<void> {
    const ended = this.#client.end().catch(() => {})
    const tooLong = this.#clock.setTimeout(() => this.#socket.destroy(), GOODBYE_MS)
    await ended
    tooLong.cancel()
  }
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
