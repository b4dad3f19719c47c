import { type EventId, type MessageRowId, publicId } from '../core/ids.ts'
import type { MediaRow } from '../core/media.ts'
import type { DeliveryRow, EventSurroundings, ReplayRow } from '../core/monitor.ts'
import type { KnownInstance } from '../core/registry.ts'
import type {
  ChatRow,
  CommandRow,
  ContactRow,
  EventRow,
  InstanceState,
  LogStore,
  MergeRow,
  NodeRow,
  Page,
} from '../core/store.ts'
import {
  type Lag,
  lagQuantile,
  TRAFFIC_COUNTERS,
  type TrafficCounter,
  type TrafficRow,
} from '../core/traffic.ts'
import type { LoggedMessage } from '../core/turn.ts'
import type { Rehearsal } from '../pipeline/dry-run.ts'
import type { Stage } from './contract/events.ts'
import type { TrafficTotals } from './contract/overview.ts'

/**
 * The only shapes that leave through the API. Ids carry their prefix, times are ISO 8601 in UTC, and a
 * field that has no value is left out.
 */

const LAST_MOMENT = 8.64e15
/** A gateway's clock may say anything; what no date can hold becomes the nearest one that can. */
export const iso = (ms: number): string => new Date(Math.min(Math.max(ms, 0), LAST_MOMENT)).toISOString()
export const optionalIso = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : iso(ms)

/** The form of every list: a page and the cursor of the next one, or null. */
export async function presentPage<Row, Shown>(
  page: Promise<Page<Row>>,
  present: (row: Row) => Shown,
): Promise<{ data: Shown[]; next: string | null }> {
  const { data, next } = await page
  return { data: data.map(present), next }
}

export const eventId = (id: EventId): string => publicId('evt', id)

export const presentEvent = (row: EventRow) => ({
  id: eventId(row.id),
  kind: row.kind,
  instance: row.instance,
  at: iso(row.at),
  acceptedAt: iso(row.acceptedAt),
  doneAt: optionalIso(row.doneAt),
  status: row.status,
  attempts: row.attempts,
  error: row.error,
  note: row.note,
  author: row.author,
  fact: row.fact,
  chat: row.chat === undefined ? undefined : publicId('chat', row.chat),
  delivery: row.delivery === undefined ? undefined : publicId('dlv', row.delivery),
  generation: row.generation,
})

export const presentDeliverySummary = (row: DeliveryRow) => ({
  id: publicId('dlv', row.id),
  instance: row.instance,
  receivedAt: iso(row.receivedAt),
  source: row.source,
  bytes: row.bytes,
  events: row.events,
})

export const presentReplay = (row: ReplayRow) => ({
  id: publicId('rpl', row.id),
  state: row.state,
  matched: row.matched,
  queued: row.queued,
  skipped: row.skipped,
  createdAt: iso(row.createdAt),
  endedAt: optionalIso(row.endedAt),
})

export const presentDryRun = (row: EventRow, rehearsal: Rehearsal) => ({
  event: eventId(row.id),
  kind: row.kind,
  instance: row.instance,
  at: iso(row.at),
  chat: row.chat === undefined ? undefined : publicId('chat', row.chat),
  handlers: rehearsal.handlers,
  notHandled: rehearsal.notHandled,
  commands: rehearsal.commands.map(({ command, refused }) => ({
    type: command.type,
    command: withoutBytes(command),
    refused,
  })),
  owner: rehearsal.owner,
  stopped: rehearsal.stopped,
})

/** What was counted in a span; undefined: nothing was. */
export const presentTotals = (row: TrafficRow | undefined): TrafficTotals => {
  const counters = Object.fromEntries(TRAFFIC_COUNTERS.map((name, i) => [name, row?.values[i] ?? 0]))
  return {
    ...(counters as Record<TrafficCounter, number>),
    lag: presentLag(row, 'lag'),
    sendLag: presentLag(row, 'sendLag'),
  }
}
const presentLag = (row: TrafficRow | undefined, lag: Lag) => {
  const p50 = row && lagQuantile(row.values, lag, 0.5)
  const p95 = row && lagQuantile(row.values, lag, 0.95)
  return p50 === undefined || p95 === undefined ? null : { p50, p95 }
}

