import { z } from 'zod'
import { type Address, parseAddress } from '../core/address.ts'
import { MESSAGE_COMMANDS } from '../core/commands.ts'
import type { Clock, TimerHandle } from '../core/ports.ts'

const CHECK_MS = 1_000
/** How long the hub lets a send of unknown end hold its chat (ms). */
const UNKNOWN_HOLD_MS = 60_000
const UNSETTLED = ['sending', 'unknown', 'held'] as const
export const DECISIONS = ['resend', 'sent', 'discard'] as const
export type Decision = (typeof DECISIONS)[number]

/** Asks the hub's API below `/api/v1`, as somebody who may. Rejects with words for a person. */
export type AskHub = (method: 'GET' | 'POST', path: string, body?: object) => Promise<unknown>

/** A send whose end is open: nobody answered yet, or nobody ever will. */
export interface OpenSend {
  id: string
  state: (typeof UNSETTLED)[number]
  text?: string | undefined
  /** First seen so (ms since 1970). */
  since: number
  /** When an unknown one lets its chat go on. */
  until?: number
}

/** What the hub knows of a chat and the phone does not. */
export interface HubChat {
  instance: string
  address: string
  owner: string
  /** Oldest first. */
  open: OpenSend[]
}

const chatsSchema = z.object({
  data: z.array(z.object({ id: z.string(), instance: z.string(), address: z.string(), owner: z.string() })),
})
const commandsSchema = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      chat: z.string(),
      type: z.string(),
      command: z.object({ text: z.string().optional() }),
    }),
  ),
})

/** While anybody watches, asks the hub who owns each chat and which sends are open; tells when that changes. */
export class HubChats {
  /** Chats of which there is something to say. */
  list: readonly HubChat[] = []
  readonly #ask: AskHub | undefined
  readonly #clock: Clock
  readonly #changed: (list: readonly HubChat[]) => void
  readonly #phoneOf: (at: Address) => Address
  #since = new Map<string, number>()
  #timer: TimerHandle | undefined

  /** @param phoneOf the address the phone keeps a chat under: the hub may know it by a private id only */
  constructor(
    ask: AskHub | undefined,
    clock: Clock,
    changed: (list: readonly HubChat[]) => void,
    phoneOf: (at: Address) => Address,
  ) {
    this.#ask = ask
    this.#clock = clock
    this.#changed = changed
    this.#phoneOf = phoneOf
  }

  start(): void {
    if (this.#ask && !this.#timer) this.#timer = this.#clock.setTimeout(() => void this.#check(), 0)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** Lets the bot speak in a chat again that a person took over. */
  async release(instance: string, address: Address): Promise<void> {
    const { data } = chatsSchema.parse(await this.#ask?.('GET', `/chats?instance=${instance}&limit=200`))
    const found = data.find((chat) => this.#onPhone(chat.address) === address)
    if (found) await this.#ask?.('POST', `/chats/${found.id}/owner`, { owner: 'bot' })
    await this.#refresh()
  }

  /** A person decides about an open send. */
  async resolve(command: string, decision: Decision): Promise<void> {
    await this.#ask?.('POST', `/commands/${command}/resolve`, { decision })
    await this.#refresh()
  }

  #onPhone(text: string): string {
    const at = parseAddress(text)
    return at ? this.#phoneOf(at) : text
  }

  async #check(): Promise<void> {
    const mine = this.#timer
    // A hub that is down is shown elsewhere; what it said last stands until it is back.
    await this.#refresh().catch(() => undefined)
    if (mine === undefined || this.#timer !== mine) return
    this.#timer = this.#clock.setTimeout(() => void this.#check(), CHECK_MS)
  }

  async #refresh(): Promise<void> {
    const ask = this.#ask
    if (!ask) return
    const [chats, ...commands] = await Promise.all([
      ask('GET', '/chats?limit=200'),
      ...UNSETTLED.map((state) => ask('GET', `/commands?state=${state}&limit=200`)),
    ])
    const seen = new Map<string, number>()
    const open = new Map<string, OpenSend[]>()
    for (const [index, answer] of commands.entries()) {
      const state = UNSETTLED[index] ?? 'held'
      for (const { id, chat, type, command } of commandsSchema.parse(answer).data.reverse()) {
        if (!(MESSAGE_COMMANDS as readonly string[]).includes(type)) continue
        const since = this.#since.get(`${state} ${id}`) ?? this.#clock.now()
        seen.set(`${state} ${id}`, since)
        const send = { id, state, text: command.text, since }
        open.set(chat, [
          ...(open.get(chat) ?? []),
          state === 'unknown' ? { ...send, until: since + UNKNOWN_HOLD_MS } : send,
        ])
      }
    }
    this.#since = seen
    const list = chatsSchema
      .parse(chats)
      .data.map(({ id, address, ...chat }) => ({
        ...chat,
        address: this.#onPhone(address),
        open: open.get(id) ?? [],
      }))
      .filter(({ owner, open: sends }) => owner !== 'bot' || sends.length > 0)
    if (JSON.stringify(list) === JSON.stringify(this.list)) return
    this.list = list
    this.#changed(list)
  }
}
