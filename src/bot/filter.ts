import { HubError } from '../core/errors.ts'
import {
  type ConnectionState,
  type Content,
  type Fact,
  type FactOf,
  MEDIA_TYPES,
  type Media,
  type MediaType,
  type PresenceState,
  type ReceiptState,
} from '../core/events.ts'
import type { MessageId } from '../core/ids.ts'
import type { ChatView, ContactView } from '../core/turn.ts'
import type { Context, Group, IncomingMessage, Member } from './context.ts'

/** What the facts of one kind are told apart by, for the kinds that have such a thing. */
interface Variants {
  message: Content['type']
  receipt: ReceiptState
  membership: FactOf<'membership'>['change']
  connection: ConnectionState
  presence: PresenceState
  call: FactOf<'call'>['state']
  label: FactOf<'label'>['change']
  channel: FactOf<'channel'>['change']
  campaign: FactOf<'campaign'>['state']
}
type VariantOf<K> = K extends keyof Variants ? Variants[K] : never

/** `['a', 'b']` → `{ a: ['a'], b: ['b'] }`. */
const each = <const N extends readonly string[]>(...names: N) =>
  Object.fromEntries(names.map((name) => [name, [name]])) as unknown as {
    readonly [Name in N[number]]: readonly [Name]
  }

/**
 * Every filter query there is: `kind`, or `kind:word`, where the word stands for the variants listed.
 * Types and the check at run time both come from this table, so they cannot drift. A new kind or variant
 * of the core does not compile until it has its line here.
 */
export const FILTERS = {
  message: {
    ...each('text', ...MEDIA_TYPES, 'location', 'contacts', 'poll', 'menu', 'choice', 'order', 'unsupported'),
    media: MEDIA_TYPES,
  },
  edit: {},
  revoke: {},
  'delete-for-me': {},
  reaction: {},
  receipt: each('sent', 'delivered', 'read', 'played'),
  membership: each('join', 'leave', 'promote', 'demote'),
  connection: each('connecting', 'connected', 'disconnected', 'logged-out'),
  vote: {},
  pin: {},
  group: {},
  presence: each('typing', 'recording', 'paused', 'online', 'offline'),
  call: each('offered', 'accepted', 'rejected', 'ended'),
  label: each('defined', 'deleted', 'added', 'removed'),
  chat: {},
  contact: {},
  lead: {},
  block: {},
  channel: each('joined', 'left', 'muted', 'unmuted', 'posted'),
  history: {},
  campaign: each('running', 'done'),
  unknown: {},
  timer: {},
} as const satisfies {
  [K in Fact['kind']]: Record<string, readonly VariantOf<K>[]> & {
    readonly [V in VariantOf<K>]: readonly [V]
  }
}
type Filters = typeof FILTERS
type Kind = keyof Filters

/** `'message'`, `'message:image'`, `'receipt:read'`, … */
export type FilterQuery = { [K in Kind]: K | `${K}:${keyof Filters[K] & string}` }[Kind]

type KindOf<Q extends FilterQuery> = Q extends `${infer K extends Kind}:${string}` ? K : Q & Kind
type Words<Q extends FilterQuery> = Q extends `${infer K extends Kind}:${infer W}`
  ? W extends keyof Filters[K]
    ? Filters[K][W]
    : never
  : never
/** The variants a query lets through; all of the kind's for a plain kind. */
type VariantsOf<Q extends FilterQuery> =
  Words<Q> extends readonly (infer V)[] ? ([V] extends [never] ? VariantOf<KindOf<Q>> : V) : never

type ContentOf<V> = V extends 'text'
  ? { type: 'text'; text: string }
  : V extends MediaType
    ? { type: V; media: Media; text?: string }
    : Extract<Content, { type: V }>

type TextOf<V> = [V] extends ['text' | 'poll' | 'menu' | 'choice'] ? string : string | undefined
type MediaOf<V> = V extends MediaType ? Media & { type: V } : undefined