type Delivery = NonNullable<Awaited<ReturnType<LogStore['getDelivery']>>>

/** One event with everything known of it. `delivery` is null once retention has taken it, or for timers. */
export const presentEventDetail = (
  row: EventRow,
  delivery: Delivery | undefined,
  around: EventSurroundings,
) => ({
  ...presentEvent(row),
  stages: {
    happened: iso(row.at),
    received: optionalIso(delivery?.receivedAt),
    verified: optionalIso(delivery?.verifiedAt),
    accepted: iso(row.acceptedAt),
    started: optionalIso(around.startedAt),
    done: optionalIso(row.doneAt),
  },
  timeline: timeline([
    ['received', delivery?.receivedAt],
    ['verified', delivery?.verifiedAt],
    ['stored', row.acceptedAt],
    ['started', around.startedAt],
    ['handled', row.doneAt],
  ]),
  normalised: {
    fact: row.fact,
    chat: around.chat,
    sender: around.sender,
    reference: around.reference,
  },
  delivery: delivery === undefined ? null : presentDelivery(delivery, around.siblings),
  handlers: around.trace?.handlers ?? [],
  notHandled: around.trace?.notHandled ?? (row.status === 'unrouted' ? ('unrouted' as const) : undefined),
  commands: around.commands.map(presentCommand),
  generations: around.generations.map((one) => ({
    id: eventId(one.id),
    generation: one.generation,
    status: one.status,
    acceptedAt: iso(one.acceptedAt),
    doneAt: optionalIso(one.doneAt),
  })),
})

/** Each stage that was reached, and how long after the one before. A clock that was put back makes no time negative. */
function timeline(stages: [Stage, number | undefined][]) {
  const reached = stages.flatMap(([stage, at]) => (at === undefined ? [] : [{ stage, at }]))
  return reached.map(({ stage, at }, i) => ({
    stage,
    at: iso(at),
    ...(i > 0 && { ms: Math.max(0, at - reached[i - 1]!.at) }),
  }))
}

const presentDelivery = (delivery: Delivery, events: readonly EventId[]) => ({
  id: publicId('dlv', delivery.id),
  receivedAt: iso(delivery.receivedAt),
  source: delivery.source,
  headers: withoutCredentials(delivery.headers),
  ...presentPayload(delivery.body),
  events: events.map(eventId),
})

const CREDENTIAL_HEADER = /authorization|cookie|token|api-?key|secret|password/i
const withoutCredentials = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, CREDENTIAL_HEADER.test(name) ? '***' : value]),
  )

/** JSON as it is, other text as text, anything else in base64. */
function presentPayload(body: Buffer): { encoding: 'json' | 'text' | 'base64'; payload: unknown } {
  const text = body.toString('utf8')
  try {
    return { encoding: 'json', payload: JSON.parse(text) }
  } catch {
    const isText = Buffer.from(text, 'utf8').equals(body)
    return isText
      ? { encoding: 'text', payload: text }
      : { encoding: 'base64', payload: body.toString('base64') }
  }
}

export const presentChat = (row: ChatRow) => ({
  id: publicId('chat', row.id),
  instance: row.instance,
  kind: row.kind,
  address: row.address,
  name: row.name,
  owner: row.owner,
  epoch: row.epoch,
  contact: row.contact === undefined ? undefined : publicId('con', row.contact),
  lastMessageAt: optionalIso(row.lastMessageAt),
})

/** `contact` in full instead of its id; null in groups. */
export const presentChatDetail = (row: ChatRow, contact: ContactRow | undefined) => ({
  ...presentChat(row),
  contact: contact === undefined ? null : presentContact(contact),
})

export const presentContact = (row: ContactRow) => ({
  id: publicId('con', row.id),
  name: row.name,
  addresses: row.addresses,
  createdAt: iso(row.createdAt),
})

