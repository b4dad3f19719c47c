import { type Address, address, chatKind } from '../core/address.ts'
import type { Command } from '../core/commands.ts'
import type { Author, Content, Fact, Message } from '../core/events.ts'
import type { Answer, Capability, GroupInfo } from '../core/gateway.ts'
import { CAPABILITIES } from '../core/gateway.ts'
import type { ChatId, CommandId, ContactId, EventId, InstanceId, MessageId } from '../core/ids.ts'
import { messageId } from '../core/ids.ts'
import type { Logger } from '../core/ports.ts'
import type { Handler, IntentOptions, LoggedMessage, Owner, Turn } from '../core/turn.ts'

export interface FakeTurnOptions {
  /** What happened. Default: a message of `text`. */
  fact?: Fact
  /** Short for a text message. Default `hello`. */
  text?: string
  /** Short for a message of that content. */
  content?: Content
  /** More of the message. */
  message?: Partial<Message>
  author?: Author
  /** Where it happened. A group address makes it a group; null: an event of the number itself. */
  chat?: Address | null
  chatName?: string
  owner?: Owner
  /** Who did it; null: nobody is named. Defaults to the chat's person, or to a member of the group. */
  contact?: { address?: Address; name?: string } | null
  instance?: { id?: string; gateway?: string; tags?: readonly string[]; capabilities?: readonly Capability[] }
  now?: number
  /** State of the chat before the turn. */
  state?: Readonly<Record<string, unknown>>
  raw?: unknown
  messages?: readonly LoggedMessage[]
  group?: Answer<GroupInfo>
  log?: Logger
}

/** A turn that records what was intended. */
export interface FakeTurn extends Turn {
  readonly commands: readonly { id: CommandId; command: Command; options: IntentOptions }[]
  /** Texts and captions of what would be sent, in order. */
  readonly said: readonly string[]
  /** Timers set and not cancelled. */
  readonly timers: ReadonlyMap<string, { at: number; data: unknown }>
  /** What the owner was set to, if it was. */
  readonly ownerSet: Owner | undefined
  readonly notes: readonly string[]
  readonly steps: readonly string[]
  /** State of the chat as the turn would commit it. */
  readonly stored: Readonly<Record<string, unknown>>
  /** Runs a handler (or a bot's) on this turn. True when it called `next`. */
  run(handler: Handler | { handler: Handler }): Promise<boolean>
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

/**
 * A turn without a hub, for unit tests of handlers. Steps run at once and are not kept; time stands still.
 * To test a bot as it behaves in a hub, with order, retries and a clock, use `testHub`.
 */
export function fakeTurn(options: FakeTurnOptions = {}): FakeTurn {
  const at = options.now ?? Date.UTC(2026, 0, 5, 12)
  const place = options.chat === undefined ? address('phone', '5511912345678') : options.chat
  const kind = place && chatKind(place)
  const owner = options.owner ?? 'bot'
  const person =
    options.contact === null || !place
      ? undefined
      : {
          id: 1 as ContactId,
          address: options.contact?.address ?? (kind === 'group' ? address('phone', '5511900000001') : place),
          name: options.contact?.name ?? 'Ana',
        }
  const content: Content = options.content ?? { type: 'text', text: options.text ?? 'hello' }
  const fact: Fact = options.fact ?? {
    kind: 'message',
    message: { id: messageId('M1'), content, ...options.message },
  }
  const author = options.author ?? 'other'
  const sender = person && { address: person.address, aliases: [], name: person.name }
  const state = new Map(Object.entries(options.state ?? {}))
  const commands: { id: CommandId; command: Command; options: IntentOptions }[] = []
  const timers = new Map<string, { at: number; data: unknown }>()
  const notes: string[] = []
  const steps: string[] = []
  let ownerSet: Owner | undefined

  const turn: FakeTurn = {
    event: {
      id: 1 as EventId,
      instance: (options.instance?.id ?? 'main') as InstanceId,
      fact,
      author,
      at,
      acceptedAt: at,
      generation: 0,
      attempt: 1,
      ...(place && { chat: { address: place, aliases: [] } }),
      ...(sender && { sender }),
    },
    instance: {
      id: (options.instance?.id ?? 'main') as InstanceId,
      gateway: options.instance?.gateway ?? 'fake',
      tags: options.instance?.tags ?? [],
      capabilities: new Set(options.instance?.capabilities ?? CAPABILITIES),
    },
    chat: place
      ? {
          id: 1 as ChatId,
          kind: chatKind(place),
          address: place,
          owner,
          ...(options.chatName !== undefined && { name: options.chatName }),
        }
      : undefined,
    contact: author === 'other' ? person : undefined,
    botMaySpeak: owner === 'bot',
    now: at,
    log: options.log ?? silent,
    signal: new AbortController().signal,
    state: {
      get: (key) => state.get(key),
      set(key, value) {
        if (value === undefined) state.delete(key)
        else state.set(key, structuredClone(value))
      },
    },
    intend(command, given = {}) {
      const id = `command-${commands.length + 1}` as CommandId
      commands.push({ id, command, options: given })
      return { id }
    },
    schedule(key, when, data) {
      timers.set(key, { at: when, data })
    },
    cancelTimer(key) {
      timers.delete(key)
    },
    setOwner(next) {
      ownerSet = next
    },
    async step(name, run) {
      if (steps.includes(name)) throw new Error(`step "${name}" ran twice in one turn`)
      steps.push(name)
      return run({ key: `1:${name}`, signal: turn.signal })
    },
    raw: async () => options.raw,
    message: async (id: MessageId) => options.messages?.find((message) => message.messageId === id),
    groupInfo: async () =>
      options.group ?? { ok: false, reason: 'no group was given to fakeTurn', retry: false },
    note(text) {
      notes.push(text)
    },
    commands,
    get said() {
      return commands.flatMap(({ command }) => ('text' in command && command.text ? [command.text] : []))
    },
    timers,
    get ownerSet() {
      return ownerSet
    },
    notes,
    steps,
    get stored() {
      return Object.fromEntries(state)
    },
    async run(handler) {
      let passed = false
      const run = 'handler' in handler ? handler.handler : handler
      await run(turn, async () => {
        passed = true
      })
      return passed
    },
  }
  return turn
}