/** What `ctx` is known to hold in events of a kind. */
interface Facets<V> {
  message: {
    fact: FactOf<'message'>
    message: IncomingMessage<ContentOf<V>>
    text: TextOf<V>
    media: MediaOf<V>
    choice: [V] extends ['choice'] ? { id?: string; text: string } : Context['choice']
    chat: ChatView
  }
  edit: { fact: FactOf<'edit'>; target: MessageId; chat: ChatView }
  revoke: { fact: FactOf<'revoke'>; target: MessageId; chat: ChatView }
  'delete-for-me': { fact: FactOf<'delete-for-me'>; target: MessageId }
  reaction: { fact: FactOf<'reaction'>; target: MessageId; emoji: string; chat: ChatView }
  receipt: { fact: FactOf<'receipt'>; receipt: { messageId: MessageId; state: V; self: boolean } }
  membership: {
    fact: FactOf<'membership'>
    change: V
    members: Member[]
    member: Member
    group: Group
    chat: ChatView
  }
  connection: { fact: FactOf<'connection'>; connection: { state: V; reason?: string } }
  vote: { fact: FactOf<'vote'>; target: MessageId; votes: string[]; chat: ChatView }
  pin: { fact: FactOf<'pin'>; target: MessageId; chat: ChatView }
  group: { fact: FactOf<'group'>; group: Group; chat: ChatView }
  presence: { fact: FactOf<'presence'> & { state: V } }
  call: { fact: FactOf<'call'> & { state: V }; call: NonNullable<Context['call']> }
  label: { fact: FactOf<'label'> & { change: V } }
  chat: { fact: FactOf<'chat'>; chat: ChatView }
  contact: { fact: FactOf<'contact'> }
  lead: { fact: FactOf<'lead'>; chat: ChatView }
  block: { fact: FactOf<'block'> }
  channel: { fact: FactOf<'channel'> & { change: V } }
  history: { fact: FactOf<'history'> }
  campaign: { fact: FactOf<'campaign'> & { state: V } }
  unknown: { fact: FactOf<'unknown'> }
  timer: { fact: FactOf<'timer'>; timer: { key: string; data: unknown }; chat: ChatView }
}
type Facet<Q> = Q extends FilterQuery ? Facets<VariantsOf<Q>>[KindOf<Q>] : never

/** Kinds somebody says in a conversation: they have an author to whom one would answer. */
export const SAID = ['message', 'edit', 'revoke', 'reaction', 'vote'] as const satisfies readonly Kind[]
type Said = (typeof SAID)[number]

/** Outside `bot.own()` whoever said something is known. */
type SaidBy<C, Q extends FilterQuery> = C extends { author: 'person' | 'api' | 'hosted' }
  ? unknown
  : KindOf<Q> extends Said
    ? { contact: ContactView }
    : unknown

/** `C`, narrowed to what the query (or any of several) lets through. */
export type Filtered<C, Q extends FilterQuery> = C & Facet<Q> & SaidBy<C, Q>

/**
 * Compiles queries into one test of a fact.
 * @throws HubError E_BOT for a query that is not in {@link FILTERS}, listing what is
 */
export function compileFilter(queries: readonly string[]): (fact: Fact) => boolean {
  if (queries.length === 0) throw new HubError('E_BOT', `bot.on() needs a filter query. ${permitted()}`)
  const wanted = new Map<string, Set<string> | 'all'>()
  for (const query of queries) {
    const { kind, variants } = parse(query)
    const known = wanted.get(kind)
    if (variants === 'all' || known === 'all') wanted.set(kind, 'all')
    else wanted.set(kind, new Set([...(known ?? []), ...variants]))
  }
  return (fact) => {
    const variants = wanted.get(fact.kind)
    return variants === 'all' || (variants?.has(variantOf(fact) ?? '') ?? false)
  }
}

function parse(query: string): { kind: string; variants: readonly string[] | 'all' } {
  const [kind = '', word, ...rest] = query.split(':')
  const words: Record<string, readonly string[]> | undefined = Object.hasOwn(FILTERS, kind)
    ? FILTERS[kind as Kind]
    : undefined
  if (!words) throw new HubError('E_BOT', `${quote(query)} is no filter query. ${permitted()}`)
  if (word === undefined) return { kind, variants: 'all' }
  const variants = rest.length === 0 && Object.hasOwn(words, word) ? words[word] : undefined
  if (variants) return { kind, variants }
  const options = Object.keys(words).map((name) => quote(`${kind}:${name}`))
  throw new HubError(
    'E_BOT',
    `${quote(query)} is no filter query. Of ${quote(kind)} there is: ${[quote(kind), ...options].join(', ')}.`,
  )
}

function variantOf(fact: Fact): string | undefined {
  switch (fact.kind) {
    case 'message':
      return fact.message.content.type
    case 'receipt':
    case 'connection':
    case 'presence':
    case 'call':
    case 'campaign':
      return fact.state
    case 'membership':
    case 'label':
    case 'channel':
      return fact.change
    case 'edit':
    case 'revoke':
    case 'delete-for-me':
    case 'reaction':
    case 'vote':
    case 'pin':
    case 'group':
    case 'chat':
    case 'contact':
    case 'lead':
    case 'block':
    case 'history':
    case 'unknown':
    case 'timer':
      return undefined
  }
}

const quote = (text: string) => JSON.stringify(text)
const permitted = () =>
  `There is: ${Object.entries(FILTERS)
    .map(([kind, words]) => {
      const names = Object.keys(words)
      return names.length === 0
        ? quote(kind)
        : `${quote(kind)} (also with ${names.map((n) => `:${n}`).join(' ')})`
    })
    .join(', ')}.`
