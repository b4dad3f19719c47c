import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Address, address } from '../core/address.ts'
import type { HubConfig, InstanceConfig } from '../core/config.ts'
import { parseDuration } from '../core/duration.ts'
import { type Content, contentText, MEDIA_TYPES, type MediaType } from '../core/events.ts'
import type { Gateway } from '../core/gateway.ts'
import { type InstanceId, isInstanceId, type MessageId } from '../core/ids.ts'
import { type Clock, type Logger, noMetrics } from '../core/ports.ts'
import type { CommandRow, EventRow, Store } from '../core/store.ts'
import type { Feature, Handler, Owner, Turn } from '../core/turn.ts'
import { features as builtInFeatures } from '../features/index.ts'
import { gateways as builtInGateways } from '../gateways/index.ts'
import { createHub, type Hub } from '../hub.ts'
import { systemClock } from '../platform/clock.ts'
import { simulatedGateways } from '../simulator/gateways.ts'
import type { Person, Place, Shown, Group as WorldGroup } from '../simulator/model.ts'
import type { Happening, SimulatedNumber } from '../simulator/port.ts'
import { SimulatedWhatsApp } from '../simulator/world.ts'
import { openSqliteStore } from '../storage/sqlite/open.ts'
import { dice } from './dice.ts'
import { FakeClock } from './fake-clock.ts'
import { FarSide, type GatewayFault, gatewayUrl, type SeenRequest } from './far-side.ts'

export type GatewayName = 'gowa' | 'uazapi'

export interface TestInstance {
  id: string
  /** Default: the test hub's. */
  gateway?: GatewayName
  /** Version the gateway speaks on the wire. Default: its newest. */
  generation?: string
  tags?: readonly string[]
  /** Wait between two sends (ms). Default: none. */
  pacing?: { minDelayMs: number; maxDelayMs: number }
}
export interface TestHubOptions {
  /** What `createBot()` gives, or a handler. */
  bot?: Handler | { readonly handler: Handler }
  /** As in the configuration file: `{ replies: { rules: […] } }`. */
  features?: Readonly<Record<string, unknown>>
  /** Default `gowa`. */
  gateway?: GatewayName
  /** Our numbers. Default: one, called `main`. */
  instances?: readonly TestInstance[]
  /** When the test begins. Default: Monday 5 January 2026, 12:00 UTC. */
  start?: Date | number
  /** Where the hub logs. Default: failed turns go to the console, everything else nowhere. */
  log?: Logger
}

/** One message as somebody's phone shows it. */
export interface Heard {
  readonly id: MessageId
  readonly content: Content
  /** Text or caption; empty for a medium without one. */
  readonly text: string
  readonly at: number
  readonly replyTo?: MessageId
  /** Emoji on it. */
  readonly reactions: readonly string[]
}

type MediaContent = { [T in MediaType]: Readonly<Record<T, string>> & { caption?: string } }[MediaType]
/** Something other than text: `{ image: 'photo.jpg', caption: 'look' }`, or a whole content. */
export type SentContent = MediaContent | Content

/**
 * Somebody at a place where they can write: a customer in the direct chat with one of our numbers, or in a
 * group. What they do resolves when the hub has done all it can do before time passes, "typing…" included.
 */