/** `wanted`, `fetched`, `failed` or `expired`; `href` only while the bytes can be had. */
const presentMedia = (row: MediaRow) => ({
  state: row.state,
  mime: row.mime,
  bytes: row.bytes,
  fetchedAt: optionalIso(row.fetchedAt),
  reason: row.reason,
  href: row.state === 'fetched' ? `/api/v1/messages/${publicId('msg', row.message)}/media` : undefined,
})

export const presentMerge = (row: MergeRow) => ({
  id: publicId('mrg', row.id),
  kept: publicId('con', row.kept),
  gone: publicId('con', row.gone),
  at: iso(row.at),
  proof: row.proof,
  addresses: row.addresses,
  chats: row.chats.map(({ kept, gone }) => ({ kept: publicId('chat', kept), gone: publicId('chat', gone) })),
  undoneAt: optionalIso(row.undoneAt),
})

/** `id` is the gateway's, `row` the hub's own: only the latter is unique beyond its chat. */
export const presentMessage = (row: LoggedMessage & { row: MessageRowId; media?: MediaRow }) => ({
  id: row.messageId,
  row: publicId('msg', row.row),
  media: row.media && presentMedia(row.media),
  author: row.author,
  at: iso(row.at),
  content: row.content,
  status: row.status,
  replyTo: row.replyTo,
  editedAt: optionalIso(row.editedAt),
  revokedAt: optionalIso(row.revokedAt),
  votes: row.votes,
  pinnedAt: optionalIso(row.pinnedAt),
})

export const presentCommand = (row: CommandRow) => ({
  id: row.id,
  instance: row.instance,
  chat: publicId('chat', row.chat),
  type: row.type,
  state: row.state,
  attempts: row.attempts,
  command: withoutBytes(row.command),
  messageId: row.messageId,
  reason: row.reason,
  event: row.event === undefined ? undefined : eventId(row.event),
  createdAt: iso(row.createdAt),
  sendingAt: optionalIso(row.sendingAt),
  unknownAt: optionalIso(row.unknownAt),
  settledAt: optionalIso(row.settledAt),
})

/** A command that carries a medium's own bytes is shown without them. */
const withoutBytes = (command: CommandRow['command']): CommandRow['command'] =>
  'url' in command && command.url?.startsWith('data:')
    ? {
        ...command,
        url: `${command.url.slice(0, command.url.indexOf(',') + 1)}…`,
      }
    : command

export const presentNode = (row: NodeRow) => ({
  id: row.id,
  roles: [...row.roles],
  host: row.host,
  version: row.version,
  startedAt: iso(row.startedAt),
  seenAt: iso(row.seenAt),
})

/**
 * What is configured, without anything that proves or opens something, beside what is going on.
 * @param server the one of the hub that has the same URL
 */
export const presentInstance = (
  { config, origin, revision, createdAt, updatedAt }: KnownInstance,
  state: InstanceState | undefined,
  server: string | undefined,
) => ({
  id: config.id,
  name: config.name,
  origin,
  revision,
  gateway: config.gateway,
  baseUrl: withoutUserInfo(config.baseUrl),
  server,
  device: config.device,
  tags: [...config.tags],
  webhook: {
    signed: config.webhook.secrets.length > 0,
    urlKey: config.webhook.key !== undefined,
    allow: [...config.webhook.allow],
    insecure: config.insecure,
  },
  settings: Object.keys((config.settings as object | undefined) ?? {}),
  pacing: config.pacing,
  deliveriesPerSecond: config.deliveriesPerSecond,
  reorderWindowMs: config.reorderWindowMs ?? 0,
  apiMessagesClaim: config.apiMessagesClaim,
  connection: state?.connection,
  lastEventAt: optionalIso(state?.lastEventAt),
  queued: state?.queued ?? 0,
  hold:
    state?.holdReason === undefined
      ? null
      : { reason: state.holdReason, until: optionalIso(state.holdUntil) },
  createdAt: optionalIso(createdAt),
  updatedAt: optionalIso(updatedAt),
})

/** Some write `https://name:password@host`, and some a token into the query. */
export function withoutUserInfo(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  return url.origin + (url.pathname === '/' ? '' : url.pathname)
}
