import type { Command } from '../core/commands.ts'
import { HubError } from '../core/errors.ts'
import type { GatewayClient } from '../core/gateway.ts'
import type { EventId, InstanceId } from '../core/ids.ts'
import type { MonitorStore } from '../core/monitor.ts'
import type { Clock, Logger, Random } from '../core/ports.ts'
import type { Store } from '../core/store.ts'
import type { TurnTrace } from '../core/trace.ts'
import type { Handler, InstanceView, Owner } from '../core/turn.ts'
import { notHandled, whyNotHandled } from './not-handled.ts'
import { openTurn } from './turn.ts'

export interface DryRunParts {
  store: Store & Pick<MonitorStore, 'peekTurn' | 'storedStep'>
  handler: Handler
  instances: ReadonlyMap<InstanceId, InstanceView>
  clients: ReadonlyMap<InstanceId, GatewayClient>
  clock: Clock
  random: Random
  log: Logger
}

/** What running an event once more, now, would lead to. */
export interface Rehearsal extends TurnTrace {
  /** `refused`: why it would not be sent. */
  commands: { command: Command; refused?: string }[]
  owner?: Owner
  /** Why it could not be played to its end. */
  stopped?: string
}

/** Longest a handler may take (ms). */
const LIMIT_MS = 10_000

/** Work outside the hub would begin here. */
class Outside extends Error {
  constructor(step: string) {
    super(`the step "${step}" has no stored result, and a dry run does no work outside the hub`)
    this.name = 'Outside'
  }
}

/**
 * Runs an event's handlers on the chat as it is now, and keeps nothing of it: nothing is stored, sent or asked of a
 * gateway, and steps answer what they answered then. What handlers do beside their steps does happen.
 * @returns undefined when there is no such event, or it belongs to no lane
 */
export function createDryRun(parts: DryRunParts): (event: EventId) => Promise<Rehearsal | undefined> {
  const { store, clock, random, log } = parts
  return async (id) => {
    const peeked = await store.peekTurn(id)
    if (!peeked) return undefined
    const { lane, event } = peeked
    const reason = whyNotHandled(event)
    if (reason !== undefined) return { ...notHandled(reason).trace, commands: [] }
    const instance = parts.instances.get(event.instance)
    if (!instance) return { ...notHandled('instance-gone').trace, commands: [] }
    const control = new AbortController()
    const trace: TurnTrace = { handlers: [] }
    const { turn, decisions } = openTurn({
      lane,
      event,
      chat: lane.chat,
      instance,
      epoch: lane.chat?.epoch,
      client: undefined,
      store,
      clock,
      random,
      log,
      signal: control.signal,
      installation: store.installation,
      trace: trace.handlers,
      async dryRun(step) {
        const stored = await store.storedStep(step)
        if (!stored) throw new Outside(step.name)
        return stored
      },
    })
    const late = Promise.withResolvers<never>()
    const timer = clock.setTimeout(() => {
      late.reject(new HubError('E_BOT', `The handler did not come back within ${LIMIT_MS / 1000} seconds.`))
    }, LIMIT_MS)
    let stopped: string | undefined
    try {
      await Promise.race([Promise.resolve(parts.handler(turn, async () => {})), late.promise])
    } catch (error) {
      stopped =
        error instanceof Error ? `${error.name}: ${error.message}` : 'something that is no Error was thrown'
    } finally {
      timer.cancel()
      control.abort(new Error('the dry run is over'))
    }
    const { commands, owner } = decisions()
    const theirs = lane.chat !== undefined && lane.chat.owner !== 'bot' && owner !== 'bot'
    return {
      ...trace,
      commands: commands.map(({ command, ignoreOwner }) => ({
        command,
        ...(theirs && !ignoreOwner && { refused: 'a person owns this chat' }),
      })),
      ...(owner !== undefined && { owner }),
      ...(stopped !== undefined && { stopped: stopped.slice(0, 500) }),
    }
  }
}
