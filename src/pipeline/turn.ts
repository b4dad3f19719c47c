import type { Command } from '../core/commands.ts'
import { HubError } from '../core/errors.ts'
import type { Answer, GatewayClient, GroupInfo } from '../core/gateway.ts'
import { type CommandId, uuidv7 } from '../core/ids.ts'
import type { Clock, Logger, Random } from '../core/ports.ts'
import type {
  ChatState,
  ClaimedEvent,
  ClaimedLane,
  NewCommand,
  StepRecord,
  Store,
  TurnCommit,
} from '../core/store.ts'
import type { HandlerTrace } from '../core/trace.ts'
import type { InstanceView, Owner, Turn } from '../core/turn.ts'
import { sanitize } from './sanitize.ts'

export interface TurnParts {
  lane: ClaimedLane
  event: ClaimedEvent
  chat: ChatState | undefined
  instance: InstanceView
  /** Epoch of the turn's first attempt. */
  epoch: number | undefined
  client: GatewayClient | undefined
  store: Store
  clock: Clock
  random: Random
  log: Logger
  signal: AbortSignal
  installation: string
  /** Gets what each handler makes of the event. */
  trace: HandlerTrace[]
  /** Nothing is stored or begun: a step's stored result, or a throw. */
  dryRun?(step: StepRecord): Promise<{ value: unknown }>
}

/** Everything a handler decided, ready to be committed. */
export type Decisions = Pick<TurnCommit, 'commands' | 'state' | 'timers' | 'owner' | 'note'>

const DEFAULT_STEP_MS = 30_000
const STEP_RETRY_MS = 500
const MAX_COMMANDS = 100
const MAX_NOTE = 500
const MAX_TRACED = 30

/**
 * The turn handed to handlers, and the way to read what they decided. Nothing in it can reach a gateway:
 * intents are only collected. The one exception, `groupInfo`, asks and changes nothing.
 */
export function openTurn(parts: TurnParts): { turn: Turn; decisions(): Decisions } {
  const { event, lane, chat, store, clock, random } = parts
  const now = clock.now()
  const commands: NewCommand[] = []
  const state = new Map<string, unknown>()
  const timers = new Map<string, { key: string; at: number | null; data: unknown }>()
  const steps = new Set<string>()
  const notes: string[] = []
  let owner: Owner | undefined
  let childLog: Logger | undefined

  const step: Turn['step'] = async (name, run, options = {}) => {
    if (steps.has(name)) {
      throw new HubError(
        'E_BOT',
        `The step "${name}" ran twice in one turn. Give every step of a turn a name of its own, because its result is stored under it.`,
      )
    }
    steps.add(name)
    const record = { event: event.id, generation: event.generation, name }
    const stored = await (parts.dryRun ? parts.dryRun(record) : store.beginStep(record, parts.epoch))
    if (stored) return stored.value as Awaited<ReturnType<typeof run>>
    const key = `${parts.installation}:${event.id}:${event.generation}:${name}`
    const value = await attempt(
      (signal) => Promise.resolve(run({ key, signal })),
      { name, timeoutMs: options.timeoutMs ?? DEFAULT_STEP_MS, retries: options.retries ?? 0 },
      parts,
    )
    const standing = await store.finishStep(record, lane, {
      value: value === undefined ? null : plain(value, `The result of step "${name}"`),
      epoch: parts.epoch,
    })
    return standing as typeof value
  }

  const turn: Turn = {
    event,
    instance: parts.instance,
    chat: chat && viewOf(chat),
    contact: event.contact,
    botMaySpeak: chat === undefined || chat.owner === 'bot',
    now,
    get log() {
      childLog ??= parts.log.child({ event: event.id, instance: event.instance })
      return childLog
    },
    signal: parts.signal,
    intend(command: Command, options = {}) {
      if (!chat) {
        throw new HubError(
          'E_BOT',
          'This event belongs to the number itself, not to a chat, so there is nobody to answer.',
        )
      }
      if (commands.length >= MAX_COMMANDS) {
        throw new HubError(
          'E_BOT',
          `A turn may intend at most ${MAX_COMMANDS} commands; this looks like a loop.`,
        )
      }
      const id = uuidv7(now, random) as CommandId
      commands.push({
        id,
        command: plain(command, 'A command'),
        typingMs: typingOf(options.typingMs ?? 0),
        ignoreOwner: options.ignoreOwner ?? false,
      })
      return { id }
    },
    schedule(key, at, data) {
      timers.set(key, {
        key,
        at: momentOf(key, at),
        data: data === undefined ? null : plain(data, `The data of timer "${key}"`),
      })
    },
    cancelTimer(key) {
      timers.set(key, { key, at: null, data: null })
    },
    setOwner(next) {
      owner = next
    },
    step,
    state: {
      get: (key) => (state.has(key) ? (state.get(key) ?? undefined) : lane.state.get(key)),
      set: (key, value) =>
        void state.set(key, value === undefined ? null : plain(value, `The state "${key}"`)),
    },
    async raw() {
      const delivery = event.delivery === undefined ? undefined : await store.getDelivery(event.delivery)
      if (!delivery) return undefined
      try {
        return JSON.parse(delivery.body.toString('utf8')) as unknown
      } catch {
        return delivery.body.toString('utf8')
      }
    },
    message: async (id) => (chat ? await store.getMessage(chat.id, id) : undefined),
    groupInfo: () =>
      step('group info', async (): Promise<Answer<GroupInfo>> => {
        if (chat?.kind !== 'group') return { ok: false, reason: 'this chat is not a group', retry: false }
        if (!parts.client?.groupInfo)
          return { ok: false, reason: 'this gateway cannot tell about groups', retry: false }
        return parts.client.groupInfo(chat.address)
      }),
    note(text) {
      notes.push(text)
    },
    traced(entry) {
      if (parts.trace.length < MAX_TRACED) parts.trace.push(entry)
    },
  }
  return {
    turn,
    decisions: () => ({
      commands,
      state,
      timers: [...timers.values()],
      ...(owner === undefined ? {} : { owner }),
      ...(notes.length === 0 ? {} : { note: notes.join('; ').slice(0, MAX_NOTE) }),
    }),
  }
}

