import { createHash } from 'node:crypto'
import { createBot } from '../../bot/bot.ts'
import type { Context } from '../../bot/context.ts'
import { HubError } from '../../core/errors.ts'
import { defineFeature } from '../../core/turn.ts'
import { type Rule, repliesSchema } from './config.ts'
import { compileMatch, type Matcher, said } from './match.ts'

interface CompiledRule extends Rule {
  /** Place in the configuration, from 1, for people. */
  place: number
  /** What its cooldown is remembered by; survives being moved in the list. */
  key: string
  matchers: Matcher[]
}

/** When each rule last answered in a chat (ms since 1970). */
type Answered = Readonly<Record<string, number>>
const STATE = 'replies'

/** Answers known questions with fixed texts, without code. */
export const replies = defineFeature({
  name: 'replies',
  config: repliesSchema,
  setup({ rules: written }) {
    const rules = written.map(compile)
    const bot = createBot({ name: 'replies' })
    bot.everywhere().filter(
      (ctx): ctx is typeof ctx & { match: CompiledRule } => {
        ctx.match = firstMatch(rules, ctx)
        return ctx.match !== undefined
      },
      (ctx) => answer(ctx.match, ctx),
    )
    return { handler: bot.handler }
  },
})

function compile(rule: Rule, index: number): CompiledRule {
  const matchers = [rule.match].flat().map((match) => {
    const compiled = compileMatch(rule.mode, match)
    // The schema compiled it before; only a caller who went around it gets here.
    if (typeof compiled !== 'function') throw new HubError('E_CONFIG', `A reply's match ${compiled.problem}.`)
    return compiled
  })
  const key = createHash('sha256')
    .update(JSON.stringify([rule.mode, rule.match]))
    .digest('base64url')
    .slice(0, 12)
  return { ...rule, place: index + 1, key, matchers }
}

function firstMatch(rules: readonly CompiledRule[], ctx: Context): CompiledRule | undefined {
  const text = ctx.fact.kind === 'message' ? ctx.text : undefined
  if (text === undefined) return undefined
  const given = said(text)
  return rules.find(
    (rule) =>
      (rule.groups || ctx.chat?.kind === 'direct') &&
      (rule.instances?.includes(ctx.instance.id) ?? true) &&
      rule.matchers.some((matches) => matches(given)),
  )
}

/** The rule's text, unless it is resting here. Either way the message has been dealt with: the chain ends. */
function answer(rule: CompiledRule, ctx: Context): void {
  if (rule.cooldown) {
    const answered = (ctx.turn.state.get(STATE) ?? {}) as Answered
    const last = answered[rule.key]
    if (last !== undefined && ctx.now - last < rule.cooldown) {
      ctx.note(`rule ${rule.place} rests`)
      return
    }
    ctx.turn.state.set(STATE, { ...answered, [rule.key]: ctx.now })
  }
  ctx.note(`rule ${rule.place} answers`)
  ctx.reply(rule.reply, { quote: rule.quote, ...(rule.typing !== undefined && { typing: rule.typing }) })
}
