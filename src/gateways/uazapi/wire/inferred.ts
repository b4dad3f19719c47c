import { z } from 'zod'
import { decisiveFlag, listOf, moment, text } from './fields.ts'

/**
 * Events nobody has published a capture of. `messages_update` and `groups` serialise the event of the
 * library uazapi is built on under `event`, with its name in `type`: these are read the same way where they
 * fit, and are `unknown` where they do not.
 */
export const chatPresence = z.object({
  event: z.object({
    Chat: text,
    Sender: text,
    sender_pn: text,
    sender_lid: text,
    IsFromMe: decisiveFlag,
    State: z.string().toLowerCase(),
    Media: z.string().toLowerCase().catch(''),
  }),
})
export const personPresence = z.object({
  event: z.object({ From: z.string(), Unavailable: z.boolean(), LastSeen: moment }),
})

export const call = z.object({
  type: z.string(),
  event: z.object({
    CallID: z.string().min(1).max(200),
    From: text,
    CallCreator: text,
    CallCreatorAlt: text,
    GroupJID: text,
    Timestamp: moment,
    Media: text,
  }),
})
export type WireCall = z.infer<typeof call>

/** An entry of the address book as it changed; or, as `/contacts` answers it, one or several entries. */
export const contactChange = z.object({
  type: z.literal('Contact'),
  event: z.object({
    JID: text,
    Timestamp: moment,
    Action: z.object({ fullName: text, firstName: text, lidJID: text }),
  }),
})
export const contactEntry = z.object({ jid: z.string(), contact_name: text, contact_FirstName: text })

export const blocklist = z.object({
  event: z.object({
    Changes: listOf(z.object({ JID: z.string(), Action: z.enum(['block', 'unblock']) })),
  }),
})

const channelName = z.object({ name: z.object({ text }).catch({ text: '' }) }).catch({ name: { text: '' } })
export const channelChange = z.object({
  type: z.string(),
  event: z.object({
    id: text,
    JID: text,
    Time: moment,
    mute: text,
    thread_metadata: channelName,
    Messages: listOf(
      z.object({ MessageID: text, Type: text, Timestamp: moment, ViewsCount: z.number().min(0).catch(0) }),
    ),
  }),
})
export type WireChannelChange = z.infer<typeof channelChange>