export interface Speaker {
  says(text: string, options?: { replyTo?: MessageId }): Promise<{ id: MessageId }>
  sends(content: SentContent, options?: { replyTo?: MessageId }): Promise<{ id: MessageId }>
  /** Reacts to a message; by default to the last one of ours. An empty emoji takes it back. */
  reacts(emoji: string, to?: MessageId): Promise<void>
  edits(message: MessageId, text: string): Promise<void>
  revokes(message: MessageId): Promise<void>
  /** Chooses in a poll of ours, by default the last message; `[]` takes the vote back. */
  votes(options: readonly string[], poll?: MessageId): Promise<void>
  /** Taps a button or row of a menu of ours, by its label or id; by default of the last message. */
  taps(choice: string, menu?: MessageId): Promise<{ id: MessageId }>
  /** Opens the chat: everything of ours in it becomes read. */
  reads(): Promise<void>
  /** Texts our number said here, oldest first; what was deleted is gone. */
  readonly heard: readonly string[]
  /** The last of {@link heard}. */
  readonly last: string | undefined
  /** The same with everything a phone shows. */
  readonly messages: readonly Heard[]
}
export interface Customer extends Speaker {
  readonly name: string
  readonly address: Address
  /** Calls our number; it rings until somebody rejects it or 45 s are over. Answers the call's id. */
  calls(options?: { video?: boolean }): Promise<string>
  /** What WhatsApp shows of them from now on; at first both. */
  shows(what: 'both' | 'phone' | 'private'): Promise<void>
  /** The same person in a group of theirs. */
  in(group: TestGroup): Speaker
}
export interface TestGroup {
  readonly address: Address
  readonly name: string
  /** Who is in it, our own number aside. */
  readonly members: readonly Address[]
  joins(customer: Customer): Promise<void>
  leaves(customer: Customer): Promise<void>
  readonly heard: readonly string[]
  readonly last: string | undefined
}

/** The simulated gateways, all numbers together. */
export interface TestGateway {
  /** Makes the next requests that would have an effect go wrong. */
  failNext(fault: GatewayFault, times?: number): void
  /** Cuts a number off WhatsApp, and connects it again; what it missed comes then. */
  disconnects(instance?: string): Promise<void>
  connects(instance?: string): Promise<void>
  /** Everything the hub asked of a gateway, oldest first. */
  readonly requests: readonly SeenRequest[]
}

export interface TestHub {
  readonly clock: FakeClock
  readonly gateway: TestGateway
  /** What handlers threw, oldest first. The hub tries such turns again: let time pass. */
  readonly failures: readonly unknown[]
  /** Somebody with a phone. The same number is the same person. `+55 11 91234-5678` and digits are one. */
  customer(phone: string, options?: { name?: string; instance?: string }): Customer
  group(name: string, members?: readonly Customer[], options?: { instance?: string }): TestGroup
  /** Somebody of ours writes by hand on the business phone. That takes the chat over. */
  byHand(customer: Customer, text: string): Promise<void>
  /** Who may speak in the chat with a customer; undefined while there is none. */
  owner(customer: Customer): Promise<Owner | undefined>
  /** Gives the chat to somebody else, as the console does. */
  setOwner(customer: Customer, owner: Owner): Promise<void>
  /** All events, newest first. */
  events(): Promise<EventRow[]>
  /** All commands, newest first. */
  commands(): Promise<CommandRow[]>
  /** Resolves when nothing can go on before time passes. */
  settled(): Promise<void>
  /** The process dies without a word and starts again on the same store. */
  crash(): Promise<void>
  /** Ends it and removes its files. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const SECRET = 'test-hub-webhook-signature'
const URL_KEY = 'test-hub-webhook-url-key'
const TOKEN = '00000000-0000-4000-8000-000000000000'
/** How long a hub may do nothing visible before it counts as waiting for time to pass (real ms). */
const STALL_MS = 1_000
/** The same when something is known to wait. */
const KNOWN_STALL_MS = 30
/** How often a hub that does nothing is asked to look at its store again. */
const NUDGES = 3

/**
 * A whole hub for a test: the real pipeline over a real store in a temporary folder, our numbers on
 * simulated gateways in the same process, and a clock that moves only when told to. No network, no waiting.
 *
 * ```ts
 * await using hub = await testHub({ bot })
 * const ana = hub.customer('+55 11 91234-5678')
 * await ana.says('/help')
 * expect(ana.last).toMatch(/Commands/)
 * await hub.clock.advance('1h')
 * ```
 *
 * A handler that waits for something real for more than a second is left waiting and what set it off
 * resolves: it may be waiting for the clock.
 */
export async function testHub(options: TestHubOptions = {}): Promise<TestHub> {
  const folder = await mkdtemp(join(tmpdir(), 'pombo-test-'))
  const hub = new RunningTestHub(options, folder)
  await hub.start()
  return hub
}

/** One life of the hub's process; a crash ends it and begins another. */
interface Life {
  hub: Hub
  store: Store
  /** Nothing of this life reaches the store or the clock any more. */
  sever(): void
}

class RunningTestHub implements TestHub {
  readonly clock: FakeClock
  readonly gateway: TestGateway
  readonly failures: unknown[] = []
  readonly #options: TestHubOptions
  readonly #folder: string
  readonly #config: HubConfig
  readonly #world: SimulatedWhatsApp
  readonly #farSide: FarSide
  readonly #people = new Map<string, Customer>()
  /** Goes on over crashes: what was drawn once must not come again. */
  readonly #random = dice(2)
  #posting: Promise<void> = Promise.resolve()
  #postFault: unknown
  #life: Life | undefined
  #ended = false
  /** The hub was last seen waiting for time to pass. */
  #stalled = false
  /** Goes up with everything the hub visibly does. */
  #activity = 0

