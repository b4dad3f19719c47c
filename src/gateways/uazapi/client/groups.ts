import { z } from 'zod'
import { type Address, addressKind } from '../../../core/address.ts'
import type { Answer, GroupInfo, GroupMember, GroupsClient } from '../../../core/gateway.ts'
import { fullForm, numberForm, readParty } from '../wire/address.ts'
import { text } from '../wire/fields.ts'
import { type Asking, refuse } from './asking.ts'
import { SEND_TIMEOUT_MS } from './caller.ts'

const known = z.boolean().optional().catch(undefined)
const nobody = { JID: '', LID: '', PhoneNumber: '', DisplayName: '', IsAdmin: false, IsSuperAdmin: false }
const yes = z.boolean().catch(false)
/** The group as every path gives it: unset addresses are `""` (captured on 2.x). */
const groupBody = z.object({
  JID: text,
  Name: text,
  Topic: text,
  IsLocked: known,
  IsAnnounce: known,
  Participants: z
    .array(
      z
        .object({
          JID: text,
          LID: text,
          PhoneNumber: text,
          DisplayName: text,
          IsAdmin: yes,
          IsSuperAdmin: yes,
        })
        .catch(nobody),
    )
    .catch([]),
})

/** In groups that hide numbers `JID` is the private id and the phone stands in `PhoneNumber` (captured on 2.x). */
export function readGroup(body: unknown): GroupInfo | undefined {
  const read = groupBody.safeParse(body)
  if (!read.success) return undefined
  const { JID, Name, Topic, IsLocked, IsAnnounce, Participants } = read.data
  const address = readParty([JID])?.address
  if (address === undefined || addressKind(address) !== 'group') return undefined
  const members = Participants.flatMap((one): GroupMember[] => {
    const party = readParty([one.PhoneNumber, one.JID, one.LID], one.DisplayName)
    return party ? [{ ...party, admin: one.IsAdmin || one.IsSuperAdmin }] : []
  })
  return {
    address,
    name: Name,
    ...(Topic !== '' && { description: Topic }),
    members,
    ...(IsLocked !== undefined && { locked: IsLocked }),
    ...(IsAnnounce !== undefined && { announce: IsAnnounce }),
  }
}

const wrapped = z.object({ group: z.unknown() })
const listed = z.object({ groups: z.array(z.unknown()) })
const links = z.object({ invite_link: text, InviteLink: text, inviteLink: text, link: text })
const requested = z.object({ request_participants: text })

/** The code of an invite link: the link itself, or the code alone. */
const INVITE = /^(?:https?:\/\/chat\.whatsapp\.com\/(?:invite\/)?)?([A-Za-z0-9_-]{8,64})\/?(?:\?.*)?$/
const LINK_BASE = 'https://chat.whatsapp.com/'
const NO_LINK = refuse('invalid', 'This is no invite link of a group.')
const NO_GROUP = refuse('invalid', 'This is not the address of a group.')

function readLink(body: unknown): string | undefined {
  const read = links.safeParse(body)
  const found = read.success
    ? read.data.invite_link || read.data.InviteLink || read.data.inviteLink || read.data.link
    : ''
  const code = INVITE.exec(found)?.[1]
  return code === undefined ? undefined : LINK_BASE + code
}

/** What `/group/info` says; members included. */
export const groupInfo = ({ ask }: Asking, group: Address): Promise<Answer<GroupInfo>> =>
  ask({ method: 'POST', path: '/group/info', body: { groupjid: fullForm(group) }, about: 'group' }, readGroup)

export function groupsClient({ ask }: Asking): GroupsClient {
  const code = (link: string): string | undefined => INVITE.exec(link.trim())?.[1]
  return {
    list: () =>
      ask({ method: 'GET', path: '/group/list', about: 'group', timeoutMs: SEND_TIMEOUT_MS }, (body) => {
        const read = listed.safeParse(body)
        return read.success ? read.data.groups.flatMap((one) => readGroup(one) ?? []) : undefined
      }),

    async create(name, members) {
      const participants = members.map(numberForm).filter((one) => one !== undefined)
      if (participants.length === 0 || participants.length > 50) {
        return refuse('invalid', 'A group is made with 1 to 50 members.')
      }
      return ask(
        {
          method: 'POST',
          path: '/group/create',
          body: { name, participants },
          about: 'group',
          timeoutMs: SEND_TIMEOUT_MS,
          once: true,
        },
        readGroup,
      )
    },

    async inviteLink(group, reset) {
      const groupjid = fullForm(group)
      if (groupjid === undefined || addressKind(group) !== 'group') return NO_GROUP
      if (reset) {
        const path = '/group/resetInviteCode'
        return ask({ method: 'POST', path, body: { groupjid }, about: 'group' }, readLink)
      }
      const body = { groupjid, getInviteLink: true }
      // Only an admin is shown it, so that no link is an answer too.
      const info = await ask(
        { method: 'POST', path: '/group/info', body, about: 'group' },
        (answer) => readGroup(answer) && { link: readLink(answer) },
      )
      if (!info.ok) return info
      if (info.value.link !== undefined) return { ok: true, value: info.value.link }
      // The first documents of 1.0.0 had a path of its own.
      const path = `/group/invitelink/${encodeURIComponent(groupjid)}`
      const old = await ask({ method: 'GET', path, about: 'group', feature: 'group/invitelink' }, readLink)
      if (old.ok || old.code !== 'unsupported') return old
      return {
        ok: false,
        code: 'not-admin',
        reason: 'uazapi shows no link: our number is not an admin of the group.',
        retry: false,
      }
    },

    async preview(link) {
      const invitecode = code(link)
      if (invitecode === undefined) return NO_LINK
      const path = '/group/inviteInfo'
      return ask({ method: 'POST', path, body: { invitecode }, about: 'group' }, (body) => {
        const group = readGroup(body)
        if (!group) return undefined
        const { members: _, ...rest } = group
        return rest
      })
    },

    async join(link) {
      const invitecode = code(link)
      if (invitecode === undefined) return NO_LINK
      return ask(
        {
          method: 'POST',
          path: '/group/join',
          body: { invitecode },
          about: 'group',
          timeoutMs: SEND_TIMEOUT_MS,
        },
        (body) => readGroup(wrapped.safeParse(body).data?.group ?? body)?.address,
      )
    },

    async requests(group) {
      const groupjid = fullForm(group)
      if (groupjid === undefined || addressKind(group) !== 'group') return NO_GROUP
      // From the cache they would be those of the last time.
      const body = { groupjid, getRequestsParticipants: true, force: true }
      return ask({ method: 'POST', path: '/group/info', body, about: 'group' }, (answer) => {
        const read = requested.safeParse(answer)
        if (!read.success || !readGroup(answer)) return undefined
        return read.data.request_participants.split(',').flatMap((one) => {
          const party = readParty([one.trim()])
          return party ? [{ ...party, admin: false }] : []
        })
      })
    },
  }
}
