import { z } from 'zod'
import { COMMAND_STATES, COMMAND_TYPES, type Command, type CommandType } from '../../core/commands.ts'
import { DECISIONS } from '../../core/store.ts'
import { instanceIdSchema, listOf, pageOf, pageSchema, publicIdSchema, shownId, shownTime } from './common.ts'

/** What was to be sent and how it ended: `/commands`. */

export const commandListQuery = z.strictObject({
  ...pageSchema,
  instance: listOf(instanceIdSchema).optional(),
  state: listOf(z.enum(COMMAND_STATES)).optional(),
  chat: publicIdSchema('chat').optional(),
  event: publicIdSchema('evt').optional(),
})
export const commandParams = z.strictObject({ id: z.guid('must be the id of a command') })

/** What a person decides about a command that waits for one. */
const decision = {
  decision: z.enum(DECISIONS).meta({
    description:
      '`resend`: send it (again). `sent`: it did arrive. `failed`: it did not arrive and is not sent again. `discard`: given up, whatever became of it',
  }),
  reason: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .optional()
    .meta({ description: 'In words, for who reads it later' }),
}
export const resolveBody = z.strictObject(decision)
export const resolveManyBody = z.strictObject({
  ids: z.array(z.guid('must be the id of a command')).min(1).max(200),
  ...decision,
})

/** The command itself, as it was intended; a medium's own bytes are left out. */
const commandSchema = z.custom<Command>(
  (value) => typeof value === 'object' && value !== null && 'type' in value && 'to' in value,
)

export const commandSummary = z
  .object({
    id: z.string().meta({ description: 'A UUID' }),
    instance: z.string(),
    chat: shownId('chat'),
    type: z.enum(COMMAND_TYPES as [CommandType, ...CommandType[]]),
    state: z.enum(COMMAND_STATES),
    attempts: z.int(),
    command: commandSchema,
    event: shownId('evt').optional().meta({ description: 'The event whose handlers decided it' }),
    messageId: z.string().optional().meta({ description: "The gateway's id of what was sent" }),
    reason: z.string().optional().meta({ description: 'Why it is in this state' }),
    createdAt: shownTime,
    sendingAt: shownTime.optional().meta({ description: 'When its latest attempt began' }),
    unknownAt: shownTime.optional().meta({ description: 'Since when nobody knows whether it went out' }),
    settledAt: shownTime.optional(),
  })
  .meta({ id: 'Command' })
export type CommandSummary = z.output<typeof commandSummary>
export const commandList = pageOf(commandSummary)

/** What became of each of several ids; one that failed does not stop the others. */
export const bulkOutcome = z.object({
  done: z.int(),
  failed: z.int(),
  data: z.array(
    z.object({
      id: z.string(),
      ok: z.boolean(),
      /** The event that a retried one became. */
      became: shownId('evt').optional(),
      detail: z.string().optional().meta({ description: 'Why it was left as it is' }),
    }),
  ),
})
export type BulkOutcome = z.output<typeof bulkOutcome>
