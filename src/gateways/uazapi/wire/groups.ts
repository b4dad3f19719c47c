import { z } from 'zod'
import { count, maybeFlag, moment, text, texts } from './fields.ts'

const absent = <S extends z.ZodType>(schema: S) => schema.nullish().catch(undefined)
/** A change that holds its value under a name of its own, or is the value. */
const wrapped = <S extends z.ZodType, W extends z.ZodType>(whole: W, value: S) =>
  absent(z.union([value, whole]))

/**
 * `groups` as captured on 2.x: `type: "Group"` with the changes in `event`, each null or an object or list:
 * members as lists of phone addresses, settings in the structures of the library uazapi is built on.
 * `JoinLid`/`LeaveLid` only where they matter. `type: "JoinedGroup"` when our own number was added: the same
 * `event` then describes the group, with plain values in the same keys, and lists nobody as joined.
 */
export const groupChange = z.object({
  type: text,
  event: z.object({
    JID: text,
    Sender: text,
    SenderPN: text,
    sender_pn: text,
    sender_lid: text,
    Timestamp: moment,
    Name: wrapped(z.object({ Name: z.string() }), z.string()),
    Topic: wrapped(z.object({ Topic: text, TopicDeleted: maybeFlag }), z.string()),
    Locked: wrapped(z.object({ IsLocked: z.boolean() }), z.boolean()),
    Announce: wrapped(z.object({ IsAnnounce: z.boolean() }), z.boolean()),
    MembershipApprovalMode: wrapped(z.object({ IsJoinApprovalRequired: z.boolean() }), z.boolean()),
    Ephemeral: absent(z.object({ IsEphemeral: maybeFlag, DisappearingTimer: count })),
    Delete: wrapped(z.object({ Deleted: z.boolean() }), z.boolean()),
    NewInviteLink: text,
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
