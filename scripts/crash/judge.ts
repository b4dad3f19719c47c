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
/** A node stood still (SIGSTOP), ms since 1970. */
export interface Stop {
  from: number
  to: number
}
export interface Evidence {
  said: readonly Said[]
  heard: readonly Heard[]
  events: readonly ToldEvent[]
  commands: readonly ToldCommand[]
  /** Default: none. */
  stops?: readonly Stop[]
}
export interface Verdict {
  /** Messages the hub answered 200. */
  acknowledged: number
  /** Of these: the event is done, and its reply was heard or is openly held for a person. */
  handled: number
  lost: number
  /** Replies heard after one of a later message of the same chat. */
  outOfOrder: number
  /** Replies heard more than once, but for blind repeats. */
  doubleSends: number
  /** The one double that is promised to be possible: see {@link isBlindRepeat}. */
  blindRepeats: number
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
/** Three searches over two minutes: nothing is proved absent sooner (ms). */
const PROOF_MS = 120_000

/**
 * What was said and heard, against what the hub tells. A message that was never acknowledged may be anywhere or
 * nowhere: its last attempt may lie in the socket of a node that stands still, and be accepted after its
 * successors. It can not overtake what was acknowledged before it was written.
 */
export function judge({ said, heard, events, commands, stops = [] }: Evidence): Verdict {
  const faults: string[] = []
  const seen = new Map<string, number>()
  const fault = (kind: string, text: string): void => {
    const count = (seen.get(kind) ?? 0) + 1
    seen.set(kind, count)
    if (count <= 5) faults.push(`${kind}: ${text}`)
  }

  const aboutOf = (text: string): string => replyPattern.exec(text)?.[1] ?? text
  const hearings = new Map<string, Heard[]>()
  for (const one of heard) {
    const about = aboutOf(one.text)
    hearings.set(about, [...(hearings.get(about) ?? []), one])
  }
  const timesHeard = (about: string): number => hearings.get(about)?.length ?? 0
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
    const reached = timesHeard(text) > 0 || states.some((state) => OPEN.has(state))
    if (statuses.includes('done') && reached) handled++
    else
      fault(
        'lost',
        `${text}: events [${statuses.join()}], commands [${states.join()}], heard ${timesHeard(text)} times`,
      )
  }

  let doubleSends = 0
  let blindRepeats = 0
  for (const [text, times] of hearings) {
    for (const [i, again] of times.slice(1).entries()) {
      if (isBlindRepeat(times[i]!, again, stops)) blindRepeats++
      else {
        doubleSends++
        const apart = again.at - times[i]!.at
        fault(
          'double',
          `${text}: heard again after ${apart} ms, commands [${(stateOf.get(text) ?? []).join()}]`,
        )
      }
    }
  }

  let outOfOrder = 0
  const place = new Map(said.map(({ text, acknowledged }, index) => [text, { index, acknowledged }]))
  const last = new Map<string, { index: number; text: string }>()
  for (const [about, [first]] of hearings) {
    const { chat } = first!
    const { index, acknowledged: hasPlace } = place.get(about) ?? { index: -1, acknowledged: true }
    const before = last.get(chat)
    if (!before || index > before.index) last.set(chat, { index, text: about })
    else if (hasPlace) {
      outOfOrder++
      fault('order', `${chat}: ${about} heard after ${before.text}`)
    }
  }

  let stateFaults = 0
  const chats = new Map<string, Said[]>()
  for (const one of said) chats.set(one.chat, [...(chats.get(one.chat) ?? []), one])
  for (const [chat, messages] of chats) {
    const counts = messages.flatMap(({ text, acknowledged }) => {
      const count = countOf.get(text)
      return count === undefined ? [] : [{ count, acknowledged }]
    })
    if (countsOnce(counts)) continue
    stateFaults++
    fault('state', `${chat}: counted ${counts.map(({ count }) => count).join()}`)
  }

  for (const [kind, count] of seen) if (count > 5) faults.push(`${kind}: ${count - 5} more`)
  const open = commands.filter(({ state }) => OPEN.has(state))
  const heldButHeard = open.filter(({ text }) => hearings.has(aboutOf(text))).length
  return {
    acknowledged,
    handled,
    lost: acknowledged - handled,
    outOfOrder,
    doubleSends,
    blindRepeats,
    unknownHeld: open.length,
    reconciled: commands.filter(({ state, reason }) => state === 'sent' && reason !== undefined).length,
    heldButHeard,
    stateFaults,
    faults,
  }
}

/**
 * The one case: over a gateway that gives references back, a node stopped between its last check and its socket,
 * others proved the send absent and sent it again, and the first one woke and wrote.
 */
const isBlindRepeat = (first: Heard, again: Heard, stops: readonly Stop[]): boolean =>
  first.reference !== '' &&
  first.reference === again.reference &&
  stops.some(({ from, to }) => from + PROOF_MS <= first.at && first.at <= to && to <= again.at)

/** Each of 1 to n once, and none before one that was acknowledged before it was written. */
function countsOnce(counts: readonly { count: number; acknowledged: boolean }[]): boolean {
  let settled = 0
  for (const { count, acknowledged } of counts) {
    if (count <= settled) return false
    if (acknowledged) settled = count
  }
  const different = new Set(counts.map(({ count }) => count))
  return different.size === counts.length && counts.every(({ count }) => count >= 1 && count <= counts.length)
}
