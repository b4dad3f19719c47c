import { z } from 'zod'
import { type Address, addressKind } from '../../../core/address.ts'
import type { Answer, GroupInfo, GroupMember, GroupsClient } from '../../../core/gateway.ts'
import { formatJid, isPerson, parseJid, parseLoose, partyOf } from '../wire/address.ts'
import { flag, isObject, type Raw, word } from '../wire/fields.ts'
import { type Asking, given, listOf, refuse } from './asking.ts'
import { query } from './step.ts'

/** Up to 500 groups with all their members come in one answer. */
const LIST_TIMEOUT_MS = 45_000

const Participants = z.object({ name: word, participants: z.array(z.unknown()).nullable() })
const RawGroup = z.object({ JID: word, Name: word, Topic: word, IsLocked: flag, IsAnnounce: flag })
const Preview = z.object({
  group_id: word,
  name: word,
  topic: word,
  description: word,
  is_locked: flag,
  is_announce: flag,
})
const Member = z.object({
  jid: word,
  phone_number: word,
  lid: word,
  display_name: word,
  is_admin: flag,
  is_super_admin: flag,
})
/** The same in the spelling of Go, as raw groups have it. */
const RawMember = z
  .object({ JID: word, PhoneNumber: word, LID: word, DisplayName: word, IsAdmin: flag, IsSuperAdmin: flag })
  .transform((raw) => ({
    jid: raw.JID,
    phone_number: raw.PhoneNumber,
    lid: raw.LID,
    display_name: raw.DisplayName,
    is_admin: raw.IsAdmin,
    is_super_admin: raw.IsSuperAdmin,
  }))

function member(wire: z.output<typeof Member>): GroupMember | undefined {
  const names = [parseJid(wire.jid), parseJid(wire.phone_number), parseJid(wire.lid)]
  const party = partyOf(names, wire.display_name)
  return party && { ...party, admin: wire.is_admin === true || wire.is_super_admin === true }
}
const memberOf = (raw: unknown): GroupMember | undefined =>
  isObject(raw) ? member(Member.parse(raw)) : undefined
const rawMemberOf = (raw: unknown): GroupMember | undefined =>
  isObject(raw) ? member(RawMember.parse(raw)) : undefined

const settingsOf = (raw: z.output<typeof RawGroup>) => ({
  ...(raw.Topic !== undefined && { description: raw.Topic }),
  ...(raw.IsLocked !== undefined && { locked: raw.IsLocked }),
  ...(raw.IsAnnounce !== undefined && { announce: raw.IsAnnounce }),
})
function groupOf(raw: unknown): GroupInfo | undefined {
  if (!isObject(raw)) return undefined
  const wire = RawGroup.parse(raw)
  const address = parseJid(wire.JID)?.address
  if (address === undefined || addressKind(address) !== 'group') return undefined
  const members = Array.isArray(raw.Participants) ? raw.Participants : []
  return {
    address,
    name: wire.Name ?? '',
    ...settingsOf(wire),
    members: members.flatMap((one: unknown) => rawMemberOf(one) ?? []),
  }
}
const groupAddress = (text: string | undefined): Address | undefined => {
  const address = parseLoose(text)?.address
  return address && addressKind(address) === 'group' ? address : undefined
}
/** Some versions put the raw group below `data`. */
const RawGroupAnswer = z
  .record(z.string(), z.unknown())
  .transform((raw: Raw) => (isObject(raw.data) ? raw.data : raw))

export async function groupInfo({ ask }: Asking, group: Address): Promise<Answer<GroupInfo>> {
  const group_id = idOf(group)
  if (group_id === undefined) return NOT_A_GROUP
  const list = await ask({ path: `/group/participants${query({ group_id })}` }, Participants)
  if (!list.ok) return list
  // Description and settings stand only in the raw form, which may be refused to a plain member.
  const raw = await ask({ path: `/group/info${query({ group_id })}` }, RawGroupAnswer)
  const info = raw.ok ? RawGroup.parse(raw.value) : undefined
  return given({
    address: group,
    name: list.value.name ?? info?.Name ?? '',
    ...(info && settingsOf(info)),
    members: (list.value.participants ?? []).flatMap((one) => memberOf(one) ?? []),
  })
}

const NOT_A_GROUP = refuse('invalid', 'not a group')
const idOf = (group: Address): string | undefined =>
  addressKind(group) === 'group' ? formatJid(group) : undefined

export function groups(asking: Asking): GroupsClient {
  const { ask } = asking
  return {
    async list() {
      const list = await ask({ path: '/user/my/groups', timeoutMs: LIST_TIMEOUT_MS }, listOf)
      return list.ok ? given(list.value.flatMap((raw) => groupOf(raw) ?? [])) : list
    },
    async create(name, members) {
      const participants = members.flatMap((one) => (isPerson(one) ? (personOf(one) ?? []) : []))
      if (participants.length === 0 || participants.length < members.length)
        return refuse('invalid', 'a group needs members that GOWA knows how to name')
      const made = await ask(
        { method: 'POST', path: '/group', body: { title: name, participants }, once: true },
        z.object({ group_id: z.string() }),
      )
      if (!made.ok) return made
      const address = groupAddress(made.value.group_id)
      if (address === undefined) return refuse('gateway-bug', 'GOWA made a group and did not name it')
      const info = await groupInfo(asking, address)
      return info.ok ? info : given({ address, name, members: [] })
    },
    async inviteLink(group, reset) {
      const group_id = idOf(group)
      if (group_id === undefined) return NOT_A_GROUP
      const path = `/group/invite-link${query({ group_id, ...(reset && { reset: true }) })}`
      const answer = await ask({ path }, z.object({ invite_link: z.string().min(1) }))
      return answer.ok ? given(answer.value.invite_link) : answer
    },
    async preview(link) {
      const answer = await ask({ path: `/group/info-from-link${query({ link })}` }, Preview)
      if (!answer.ok) return answer
      const { name = '', is_locked, is_announce } = answer.value
      const description = answer.value.topic ?? answer.value.description
      const address = groupAddress(answer.value.group_id)
      if (address === undefined) return refuse('gateway-bug', 'GOWA showed a group and did not name it')
      return given({
        address,
        name,
        ...(description !== undefined && { description }),
        ...(is_locked !== undefined && { locked: is_locked }),
        ...(is_announce !== undefined && { announce: is_announce }),
      })
    },
    async join(link) {
      const answer = await ask(
        { method: 'POST', path: '/group/join-with-link', body: { link } },
        z.object({ group_id: z.string() }),
      )
      if (!answer.ok) return answer
      const address = groupAddress(answer.value.group_id)
      return address === undefined
        ? refuse('gateway-bug', 'GOWA joined a group and did not name it')
        : given(address)
    },
    async requests(group) {
      const group_id = idOf(group)
      if (group_id === undefined) return NOT_A_GROUP
      const list = await ask({ path: `/group/participant-requests${query({ group_id })}` }, listOf)
      return list.ok ? given(list.value.flatMap((raw) => memberOf(raw) ?? [])) : list
    },
  }
}

/** Digits, or the full form of a private id. */
const personOf = (one: Address): string | undefined => formatJid(one)?.replace('@s.whatsapp.net', '')
