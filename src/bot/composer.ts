import { HubError } from '../core/errors.ts'
import type { HandlerTrace } from '../core/trace.ts'
import type { Turn } from '../core/turn.ts'
import type { Context, Group, Member } from './context.ts'
import { compileFilter, type Filtered, type FilterQuery } from './filter.ts'
import { refusal, type Scope, USUAL } from './scope.ts'
import { fold, hasWords } from './text.ts'

export type Next = () => Promise<void>
/** A handler. Not calling `next` ends the chain; calling it twice is an error. It must await what it starts. */
export type Middleware<C> = (ctx: C, next: Next) => unknown
/** A filter of one's own; a type guard narrows `ctx`. */
export type Predicate<C> = (ctx: C) => boolean | Promise<boolean>

/** Which numbers: by name, by several names, or by a tag of the configuration. */
export type InstanceFilter = string | readonly string[] | { readonly tag: string }

type InChat<C> = C & { chat: NonNullable<Context['chat']> }
type InGroup<C> = InChat<C> & { group: Group; member: Member }
type Own<C> = C & { author: 'person' | 'api' | 'hosted' }
type Commanded<C> = Filtered<C, 'message:text'> & { args: string }
type Heard<C, M> = Filtered<C, 'message'> & { text: string; match: M }
type Timed<C> = Filtered<C, 'timer'>

/** How much is said of what did not run. */
const MISSED_REASONS = 5
const MISSED_NAMES = 3
const MISSED_CHARACTERS = 60

/** How a turn runs through the tree. */
interface Run {
  readonly scope: Scope
  /** Names of the nodes gone through, e.g. `instance sales > hears /order/`. */
  readonly path: string
  /** Names of the handlers that ran, for the event monitor. */
  readonly trace: string[]
}
interface Node {
  readonly name: string
  /** Why it did not run although it may see such events. */
  readonly miss: string
  /** May anything here or below see this event? Asked before any predicate runs. */
  admits(turn: Turn, scope: Scope): boolean
  /** Why nothing here or below may see this event. */
  refuses(turn: Turn, scope: Scope): string
  matches(ctx: Context): boolean | Promise<boolean>
  run(ctx: Context, next: Next, run: Run): Promise<void>
}

/** A composer to be used in another. One for a wider context fits wherever a narrower one is at hand. */
export interface Part<C> {
  /** Exists for the compiler only. */
  readonly takes?: (ctx: C) => void
}

/**
 * The middleware algebra of bots, after grammY's: handlers run in the order they were registered, each
 * decides with `next` whether the chain goes on. Every method that filters returns the composer behind its
 * filter, so that filters and scopes compose: `bot.instance('sales').groups().hears('price', …)`.
 *
 * @typeParam C what `ctx` is known to be here
 */
export class Composer<C extends Context> implements Part<C> {
  declare readonly takes?: (ctx: C) => void
  readonly #nodes: Node[] = []
  readonly #scope: Partial<Scope>

  constructor(scope: Partial<Scope> = {}) {
    this.#scope = scope
  }

  /** Runs for every event that this place lets through. Takes handlers and whole composers. */
  use(...middleware: (Middleware<C> | Part<C>)[]): this {
    for (const one of middleware)
      this.#nodes.push(one instanceof Composer ? one.#node('') : leaf(one as Middleware<C>))
    return this
  }

  /**
   * Runs for events that a query lets through, or any of several.
   * @throws HubError E_BOT for an unknown query, listing what there is
   */
  on<Q extends FilterQuery>(
    query: Q | readonly Q[],
    ...handlers: Middleware<Filtered<C, Q>>[]
  ): Composer<Filtered<C, Q>> {
    const queries = typeof query === 'string' ? [query] : [...query]
    const wanted = compileFilter(queries)
    return this.#child<Filtered<C, Q>>(`on ${queries.join(', ')}`, handlers, (ctx) => wanted(ctx.fact))
  }

