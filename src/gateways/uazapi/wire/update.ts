import { z } from 'zod'
import { decisiveMaybe, maybeFlag, moment, text, texts } from './fields.ts'

/**
 * `messages_update` (captured on 2.1.1): `event` is an object here, `MessageIDs` are bare and may be many.
 * `type` says the sort: `ReadReceipt`, `DeletedMessage`, `PinnedMessage`; `state` says what happened.
 */
export const update = z.object({
  type: text,
  state: text,
  event: z.object({
    Chat: text,
    Sender: text,
    sender_pn: text,
    sender_lid: text,
    MessageIDs: texts,
    Type: text,
    /** Not in pins. */
    IsFromMe: decisiveMaybe,
    /** Of a pin only. */
    Pinned: maybeFlag,
    Timestamp: moment,
  }),
})
export type WireUpdate = z.infer<typeof update>
