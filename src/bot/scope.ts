import type { Fact } from '../core/events.ts'
import type { Turn } from '../core/turn.ts'
import { SAID } from './filter.ts'

/**
 * Which events reach a handler at all, before any filter. The defaults are what nobody regrets: customers,
 * in direct chats, while the bot may speak. Everything else has to be asked for by name (ADR 0001).
 */
export interface Scope {
  /** `usual`: said things of direct chats only, and every other event wherever it happens. */
  readonly chats: 'usual' | 'direct' | 'groups' | 'everywhere'
  /** What our own number says, instead of what others say. */
  readonly own: boolean
  /** Also while a person or nobody owns the chat. */
  readonly always: boolean
}
export const USUAL = { chats: 'usual', own: false, always: false } as const satisfies Scope

const isSaid = (fact: Fact): boolean => (SAID as readonly string[]).includes(fact.kind)
/** Part of a conversation: what is said in it, and the timers a conversation set. */
export const isConversation = (fact: Fact): boolean => isSaid(fact) || fact.kind === 'timer'

/** Kinds beside conversation whose handlers may count on a chat. */
const IN_A_CHAT: ReadonlySet<Fact['kind']> = new Set(['pin', 'group', 'chat', 'lead'])

/** Why handlers of this scope do not see this event; undefined when they do. Holds no message text. */
export function refusal(turn: Turn, scope: Scope): string | undefined {
  const { fact, author } = turn.event
  const said = isSaid(fact)
  const chat = turn.chat?.kind
  if (chat === 'channel' || chat === 'status') return `a ${chat} is not for handlers`

  // What the types promise: these events happen in a chat, and somebody did them.
  if (chat === undefined && (isConversation(fact) || IN_A_CHAT.has(fact.kind))) return 'the event has no chat'
  if (fact.kind === 'group' && chat !== 'group') return 'the change names no group'
  if (fact.kind === 'membership' && (chat !== 'group' || fact.members.length === 0))
    return 'the change names no group or no member'
  if (said && author === 'other' && turn.contact === undefined) return 'the event has no sender'

  if (scope.own && !(said && author !== 'other')) return 'not said by our own number'
  if (!scope.own && said && author !== 'other') return 'said by our own number; see bot.own()'

  if (scope.chats === 'direct' && chat !== 'direct') return 'not a direct chat'
  if (scope.chats === 'groups' && chat !== 'group') return 'not a group'
  if (scope.chats === 'groups' && fact.kind !== 'membership' && !turn.contact && !turn.event.sender)
    return 'the event names no member'
  if (scope.chats === 'usual' && said && chat === 'group') return 'in a group; see bot.groups()'

  if (isConversation(fact) && !turn.botMaySpeak && !scope.always && !scope.own)
    return `the chat belongs to ${turn.chat?.owner === 'person' ? 'a person' : 'nobody'}; see bot.always()`
  return undefined
}