  constructor(options: TestHubOptions, folder: string) {
    this.#options = options
    this.#folder = folder
    const settle = () => this.#settle()
    this.clock = new FakeClock({ settle, ...(options.start !== undefined && { start: options.start }) })
    const instances = options.instances ?? [{ id: 'main' }]
    const gateways = new Map(
      instances.map(({ id, gateway }) => [
        id,
        named(simulatedGateways, gateway ?? options.gateway ?? 'gowa'),
      ]),
    )
    this.#config = configOf(options, instances, folder)
    this.#world = new SimulatedWhatsApp({
      clock: this.clock,
      random: dice(1),
      people: [],
      numbers: instances.map(({ id, generation }, index) =>
        numberOf(id, index, generation ?? gateways.get(id)!.generations[0]!),
      ),
    })
    this.#farSide = new FarSide(this.#world, gateways, this.clock)
    this.#world.subscribe((event) => {
      if (event.type !== 'happened') return
      const { instance, happening } = event
      const gateway = gateways.get(instance)!
      const { generation } = this.#world.numbers.get(instance)!
      if (happening.device !== undefined && !gateway.receiptsPerDevice?.includes(generation)) return
      this.#posting = this.#posting
        .then(() =>
          this.#post(instance, gateway.encode(happening, this.#world.numbers.get(instance)!), happening),
        )
        .catch((error: unknown) => {
          this.#postFault ??= error
        })
    })
    this.gateway = {
      failNext: (fault, times = 1) => this.#farSide.failNext(fault, times),
      disconnects: (instance) => this.#does(() => this.#world.setConnected(this.#instance(instance), false)),
      connects: (instance) => this.#does(() => this.#world.setConnected(this.#instance(instance), true)),
      requests: this.#farSide.requests,
    }
  }

  async start(): Promise<void> {
    this.#life = await this.#begin()
    await this.#settle()
  }

  customer(phone: string, { name, instance }: { name?: string; instance?: string } = {}): Customer {
    const digits = phone.replace(/\D/g, '')
    const at = this.#instance(instance)
    const known = this.#people.get(`${at} ${digits}`)
    if (known) return known
    if (!/^[1-9][0-9]{6,14}$/.test(digits))
      throw new RangeError(`"${phone}" is no international phone number; write one like +55 11 91234-5678.`)
    const person: Person = this.#world.people.get(digits) ?? {
      digits,
      privateDigits: `9${[...digits].reverse().join('')}`,
      name: name ?? `Customer ${this.#world.people.size + 1}`,
    }
    this.#world.people.set(digits, person)
    const direct: Place = { instance: at, person: digits }
    const customer: Customer = Object.defineProperties(
      {
        name: person.name,
        address: address('phone', digits),
        calls: ({ video = false }: { video?: boolean } = {}) =>
          this.#does(() => this.#world.call(direct, video)),
        shows: (what: Shown) => this.#does(() => this.#world.setPerson(digits, { shows: what })),
        in: (group: TestGroup) => this.#speaker({ ...direct, group: group.address }),
      },
      Object.getOwnPropertyDescriptors(this.#speaker(direct)),
    ) as Customer
    this.#people.set(`${at} ${digits}`, customer)
    return customer
  }

  group(
    name: string,
    members: readonly Customer[] = [],
    { instance }: { instance?: string } = {},
  ): TestGroup {
    const at = this.#instance(instance)
    const group: WorldGroup = {
      address: address('group', `1203630${String(this.#world.groups.size + 1).padStart(11, '0')}`),
      name,
      instance: at,
      members: members.map(digitsOf),
    }
    this.#world.groups.set(group.address, group)
    const messages = () => this.#heard(at, group.address)
    return {
      address: group.address,
      name,
      get members() {
        return group.members.map((digits) => address('phone', digits))
      },
      joins: (customer) => this.#does(() => this.#world.join(group.address, digitsOf(customer))),
      leaves: (customer) => this.#does(() => this.#world.leave(group.address, digitsOf(customer))),
      get heard() {
        return messages().map(({ text }) => text)
      },
      get last() {
        return messages().at(-1)?.text
      },
    }
  }

  byHand(customer: Customer, text: string): Promise<void> {
    const place = { instance: this.#instanceOf(customer), person: digitsOf(customer) }
    return this.#does(() => void this.#world.sayByHand(place, { type: 'text', text }))
  }

  async owner(customer: Customer): Promise<Owner | undefined> {
    const { store } = this.#alive()
    const chat = await store.findChat(this.#instanceOf(customer) as InstanceId, customer.address)
    return chat && (await store.getChat(chat))?.owner
  }

  async setOwner(customer: Customer, owner: Owner): Promise<void> {
    const { store, hub } = this.#alive()
    const chat = await store.findChat(this.#instanceOf(customer) as InstanceId, customer.address)
    if (!chat) throw new Error(`There is no chat with ${customer.name} yet: let them say something first.`)
    await this.#does(async () => {
      await store.setOwner(chat, owner)
      hub.nudge()
    })
  }

  events = () => everything((page) => this.#alive().store.listEvents(page))
  commands = () => everything((page) => this.#alive().store.listCommands(page))

  async settled(): Promise<void> {
    await this.#settle()
  }

  async crash(): Promise<void> {
    const { hub, store, sever } = this.#alive()
    sever()
    this.#farSide.cut()
    // Cut off as it is, all it can still do is come to an end.
    void hub.stop(0).catch(() => {})
    await store.close()
    this.#life = await this.#begin()
    await this.#answered()
  }

  async stop(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    this.#world.close()
    const { hub, store, sever } = this.#alive()
    sever()
    this.#farSide.cut()
    void hub.stop(0).catch(() => {})
    await store.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
  [Symbol.asyncDispose] = () => this.stop()

  // --- inside -------------------------------------------------------------------------------------

  async #begin(): Promise<Life> {
    const clock = this.clock.lazy()
    const log = this.#log()
    const { dedupeMs } = this.#config.retention
    const path = join(this.#folder, 'hub.db')
    const store = await openSqliteStore({ path, clock, log: muted, dedupeMs })
    const life = { over: false }
    const { bot } = this.#options
    const hub = createHub({
      config: this.#config,
      store: this.#severable(store, life),
      gateways: builtInGateways,
      features: builtInFeatures.map(impatientFeature),
      ...(bot && { bot: impatient(typeof bot === 'function' ? bot : bot.handler) }),
      clock: mortal(clock, life),
      machine: systemClock,
      random: this.#random,
      log: mortalLog(log, life),
      metrics: noMetrics,
      http: (request) => {
        this.#activity++
        return this.#farSide.http(request)
      },
    })
    await hub.start()
    return {
      hub,
      store,
      sever() {
        life.over = true
      },
    }
  }

  /** Hands a gateway's deliveries to the hub, which proves them like any other. */
  async #post(
    instance: string,
    deliveries: ReturnType<(typeof simulatedGateways)[number]['encode']>,
    happening: Happening,
  ): Promise<void> {
    const { hub } = this.#alive()
    for (const { headers, body } of deliveries) {
      this.#activity++
      const keyed = this.#config.instances.find(({ id }) => id === instance)?.webhook.key
      const admission = hub.ingest.admit({ instance, ...(keyed !== undefined && { urlKey: keyed }) })
      if (admission.type !== 'admitted') throw new Error(`The hub knows no instance "${instance}".`)
      const lower = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
      )
      const receipt = await hub.ingest.receive(admission.target, { headers: lower, body }, '127.0.0.1')
      if (receipt.type !== 'accepted')
        throw new Error(`The hub did not accept a ${happening.fact.kind}: ${JSON.stringify(receipt)}.`)
    }
  }

  /** Does something and waits for all that follows from it. */
  async #does<T>(act: () => T | Promise<T>): Promise<T> {
    this.#alive()
    const done = await act()
    await this.#answered()
    return done
  }

  /** Settles, and lets "typing…" come to its end. */
  async #answered(): Promise<void> {
    await this.#settle()
    for (let turns = 0; turns < 100 && this.#world.chats().some((chat) => chat.typing); turns++) {
      const due = await this.#settle()
      if (due === undefined) return
      await this.clock.advance(Math.max(0, due - this.clock.now()))
    }
  }

  /** Resolves when nothing goes on before time passes; to when something will, if the hub knows. */
  async #settle(): Promise<number | undefined> {
    if (this.#ended) return undefined
    for (;;) {
      const posting = this.#posting
      await posting
      if (this.#postFault) {
        const fault = this.#postFault
        this.#postFault = undefined
        throw fault
      }
      const { hub, store } = this.#alive()
      const idle = await this.#quiet(hub)
      if (posting !== this.#posting) continue
      // A handler that waits may wait for any timer; a gateway that hangs, only for the end of its request.
      if (!idle && this.#farSide.hanging === 0) return this.clock.nextTimer
      const dues = await Promise.all(
        (['lanes', 'timers', 'outbox', 'searches'] as const).map((queue) => store.nextDue(queue)),
      )
      const ahead = dues.filter((due) => due !== undefined && due > this.clock.now())
      return ahead.length === 0 ? undefined : Math.min(...(ahead as number[]))
    }
  }

  /** True when the hub rests; false when it waits for something that only time can bring. */
  async #quiet(hub: Hub): Promise<boolean> {
    const idle = hub.idle().then(
      () => true,
      () => true,
    )
    const patience = this.#stalled || this.#farSide.hanging > 0 ? KNOWN_STALL_MS : STALL_MS
    let nudges = this.#stalled ? 0 : NUDGES
    let seen = -1
    let since = 0
    for (;;) {
      if (seen !== this.#activity) {
        seen = this.#activity
        since = performance.now()
      } else if (nudges-- > 0) {
        // A hub looks at its store every second, even when nobody told it to. Its clock stands.
        hub.nudge()
      } else if (performance.now() - since > patience) {
        this.#stalled = true
        return false
      }
      let timer: NodeJS.Timeout | undefined
      const pause = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, 10)
      })
      const rested = await Promise.race([idle, pause])
      clearTimeout(timer)
      if (!rested) continue
      this.#stalled = false
      return true
    }
  }

  #speaker(place: Place): Speaker {
    const chat = place.group ?? address('phone', place.person)
    const messages = () => this.#heard(place.instance, chat)
    return {
      says: (text, { replyTo } = {}) =>
        this.#does(() => idOf(this.#world.say(place, { type: 'text', text }, replyTo))),
      sends: (content, { replyTo } = {}) =>
        this.#does(() => idOf(this.#world.say(place, contentOf(content), replyTo))),
      reacts: (emoji, to = messages().at(-1)?.id) =>
        this.#does(() => {
          if (to === undefined) throw new Error('There is no message of ours to react to.')
          this.#world.react(place, to, emoji)
        }),
      edits: (message, text) => this.#does(() => this.#world.edit(place, message, text)),
      revokes: (message) => this.#does(() => this.#world.revoke(place, message)),
      votes: (options, poll = messages().at(-1)?.id) =>
        this.#does(() => {
          if (poll === undefined) throw new Error('There is no poll of ours to vote in.')
          this.#world.vote(place, poll, [...options])
        }),
      taps: (choice, menu = messages().at(-1)?.id) =>
        this.#does(() => {
          if (menu === undefined) throw new Error('There is no menu of ours to tap on.')
          return idOf(this.#world.tap(place, menu, choice))
        }),
      reads: () => this.#does(() => this.#world.read(place)),
      get messages() {
        return messages()
      },
      get heard() {
        return messages().map(({ text }) => text)
      },
      get last() {
        return messages().at(-1)?.text
      },
    }
  }

  #heard(instance: string, at: Address): Heard[] {
    const chat = this.#world.chats().find((one) => one.instance === instance && one.address === at)
    return (chat?.messages ?? [])
      .filter((message) => message.by === undefined && message.revokedAt === undefined)
      .map(({ id, content, at, replyTo, reactions }) => ({
        id,
        content,
        text: contentText(content),
        at,
        ...(replyTo && { replyTo: replyTo.id }),
        reactions: reactions.map(({ emoji }) => emoji),
      }))
  }

  #instance(id: string | undefined): string {
    const known = this.#config.instances.map((instance) => instance.id as string)
    if (id === undefined) return known[0]!
    if (known.includes(id)) return id
    throw new RangeError(`There is no instance "${id}". There is: ${known.join(', ')}.`)
  }
  #instanceOf(customer: Customer): string {
    const [key] = [...this.#people].find(([, known]) => known === customer) ?? []
    if (key === undefined) throw new Error(`${customer.name} is a customer of another test hub.`)
    return key.slice(0, key.indexOf(' '))
  }

  #alive(): Life {
    if (!this.#life) throw new Error('The test hub does not run.')
    return this.#life
  }

  #log(): Logger {
    if (this.#options.log) return watching(this.#options.log, (error) => this.failures.push(error))
    const loud: Logger = {
      ...muted,
      error: (fields, message) => console.error(`testHub: ${message}`, 'err' in fields ? fields.err : fields),
      child: () => loud,
    }
    return watching(loud, (error) => this.failures.push(error))
  }

  /** The store, until the life it belongs to is over. */
  #severable(store: Store, life: { over: boolean }): Store {
    return new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        // Hints are no business of a store that is cut off.
        if (typeof value !== 'function' || name === 'announce' || name === 'onAnnounced') return value
        return (...args: unknown[]) => {
          if (life.over) return Promise.reject(new Error('this process is dead'))
          // Looking at the time is all a hub does that has nothing to do.
          if (name !== 'nextDue') this.#activity++
          return value.apply(target, args)
        }
      },
    })
  }
}