  /**
   * Runs for `/name` at the beginning of a text message, also `/name@anything`; case and accents do not
   * matter. `ctx.args` is what follows, trimmed.
   * @throws HubError E_BOT when a name is empty or has a space, `/` or `@` in it
   */
  command(name: string | readonly string[], ...handlers: Middleware<Commanded<C>>[]): Composer<Commanded<C>> {
    const names = typeof name === 'string' ? [name] : name
    for (const one of names)
      if (!/^[^\s/@]+$/u.test(one))
        throw new HubError(
          'E_BOT',
          `${JSON.stringify(one)} is no command name: write "help", without "/" or spaces.`,
        )
    const wanted = new Set(names.map(fold))
    return this.#child<Commanded<C>>(`command ${names.join(', ')}`, handlers, (ctx) => {
      if (ctx.fact.kind !== 'message' || ctx.fact.message.content.type !== 'text') return false
      const match = COMMAND.exec(ctx.fact.message.content.text)
      if (!match || !wanted.has(fold(match[1] ?? ''))) return false
      ctx.args = match[2]?.trim() ?? ''
      return true
    })
  }

  /**
   * Runs for messages whose text or caption has a match. A string is heard as whole words, case and accents
   * set aside; a regular expression is used as written. `ctx.match` is what was found.
   */
  hears(
    words: string | readonly string[],
    ...handlers: Middleware<Heard<C, string>>[]
  ): Composer<Heard<C, string>>
  hears(
    pattern: RegExp | readonly RegExp[],
    ...handlers: Middleware<Heard<C, RegExpExecArray>>[]
  ): Composer<Heard<C, RegExpExecArray>>
  hears<M extends string | RegExpExecArray>(
    trigger: string | RegExp | readonly (string | RegExp)[],
    ...handlers: Middleware<Heard<C, M>>[]
  ): Composer<Heard<C, M>> {
    const triggers = typeof trigger === 'string' || trigger instanceof RegExp ? [trigger] : trigger
    const finders = triggers.map(finder)
    return this.#child<Heard<C, M>>(`hears ${triggers.map(String).join(', ')}`, handlers, (ctx) => {
      const text = ctx.fact.kind === 'message' ? ctx.text : undefined
      if (text === undefined) return false
      for (const find of finders) {
        const found = find(text, ctx)
        if (found === null) continue
        ctx.match = found
        return true
      }
      return false
    })
  }

  /** Runs when this chat's timer of that key is due; see `ctx.schedule`. */
  timer(key: string, ...handlers: Middleware<Timed<C>>[]): Composer<Timed<C>> {
    return this.#child<Timed<C>>(
      `timer ${key}`,
      handlers,
      ({ fact }) => fact.kind === 'timer' && fact.key === key,
    )
  }

  /** Runs where a predicate holds; a type guard narrows `ctx`. */
  filter<D extends C>(guard: (ctx: C) => ctx is D, ...handlers: Middleware<D>[]): Composer<D>
  filter(predicate: Predicate<C>, ...handlers: Middleware<C>[]): Composer<C>
  filter(predicate: Predicate<C>, ...handlers: Middleware<C>[]): Composer<C> {
    return this.#child<C>(`filter ${predicate.name}`.trim(), handlers, predicate as Predicate<Context>)
  }

  /** Only what happens on certain numbers: by name, several names, or `{ tag }`. */
  instance(which: InstanceFilter, ...handlers: Middleware<C>[]): Composer<C> {
    if (typeof which === 'object' && 'tag' in which)
      return this.#child<C>(`instance #${which.tag}`, handlers, (ctx) =>
        ctx.instance.tags.includes(which.tag),
      )
    const ids: readonly string[] = typeof which === 'string' ? [which] : which
    return this.#child<C>(`instance ${ids.join(', ')}`, handlers, (ctx) => ids.includes(ctx.instance.id))
  }

  // --- scopes: which events reach handlers at all (ADR 0001). The innermost decides. ----------------

  /** Only what happens in groups, messages included. */
  groups(...handlers: Middleware<InGroup<C>>[]): Composer<InGroup<C>> {
    return this.#child<InGroup<C>>('groups', handlers, undefined, { chats: 'groups' })
  }
  /** Only what happens in direct chats. */
  direct(...handlers: Middleware<InChat<C>>[]): Composer<InChat<C>> {
    return this.#child<InChat<C>>('direct', handlers, undefined, { chats: 'direct' })
  }
  /** Messages of groups as well as of direct chats. */
  everywhere(...handlers: Middleware<C>[]): Composer<C> {
    return this.#child<C>('everywhere', handlers, undefined, { chats: 'everywhere' })
  }
  /**
   * Also while a person or nobody owns the chat: for logging and moderation. What is said there by the bot
   * is still refused unless it says `ignoreOwner`.
   */
  always(...handlers: Middleware<C>[]): Composer<C> {
    return this.#child<C>('always', handlers, undefined, { always: true })
  }
  /**
   * Only what our own number says: a person by hand, a program through the API, or an agent hosted by the
   * gateway (`ctx.author` tells). Such events never reach handlers elsewhere, so a bot cannot answer itself.
   */
  own(...handlers: Middleware<Own<C>>[]): Composer<Own<C>> {
    return this.#child<Own<C>>('own', handlers, undefined, { own: true })
  }

  /**
   * Runs a context through everything registered here, then `next`. For those who embed composers; bots
   * are run by the hub.
   * @param trace gets the names of the handlers that ran, in order
   */
  protected async dispatch(ctx: C, next: Next, trace: string[]): Promise<void> {
    await this.#node('').run(ctx, next, { scope: USUAL, path: '', trace })
  }

  /** Why nothing ran, once nothing has: nobody here may see such an event, or nobody was waiting for it. */
  protected explain(turn: Turn): Pick<HandlerTrace, 'outcome' | 'reason' | 'missed'> {
    const reasons = new Map<string, string[]>()
    for (const node of this.#nodes) {
      const reason = node.admits(turn, USUAL) ? node.miss : node.refuses(turn, USUAL)
      const names = reasons.get(reason)
      if (names) names.push(node.name)
      else reasons.set(reason, [node.name])
    }
    const admitted = this.#node('').admits(turn, USUAL)
    const missed = [...reasons].slice(0, MISSED_REASONS).map(([reason, names]) => ({
      reason,
      count: names.length,
      first: names.slice(0, MISSED_NAMES).map((name) => name.slice(0, MISSED_CHARACTERS)),
    }))
    return {
      outcome: admitted ? 'no-match' : 'out-of-scope',
      reason: admitted ? 'no handler matched' : (missed[0]?.reason ?? 'it has no handlers'),
      ...(missed.length > 0 && { missed }),
    }
  }

  #child<D extends Context>(
    name: string,
    handlers: readonly Middleware<D>[],
    matches: (ctx: Context) => boolean | Promise<boolean> = () => true,
    scope: Partial<Scope> = {},
  ): Composer<D> {
    const child = new Composer<D>(scope)
    child.use(...handlers)
    const miss = name.startsWith('instance ') ? 'another number' : 'did not match'
    this.#nodes.push({ ...child.#node(name), matches, miss })
    return child
  }

  #node(name: string): Node {
    const nodes = this.#nodes
    const within = (scope: Scope): Scope => ({ ...scope, ...this.#scope })
    return {
      name,
      miss: 'did not match',
      admits: (turn, outer) => {
        const scope = within(outer)
        return nodes.some((node) => node.admits(turn, scope))
      },
      refuses: (turn, outer) => {
        const scope = within(outer)
        return nodes[0]?.refuses(turn, scope) ?? 'it has no handlers'
      },
      matches: () => true,
      run: (ctx, next, outer) => {
        const path = [outer.path, name].filter((part) => part !== '').join(' > ')
        return walk(nodes, ctx, next, { ...outer, scope: within(outer.scope), path })
      },
    }
  }
}

