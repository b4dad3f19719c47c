import { z } from 'zod'
import { count, text } from './fields.ts'

/** `history` (told): messages of the past in the shape of `messages`, batch by batch. */
export const history = z.object({
  messages: z.array(z.unknown()),
  batchNumber: count,
  batchTotal: count,
})

/** `sender` (told, by two people: flat, and once inside `data`): one at the start, one at the end. */
const progress = z.object({
  status: text,
  folder_id: text,
  sentCount: count,
  messageCount: count,
})
export const campaign = z.union([z.object({ data: progress }).transform(({ data }) => data), progress])
