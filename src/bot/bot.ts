import type { Handler } from '../core/turn.ts'
import { Composer } from './composer.ts'
import { Context } from './context.ts'
import { isConversation, refusal, USUAL } from './scope.ts'
import { Session } from './session.ts'

export interface BotOptions<S> {
  /** Names it in the event monitor and keys its state. Default `bot`; a feature gives its own name. */
  name?: string
  /** What the session of a chat is at first. A fresh value every time. */
  session?: () => S
}

/** A composer that the hub can run. @typeParam S what a chat remembers between turns */
export class Bot<S = Record<string, unknown>> extends Composer<Context<S>> {
  /** The bot as one link of the hub's chain. */
  readonly handler: Handler

  constructor(options: BotOptions<S> & { session: () => S }) {
    super()
    const { name = 'bot', session: initial } = options
    const sessionKey = name === 'bot' ? 'session' : `${name}.session`
    this.handler = async (turn, next) => {
      const session = new Session<S>(turn, sessionKey, initial)
      const ctx = new Context<S>(turn, session)
      const trace: string[] = []
      try {
        await this.dispatch(ctx, next, trace)
        session.save()
      } finally {
        Context.close(ctx)
        if (trace.length > 0) {
          turn.note?.(`${name}: ${trace.join(', ')}`)
          turn.tell?.({ ran: trace })
        } else {
          if (isConversation(turn.event.fact))
            turn.note?.(`${name}: nothing ran (${refusal(turn, USUAL) ?? 'no handler matched'})`)
          turn.tell?.(this.explain(turn))
        }
      }
    }
  }
}

/**
 * Makes a bot: register handlers on it, hand it to the hub.
 *
 * ```ts
 * const bot = createBot({ session: () => ({ visits: 0 }) })
 * bot.command('help', (ctx) => { ctx.reply('Commands: /help, /status') })
 * bot.on('message:text', (ctx) => { ctx.session.visits++ })
 * ```
 */
export function createBot(options?: { name?: string }): Bot
export function createBot<S extends object>(options: BotOptions<S> & { session: () => S }): Bot<S>
export function createBot<S extends object>(options: BotOptions<S> = {}): Bot<S> {
  return new Bot<S>({ ...options, session: options.session ?? (() => ({}) as S) })
}
