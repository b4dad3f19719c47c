import { z } from 'zod'
import { moment, text, texts } from './fields.ts'

/**
 * `groups` as captured on 2.x: `type: "Group"` with the changes in `event`, each null or a list of phone
 * addresses; `JoinLid`/`LeaveLid` only where they matter. `type: "JoinedGroup"` when our own number was
 * added: the same `event` then describes the group and lists nobody as joined.
 */
export const groupChange = z.object({
  type: text,
  event: z.object({
    JID: text,
    /** The group's name in `JoinedGroup`; an object with the new name, or null, in `Group`. */
    Name: text,
    Sender: text,
    SenderPN: text,
    sender_pn: text,
    sender_lid: text,
    Timestamp: moment,
    Join: texts,
    JoinLid: texts,
    Leave: texts,
    LeaveLid: texts,
    Promote: texts,
    Demote: texts,
  }),
})
export type WireGroupChange = z.infer<typeof groupChange>

/** `groups` as users of the 1.0.0 line read it: a `message` that says what was done to whom. */
export const groupMessage = z.object({
  type: text,
  chatid: text,
  sender: text,
  sender_pn: text,
  sender_lid: text,
  participants: texts,
  messageTimestamp: moment,
})
export type WireGroupMessage = z.infer<typeof groupMessage>