const viewOf = ({ id, kind, address, name, owner }: ChatState) => ({
  id,
  kind,
  address,
  owner,
  ...(name === undefined ? {} : { name }),
})

/** Longest a chat may be shown typing (ms). */
const MAX_TYPING_MS = 10 * 60_000
function typingOf(ms: number): number {
  if (Number.isFinite(ms) && ms >= 0 && ms <= MAX_TYPING_MS) return Math.floor(ms)
  throw new HubError(
    'E_BOT',
    `Typing was asked for ${ms} ms. It may last from 0 to ${MAX_TYPING_MS / 60_000} minutes.`,
  )
}

/** Last moment a JavaScript date can hold (ms). */
const LAST_MOMENT = 8.64e15
function momentOf(key: string, at: number): number {
  if (Number.isFinite(at) && Math.abs(at) <= LAST_MOMENT) return Math.floor(at)
  throw new HubError(
    'E_BOT',
    `The timer "${key}" was set to ${at}, which is no moment in time. Give milliseconds since 1970.`,
  )
}

/** A value as it will come back from the store: JSON, no more. What cannot be that is refused here, in the turn that made it. */
function plain<T>(value: T, what: string): T {
  try {
    return sanitize(JSON.parse(JSON.stringify(value)) as T)
  } catch (cause) {
    throw new HubError(
      'E_BOT',
      `${what} cannot be kept: ${(cause as Error).message}. Keep plain objects, lists, texts, numbers and booleans.`,
      { cause },
    )
  }
}

/** Runs with a time limit and retries; the last failure is thrown. */
async function attempt<T>(
  run: (signal: AbortSignal) => Promise<T>,
  options: { name: string; timeoutMs: number; retries: number },
  parts: { clock: Clock; signal: AbortSignal },
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await withDeadline(run, options, parts)
    } catch (error) {
      if (tries >= options.retries || parts.signal.aborted) throw error
    }
    await new Promise<void>((resolve) => parts.clock.setTimeout(resolve, STEP_RETRY_MS * 2 ** tries))
  }
}

async function withDeadline<T>(
  run: (signal: AbortSignal) => Promise<T>,
  options: { name: string; timeoutMs: number },
  parts: { clock: Clock; signal: AbortSignal },
): Promise<T> {
  const control = new AbortController()
  const abort = () => control.abort(parts.signal.reason)
  parts.signal.addEventListener('abort', abort, { once: true })
  let expire: (error: unknown) => void = () => {}
  const expired = new Promise<never>((_, reject) => {
    expire = reject
  })
  const timer = parts.clock.setTimeout(() => {
    control.abort()
    expire(
      new HubError(
        'E_STEP_TIMEOUT',
        `The step "${options.name}" took longer than ${options.timeoutMs} ms. Give it more time with \`timeout\`, or make it faster; it is tried again with the turn.`,
      ),
    )
  }, options.timeoutMs)
  try {
    return await Promise.race([run(control.signal), expired])
  } finally {
    timer.cancel()
    parts.signal.removeEventListener('abort', abort)
  }
}
