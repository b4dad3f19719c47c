import { z } from 'zod'
import { PRIVACY_VALUES } from '../../core/gateway.ts'
import { shownTime } from './common.ts'

/** What a number's gateway says of its groups, its directory and what it runs by itself: `/instances/:id/…`. */

const wholeList = <T extends z.ZodType>(item: T) => z.object({ data: z.array(item), next: z.null() })

/** Somebody as a gateway names them. */
export const party = z.object({
  address: z.string(),
  aliases: z.array(z.string()),
  name: z.string().optional(),
})

// --- groups -----------------------------------------------------------------------------------------

export const groupMember = z.object({
  address: z.string(),
  aliases: z.array(z.string()),
  name: z.string().optional(),
  admin: z.boolean(),
})
export const groupPreview = z.object({
  address: z.string(),
  name: z.string(),
  description: z.string().optional(),
  locked: z.boolean().optional(),
  announce: z.boolean().optional(),
})
export const groupInfo = groupPreview.extend({ members: z.array(groupMember) })
export const groupList = wholeList(groupInfo)
export const groupLink = z.object({ link: z.string() })
export const groupRequests = wholeList(groupMember)
export const joinedGroup = z.object({ group: z.string() })

// --- directory --------------------------------------------------------------------------------------

export const phoneChecks = wholeList(
  z.object({ query: z.string(), exists: z.boolean(), party: party.optional() }),
)
export const remoteChats = z.object({
  data: z.array(
    z.object({
      party,
      name: z.string().optional(),
      archived: z.boolean().optional(),
      pinned: z.boolean().optional(),
      mutedUntil: z.number().optional(),
      unread: z.number().optional(),
      labels: z.array(z.string()).optional(),
      lastMessageAt: shownTime.optional(),
    }),
  ),
  next: z.string().nullable(),
})
export const remoteContacts = z.object({ data: z.array(party), next: z.string().nullable() })
export const picture = z.object({ url: z.string().nullable() })
export const labelList = wholeList(
  z.object({ id: z.string(), name: z.string().optional(), color: z.number().optional() }),
)

// --- the number itself ------------------------------------------------------------------------------

export const privacy = z.record(z.string(), z.enum(PRIVACY_VALUES))
export const webhookErrors = wholeList(
  z.object({
    at: shownTime.optional(),
    url: z.string().optional(),
    event: z.string().optional(),
    status: z.number().optional(),
    attempts: z.number().optional(),
    error: z.string(),
  }),
)
export const queuedCommand = z.object({ id: z.string().meta({ description: 'Of the command' }) })

/** `credential` opens it, and is shown this once. */
export const madeAtServer = z.object({
  id: z.string(),
  name: z.string().optional(),
  state: z.string().optional(),
  phone: z.string().optional(),
  credential: z.string().optional(),
})

// --- what the gateway runs --------------------------------------------------------------------------

/** Fields are the gateway's own; secrets among them are left out. */
export const hostedList = wholeList(z.record(z.string(), z.unknown()))
export const hostedMade = z.object({ id: z.string() })
export const hostedCampaign = z.object({
  id: z.string(),
  info: z.string().optional(),
  state: z.string(),
  total: z.number().optional(),
  sent: z.number().optional(),
  failed: z.number().optional(),
})
export const hostedCampaigns = wholeList(hostedCampaign)
