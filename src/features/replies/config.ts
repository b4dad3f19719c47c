import { z } from 'zod'
import { durationSchema } from '../../core/duration.ts'
import { compileMatch, MODES } from './match.ts'

const text = z.string().min(1).max(4096)

export const ruleSchema = z
  .strictObject({
    /** What a customer writes; any of several. */
    match: z.union([text, z.array(text).min(1).max(50)], {
      error: 'write a text of 1 to 4096 characters, or a list of 1 to 50 such texts',
    }),
    /** What is answered, as written. */
    reply: text,
    mode: z.enum(MODES).default('exact'),
    /** Only on these numbers. Default: on all. */
    instances: z.array(z.string().min(1)).min(1).optional(),
    /** Answer in groups too. */
    groups: z.boolean().default(false),
    /** Stay silent in a chat for this long after this rule answered there. */
    cooldown: durationSchema.optional(),
    /** Show "typing…" this long first. */
    typing: durationSchema.optional(),
    /** Answer as a quote of the message. */
    quote: z.boolean().default(false),
  })
  .superRefine((rule, context) => {
    const several = typeof rule.match !== 'string'
    for (const [index, match] of [rule.match].flat().entries()) {
      const compiled = compileMatch(rule.mode, match)
      if (typeof compiled === 'function') continue
      context.addIssue({
        code: 'custom',
        path: several ? ['match', index] : ['match'],
        message: compiled.problem,
        params: compiled,
      })
    }
  })

export const repliesSchema = z.strictObject({
  /** The first that matches answers. */
  rules: z.array(ruleSchema).max(200),
})

/** As written in the configuration. */
export type RepliesInput = z.input<typeof repliesSchema>
/** As read from it. */
export type Rule = z.output<typeof ruleSchema>