// --- parts --------------------------------------------------------------------------------------------

/** Waits between the tries of a step pass at once: nothing else could make time pass while a turn runs. */
const impatient =
  (handler: Handler): Handler =>
  (turn, next) => {
    const step: Turn['step'] = (name, run, { retries = 0, ...rest } = {}) =>
      turn.step(
        name,
        async (once) => {
          for (let left = retries; ; left--) {
            try {
              return await run(once)
            } catch (error) {
              if (left <= 0 || once.signal.aborted) throw error
            }
          }
        },
        rest,
      )
    return handler(
      new Proxy(turn, { get: (target, name) => (name === 'step' ? step : Reflect.get(target, name)) }),
      next,
    )
  }

const impatientFeature = (feature: Feature): Feature => ({
  ...feature,
  setup(config) {
    const { handler, ...rest } = feature.setup(config)
    return { ...rest, ...(handler && { handler: impatient(handler) }) }
  },
})

const muted: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => muted }

/** Tells what handlers threw, and logs on. */
const watching = (log: Logger, failed: (error: unknown) => void): Logger => ({
  ...log,
  error(fields, message) {
    if ('err' in fields && 'attempt' in fields) failed(fields.err)
    log.error(fields, message)
  },
  debug: (fields, message) => log.debug(fields, message),
  info: (fields, message) => log.info(fields, message),
  warn: (fields, message) => log.warn(fields, message),
  child: (fields) => watching(log.child(fields), failed),
})
const mortalLog = (log: Logger, life: { over: boolean }): Logger => {
  const to = () => (life.over ? muted : log)
  return {
    debug: (fields, message) => to().debug(fields, message),
    info: (fields, message) => to().info(fields, message),
    warn: (fields, message) => to().warn(fields, message),
    error: (fields, message) => to().error(fields, message),
    child: (fields) => mortalLog(log.child(fields), life),
  }
}
/** A clock whose timers do nothing once the life they were set in is over. */
const mortal = (clock: Clock, life: { over: boolean }): Clock => ({
  ...clock,
  setTimeout: (fn, ms) =>
    life.over
      ? { cancel() {} }
      : clock.setTimeout(() => {
          if (!life.over) fn()
        }, ms),
})

