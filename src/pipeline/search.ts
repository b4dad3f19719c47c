import type { Address } from '../core/address.ts'
import type { Command } from '../core/commands.ts'
import type { Answer, GatewayClient, RemoteMessage } from '../core/gateway.ts'
import { isAlike, likeness, likenessOf } from '../core/likeness.ts'
import type { Finding, UnknownSend } from '../core/store.ts'

/** How much a gateway's clock may differ from ours, its whole seconds included (ms). */
const SKEW_MS = 5_000
/** A send may begin this long after it was marked: it waits for its turn in the process (ms). */
const START_MS = 10_000
/** A gateway may try this long to tell of what a person wrote by hand (ms). */
const TELLING_MS = 30_000
/** A search answers at most this many messages; so many may hide others behind them. */
const FULL = 100
/** Searches in a row that must find nothing, and how far apart: together two minutes. */
const PROOF_OF_ABSENCE = 3
export const BETWEEN_SEARCHES_MS = 60_000
/** Ids from receipts that are looked up one by one. */
const MAX_STRANGERS = 5

export interface Search {
  client: GatewayClient
  send: UnknownSend
  /** What was really asked of the gateway. */
  said: Command
  /** Client reference it carried. */
  reference: string
  now: number
}

/**
 * From when on (ms) silence and likeness can mean anything: the attempt may have begun late and taken all its
 * time, and the gateway may have gone on with it for as long again before it gave up.
 */
export const provableFrom = (send: UnknownSend, sendTimeoutMs: number): number =>
  send.sentAt + START_MS + 2 * sendTimeoutMs

/** The last moment (ms) at which a message of this attempt may have left. */
const leftBy = (send: UnknownSend, sendTimeoutMs: number): number =>
  Math.min(send.sentAt + START_MS + sendTimeoutMs, send.unknownAt) + sendTimeoutMs

/**
 * Over a gateway that gives references back: a record with ours is ours, at any time. Absence is proved by
 * three searches over two minutes of a connected number that found neither the reference nor anything like
 * the message in its chat.
 */
export async function searchByReference(search: Search): Promise<Finding> {
  const { client, send, reference, now } = search
  const unproved: Finding = { type: 'nothing', absences: send.absences }
  const records = await ask(client, { reference })
  if (!records.ok) return unproved
  const ours = records.value.filter((m) => m.reference === reference && m.fromMe)
  const out = ours.filter((m) => m.state !== 'failed').sort((a, b) => (a.at ?? 0) - (b.at ?? 0))
  const found = out.at(-1)
  if (found) return { type: 'ours', messageId: found.id, ...(found.at !== undefined && { at: found.at }) }
  // Earlier attempts carried the same reference: their failures say nothing about this one.
  if (ours.length >= send.attempt && ours.some((m) => m.at !== undefined && m.at >= send.sentAt - SKEW_MS))
    return notSent('the gateway says that it failed to send it')
  if (now < provableFrom(send, client.sendTimeoutMs)) return unproved
  if (!(await isConnected(client))) return { type: 'nothing', absences: 0 }
  const chat = await history(search)
  if (!chat?.complete || chat.alike.length > 0 || chat.undated) return unproved
  // Something of this chat reached somebody, and nobody knows what.
  if (send.strangers.length > 0) return unproved
  const absences = send.absences + 1
  return absences >= PROOF_OF_ABSENCE
    ? notSent('the gateway has no trace of it')
    : { type: 'nothing', absences }
}

/** `retryAt` is the caller's to decide. */
const notSent = (reason: string): Finding => ({ type: 'not-sent', retryAt: null, reason })

/**
 * Over a gateway without references: own messages of the same words, in the chat and in the time in which
 * this attempt can have left. That none is there proves nothing.
 */
export async function searchByLikeness(search: Search): Promise<Finding> {
  const nothing: Finding = { type: 'nothing', absences: 0 }
  if (search.now < provableFrom(search.send, search.client.sendTimeoutMs)) return nothing
  const chat = await history(search)
  if (!chat?.complete || chat.undated || chat.alike.length === 0) return nothing
  // A person may have written it, and the delivery that tells of it may be on its way.
  if (chat.alike.some(({ at }) => at > search.now - TELLING_MS)) return nothing
  return { type: 'alike', messages: chat.alike }
}

interface History {
  /** The answer reaches back to the attempt. */
  complete: boolean
  /** Something like it is there, but nobody says since when. */
  undated: boolean
  alike: { id: RemoteMessage['id']; at: number }[]
}

/** What the chat holds that is like the send; undefined when that cannot be known. */
async function history({ client, send, said }: Search): Promise<History | undefined> {
  const mine = likenessOf(said)
  if (!mine) return undefined
  const since = send.sentAt - SKEW_MS
  const until = leftBy(send, client.sendTimeoutMs) + SKEW_MS
  const chat = await ask(client, { chat: said.to, since })
  if (!chat.ok) return undefined
  const seen = new Map(chat.value.map((message) => [message.id, message]))
  // Receipts named these: the gateway may know them although its list of the chat does not show them.
  for (const id of send.strangers.filter((one) => !seen.has(one)).slice(0, MAX_STRANGERS)) {
    const one = await ask(client, { chat: said.to, id })
    if (one.ok) for (const message of one.value) if (message.id === id) seen.set(id, message)
  }
  const own = [...seen.values()].filter(
    (m) =>
      m.fromMe &&
      m.state !== 'failed' &&
      isIn(said.to, m) &&
      isAlike(mine, likeness(m.media, m.text)) &&
      (m.at === undefined || (m.at >= since && m.at <= until)),
  )
  return {
    complete: chat.value.length < FULL || chat.value.some((m) => m.at !== undefined && m.at < since),
    undated: own.some((m) => m.at === undefined),
    alike: own.flatMap(({ id, at }) => (at === undefined ? [] : [{ id, at }])),
  }
}

/** A gateway may name a person's chat otherwise than we do; only a group has one name. */
const isIn = (chat: Address, message: RemoteMessage): boolean =>
  message.chat === undefined ||
  message.chat === chat ||
  (!chat.startsWith('group:') && !message.chat.startsWith('group:'))

const ask = async (
  client: GatewayClient,
  query: Parameters<NonNullable<GatewayClient['search']>>[0],
): Promise<Answer<RemoteMessage[]>> =>
  (await client.search?.(query)) ?? { ok: false, reason: 'this gateway cannot be searched', retry: false }

/** A number that is cut off may get what it sent only later. */
async function isConnected(client: GatewayClient): Promise<boolean> {
  const status = await client.status?.()
  return status?.ok === true && status.value === 'connected'
}
