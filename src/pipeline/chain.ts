import { HubError } from '../core/errors.ts'
import type { HandlerTrace } from '../core/trace.ts'
import type { Handler, Turn } from '../core/turn.ts'

export interface Link {
  /** A feature, or `bot`. */
  name: string
  handler: Handler
  /** Its durable steps are stored under its own name, so that those of one feature never meet another's. */
  ownSteps: boolean
}

/** Things a handler says about one event, and how long each may be. */
const MAX_SAID = 10
const MAX_TEXT = 200

/**
 * One chain: features in their order, then the bot. A handler that does not call `next` ends it. What each made of
 * the event goes to the turn's trace.
 */
export function chain(links: readonly Link[]): Handler {
  return async (turn, next) => {
    let reached = -1
    let thrown: { error: unknown } | undefined
    const run = async (i: number): Promise<void> => {
      const link = links[i]
      if (!link) return next()
      reached = i
      const entry: HandlerTrace = { handler: link.name, outcome: 'ran' }
      turn.traced?.(entry)
      let called = false
      try {
        await link.handler(roomOf(turn, link, entry), () => {
          if (called)
            throw new HubError(
              'E_BOT',
              'A handler called next() twice. Call it once, and await or return it.',
            )
          called = true
          return run(i + 1)
        })
      } catch (error) {
        // It went through those before it, too, who had let it pass.
        if (thrown?.error !== error) {
          thrown = { error }
          entry.outcome = 'stopped'
          throw error
        }
        if (entry.outcome === 'ran') entry.outcome = 'passed'
        throw error
      }
      if (called && entry.outcome === 'ran') entry.outcome = 'passed'
    }
    try {
      await run(0)
    } finally {
      for (const { name } of links.slice(reached + 1))
        turn.traced?.({ handler: name, outcome: 'not-reached' })
    }
  }
}

/** The turn as one handler sees it: what it says of itself is kept under its name. */
function roomOf(turn: Turn, link: Link, entry: HandlerTrace): Turn {
  const room: PropertyDescriptorMap = {
    note: {
      value: (text: string) => {
        turn.note?.(text)
        entry.notes ??= []
        if (entry.notes.length < MAX_SAID) entry.notes.push(text.slice(0, MAX_TEXT))
      },
    },
    tell: {
      value: (what: Parameters<NonNullable<Turn['tell']>>[0]) => {
        if ('ran' in what) entry.ran = what.ran.slice(0, MAX_SAID).map((path) => path.slice(0, MAX_TEXT))
        else Object.assign(entry, { ...what, outcome: what.outcome })
      },
    },
  }
  if (link.ownSteps) {
    room.step = {
      value: (...[name, run, options]: Parameters<Turn['step']>) =>
        turn.step(`${link.name}/${name}`, run, options),
    }
  }
  return Object.create(turn, room) as Turn
}