function configOf(options: TestHubOptions, instances: readonly TestInstance[], folder: string): HubConfig {
  const features: Record<string, unknown> = {}
  for (const [name, settings] of Object.entries(options.features ?? {}))
    features[name] = named(builtInFeatures, name).config.parse(settings)
  const days = (count: number) => parseDuration(`${count}d`)!
  return {
    host: '127.0.0.1',
    port: 0,
    database: { engine: 'sqlite', path: join(folder, 'hub.db') },
    limits: { bodyBytes: 4 << 20, bodyBytesWithKey: 16 << 20, failedAuthPerMinute: 60 },
    trustedProxies: [],
    servers: [],
    instances: instances.map((instance) => instanceOf(instance, options.gateway ?? 'gowa')),
    features,
    retention: {
      deliveriesMs: days(7),
      dedupeMs: days(30),
      eventsMs: days(30),
      commandsMs: days(30),
      auditMs: days(30),
    },
    logLevel: 'silent',
  }
}

function instanceOf({ id, gateway, tags, pacing }: TestInstance, usual: GatewayName): InstanceConfig {
  if (!isInstanceId(id)) throw new RangeError(`"${id}" is no instance id: letters, digits, "-" and "_".`)
  const { name, proof, settings }: Gateway = named(builtInGateways, gateway ?? usual)
  return {
    id,
    gateway: name,
    baseUrl: gatewayUrl(id),
    webhook:
      proof === 'signature' ? { secrets: [SECRET], allow: [] } : { secrets: [], key: URL_KEY, allow: [] },
    insecure: false,
    tags: tags ?? [],
    pacing: pacing ?? { minDelayMs: 0, maxDelayMs: 0 },
    apiMessagesClaim: false,
    settings: settings.parse(proof === 'signature' ? {} : { token: TOKEN }),
  }
}