const COMMAND = /^\s*\/([^\s@/]+)(?:@\S*)?(?:\s+([\s\S]*))?$/u

/** Runs the first node from `at` on that takes this event; its `next` goes on behind it. */
async function walk(nodes: readonly Node[], ctx: Context, next: Next, run: Run, at = 0): Promise<void> {
  for (let i = at; i < nodes.length; i++) {
    const node = nodes[i]!
    if (!node.admits(ctx.turn, run.scope)) continue
    const matches = node.matches(ctx)
    if (matches !== true && !(await matches)) continue
    return node.run(ctx, () => walk(nodes, ctx, next, run, i + 1), run)
  }
  return next()
}

function leaf<C extends Context>(middleware: Middleware<C>): Node {
  return {
    name: middleware.name || 'middleware',
    miss: 'one before it ended the chain',
    admits: (turn, scope) => refusal(turn, scope) === undefined,
    refuses: (turn, scope) => refusal(turn, scope) ?? 'did not match',
    matches: () => true,
    run: (ctx, next, { path, trace }) => {
      trace.push(path || middleware.name || 'middleware')
      // The tree's types guarantee that a context which got here is a C.
      return call(middleware as unknown as Middleware<Context>, ctx, next)
    },
  }
}

async function call(middleware: Middleware<Context>, ctx: Context, next: Next): Promise<void> {
  let rest: Promise<void> | undefined
  let settled = false
  let returned = false
  await middleware(ctx, () => {
    if (rest) throw new HubError('E_BOT', 'A handler called next() twice; call it at most once.')
    if (returned)
      throw new HubError('E_BOT', 'A handler called next() after it had returned; await your work.')
    rest = next()
    const settle = () => {
      settled = true
    }
    rest.then(settle, settle)
    return rest
  })
  returned = true
  // A handler that forgot to await next() must not end the turn before the rest of the chain has.
  if (!settled) await rest
}

/** Finds a trigger in a text; null when it is not there. */
function finder(trigger: string | RegExp): (text: string, ctx: Context) => string | RegExpExecArray | null {
  if (typeof trigger === 'string') {
    const words = fold(trigger.trim())
    if (words === '')
      throw new HubError('E_BOT', 'bot.hears() needs a word to listen for; this one is empty.')
    return (_text, ctx) => (hasWords(ctx.folded, words) ? trigger : null)
  }
  // A copy: expressions with `g` or `y` remember where they stopped.
  const pattern = new RegExp(trigger.source, trigger.flags.replace('g', ''))
  return (text) => {
    pattern.lastIndex = 0
    return pattern.exec(text)
  }
}
