import type { Heard } from './far-side.ts'

/** A message of a customer, in the order its chat wrote them. */
export interface Said {
  chat: string
  id: string
  text: string
  /** The hub answered 200 at least once. */
  acknowledged: boolean
}
/** What the hub tells about an event and a command through its API. */
export interface ToldEvent {
  messageId: string
  status: string
}
export interface ToldCommand {
  text: string
  state: string
  reason?: string
}
export interface Evidence {
  said: readonly Said[]
  heard: readonly Heard[]
  events: readonly ToldEvent[]
  commands: readonly ToldCommand[]
}
export interface Verdict {
  /** Messages the hub answered 200. */
  acknowledged: number
  /** Of these: the event is done, and its reply was heard or is openly held for a person. */
  handled: number
  lost: number
  /** Replies heard after one of a later message of the same chat. */
  outOfOrder: number
  /** Replies heard more than once. */
  doubleSends: number
  /** Replies the hub says it does not know the end of. */
  unknownHeld: number
  /** Replies whose end was unknown once, and was found out. */
  reconciled: number
  /** Of the open ones: the customer did get them. */
  heldButHeard: number
  /** Chats whose session did not count each message exactly once. */
  stateFaults: number
  /** What was wrong, for people; at most a few of each. */
  faults: string[]
}

/** The bot answers `re:<text>#<how many messages this chat's session has counted>`. */
export const replyPattern = /^re:(.*)#(\d+)$/s
const OPEN = new Set(['unknown', 'held'])

export function judge({ said, heard, events, commands }: Evidence): Verdict {
  const faults: string[] = []
  const seen = new Map<string, number>()
  const fault = (kind: string, text: string): void => {
    const count = (seen.get(kind) ?? 0) + 1
    seen.set(kind, count)
    if (count <= 5) faults.push(`${kind}: ${text}`)
  }

  const timesHeard = new Map<string, number>()
  for (const { text } of heard) {
    const about = replyPattern.exec(text)?.[1] ?? text
    timesHeard.set(about, (timesHeard.get(about) ?? 0) + 1)
  }
  const stateOf = new Map<string, string[]>()
  const countOf = new Map<string, number>()
  for (const { text, state } of commands) {
    const [, about = text, count] = replyPattern.exec(text) ?? []
    stateOf.set(about, [...(stateOf.get(about) ?? []), state])
    countOf.set(about, Number(count))
  }
  const statusOf = new Map<string, string[]>()
  for (const { messageId, status } of events)
    statusOf.set(messageId, [...(statusOf.get(messageId) ?? []), status])

  let acknowledged = 0
  let handled = 0
  for (const { id, text, acknowledged: promised } of said) {
    if (!promised) continue
    acknowledged++
    const statuses = statusOf.get(id) ?? []
    const states = stateOf.get(text) ?? []
    const reached = (timesHeard.get(text) ?? 0) > 0 || states.some((state) => OPEN.has(state))
    if (statuses.includes('done') && reached) handled++
    else
      fault(
        'lost',
        `${text}: events [${statuses.join()}], commands [${states.join()}], heard ${timesHeard.get(text) ?? 0} times`,
      )
  }

  let doubleSends = 0
  for (const [text, times] of timesHeard) {
    if (times === 1) continue
    doubleSends += times - 1
    fault('double', `${text}: heard ${times} times, commands [${(stateOf.get(text) ?? []).join()}]`)
  }

  let outOfOrder = 0
  const place = new Map(said.map(({ text }, index) => [text, index]))
  const last = new Map<string, { index: number; text: string }>()
  const counted = new Set<string>()
  for (const { chat, text } of heard) {
    const about = replyPattern.exec(text)?.[1] ?? text
    if (counted.has(about)) continue
    counted.add(about)
    const index = place.get(about) ?? -1
    const before = last.get(chat)
    if (before && index < before.index) {
      outOfOrder++
      fault('order', `${chat}: ${about} heard after ${before.text}`)
    } else last.set(chat, { index, text: about })
  }

  let stateFaults = 0
  const chats = new Map<string, Said[]>()
  for (const one of said) chats.set(one.chat, [...(chats.get(one.chat) ?? []), one])
  for (const [chat, messages] of chats) {
    const counts = messages.map(({ text }) => countOf.get(text)).filter((count) => count !== undefined)
    if (counts.every((count, index) => count === index + 1)) continue
    stateFaults++
    fault('state', `${chat}: counted ${counts.join()}`)
  }

  for (const [kind, count] of seen) if (count > 5) faults.push(`${kind}: ${count - 5} more`)
  const open = commands.filter(({ state }) => OPEN.has(state))
  const heldButHeard = open.filter(({ text }) => timesHeard.has(replyPattern.exec(text)?.[1] ?? text)).length
  return {
    acknowledged,
    handled,
    lost: acknowledged - handled,
    outOfOrder,
    doubleSends,
    unknownHeld: open.length,
    reconciled: commands.filter(({ state, reason }) => state === 'sent' && reason !== undefined).length,
    heldButHeard,
    stateFaults,
    faults,
  }
}