const numberOf = (instance: string, index: number, generation: string): SimulatedNumber => ({
  instance,
  digits: `55110000${String(index + 1).padStart(5, '0')}`,
  privateDigits: `77000000${String(index + 1).padStart(6, '0')}`,
  name: instance,
  generation,
  connected: true,
  webhookUrl: '',
  secret: SECRET,
  token: TOKEN,
})

function contentOf(content: SentContent): Content {
  if ('type' in content) return content
  const type = MEDIA_TYPES.find((one) => one in content)
  if (!type) throw new TypeError(`Nothing to send. There is: ${MEDIA_TYPES.join(', ')}.`)
  const fileName = String(content[type as keyof typeof content])
  return {
    type,
    media: { source: { type: 'path', path: `statics/media/${fileName}` }, fileName },
    ...(content.caption !== undefined && { text: content.caption }),
  }
}

const idOf = ({ id }: { id: MessageId }): { id: MessageId } => ({ id })
const digitsOf = (customer: Customer): string => customer.address.slice('phone:'.length)

function named<T extends { readonly name: string }>(list: readonly T[], name: string): T {
  const found = list.find((one) => one.name === name)
  if (!found)
    throw new RangeError(`There is no "${name}". There is: ${list.map((one) => one.name).join(', ')}.`)
  return found
}

async function everything<T>(
  list: (page: { limit: number; cursor?: string }) => Promise<{ data: T[]; next: string | null }>,
): Promise<T[]> {
  const all: T[] = []
  let cursor: string | null = null
  do {
    const page: { data: T[]; next: string | null } = await list({
      limit: 100,
      ...(cursor !== null && { cursor }),
    })
    all.push(...page.data)
    cursor = page.next
  } while (cursor !== null)
  return all
}
