import type { Address } from '../../../core/address.ts'
import type { GroupChange } from '../../../core/events.ts'
import type { SimulatedGroup, WireResponse } from '../../../simulator/port.ts'
import { fullForm, readRecipient } from '../wire/address.ts'
import {
  answer,
  badPayload,
  choice,
  failure,
  groupOf,
  type Json,
  list,
  type Routes,
  type Served,
  secondsOf,
  word,
} from './rest.ts'
import { spell } from './spell.ts'

/** `/group/*`. */
export const groupRoutes: Routes = {
  'POST /group/info': { run: info },
  'GET /group/list': { run: all },
  'POST /group/create': { run: create },
  'POST /group/updateParticipants': { run: updateParticipants },
  'POST /group/inviteInfo': { run: inviteInfo },
  'POST /group/join': { run: join },
  'POST /group/leave': { run: leave },
  'POST /group/resetInviteCode': { run: resetInviteCode },
  'GET /group/invitelink/:last': { only: '1.0', run: oldInviteLink },
  'POST /group/updateName': { run: (served) => change(served, textOf('name', 'name', 25)) },
  'POST /group/updateDescription': {
    run: (served) => change(served, textOf('description', 'description', 512)),
  },
  'POST /group/updateImage': {
    run: (served) =>
      change(served, ({ image }) =>
        typeof image === 'string' && image !== '' ? { picture: image === 'remove' ? '' : image } : undefined,
      ),
  },
  'POST /group/updateLocked': { run: (served) => change(served, flagOf('locked', 'locked')) },
  'POST /group/updateAnnounce': { run: (served) => change(served, flagOf('announce', 'announce')) },
  'POST /group/updateJoinApproval': {
    only: '2.1',
    run: (served) => change(served, flagOf('IsJoinApprovalRequired', 'approval')),
  },
  'POST /group/ephemeral': {
    only: '2.1',
    run: (served) =>
      change(served, (body) => {
        const ephemeralSeconds = secondsOf(body)
        return ephemeralSeconds === undefined ? undefined : { ephemeralSeconds }
      }),
  },
}

const NOT_FOUND = 'group not found'
const LINK_BASE = 'https://chat.whatsapp.com/'

type Change = GroupChange & { picture?: string }
type Read = (body: Json) => Change | undefined
const textOf =
  (key: string, field: 'name' | 'description', most: number): Read =>
  (body) => {
    const text = body[key]
    return typeof text === 'string' && text.length <= most ? { [field]: text } : undefined
  }
const flagOf =
  (key: string, field: 'locked' | 'announce' | 'approval'): Read =>
  (body) => {
    const on = choice(body, key)
    return on === undefined ? undefined : { [field]: on }
  }

function change(served: Served, read: Read): WireResponse {
  const at = groupOf(served)
  const what = read(served.body)
  if (at === undefined || what === undefined) return badPayload()
  if (!served.world.group(at)) return failure(404, NOT_FOUND)
  if (!served.world.changeGroup(at, what)) return failure(403, 'not admin')
  return updated(served, at, 'Group updated successfully')
}
function updated({ world }: Served, at: Address, response: string): WireResponse {
  const group = world.group(at)
  return answer(200, { response, group: group && wireGroup(group), needs_refresh: false })
}

function info(served: Served): WireResponse {
  const at = groupOf(served)
  if (at === undefined) return badPayload()
  const { body, world } = served
  const group = world.group(at)
  if (!group) return failure(404, NOT_FOUND)
  const link = body.getInviteLink === true && served.line === '2.1' ? linkOf(served, at) : ''
  const asked = body.getRequestsParticipants === true ? world.joinRequests(at) : []
  return answer(200, {
    ...wireGroup(group),
    invite_link: link,
    request_participants: asked.map((one) => spell(one).phone || spell(one).private).join(','),
  })
}
/** Only an admin is shown it. */
function linkOf({ world }: Served, at: Address, reset = false): string {
  const link = world.inviteLink(at, reset)
  if (link === undefined) return ''
  return link.startsWith(LINK_BASE) ? link : LINK_BASE + link
}

function all({ world }: Served): WireResponse {
  return answer(200, { groups: world.groups().map(wireGroup) })
}

function create({ body, world }: Served): WireResponse {
  const name = word(body, 'name')
  const members = list(body, 'participants').flatMap((one) => readRecipient(one) ?? [])
  if (name === '' || name.length > 100 || members.length < 1 || members.length > 50) return badPayload()
  return answer(200, wireGroup(world.createGroup(name, members)))
}

const CHANGES = ['add', 'remove', 'promote', 'demote', 'approve', 'reject'] as const
const CODES = { done: 0, 'not-a-member': 404, 'not-on-whatsapp': 404, 'not-admin': 403 } as const

function updateParticipants(served: Served): WireResponse {
  const { body, world } = served
  const at = groupOf(served)
  const members = list(body, 'participants').flatMap((one) => readRecipient(one) ?? [])
  const action = CHANGES.find((one) => one === word(body, 'action'))
  if (!at || !action || members.length === 0) return badPayload()
  const outcomes = world.changeMembers(at, action, members)
  if (outcomes.length > 0 && outcomes.every((one) => one === 'not-admin')) return failure(403, 'not admin')
  const groupUpdated = members.map((member, index) => ({
    JID: fullForm(member),
    Error: CODES[outcomes[index] ?? 'not-a-member'],
  }))
  const group = world.group(at)
  return answer(200, { groupUpdated, group: group && wireGroup(group), needs_refresh: false })
}

const codeOf = ({ body, line }: Served): string => word(body, line === '1.0' ? 'inviteCode' : 'invitecode')
/** The world knows its links in full or by code; both are tried. */
const byLink = <T>(code: string, look: (link: string) => T | undefined): T | undefined =>
  look(code) ?? look(LINK_BASE + code.replace(LINK_BASE, ''))

function inviteInfo(served: Served): WireResponse {
  const code = codeOf(served)
  if (code === '') return badPayload()
  const group = byLink(code, served.world.groupByLink)
  return group ? answer(200, { ...wireGroup(group), Participants: [] }) : failure(404, 'group not found')
}
function join(served: Served): WireResponse {
  const code = codeOf(served)
  if (code === '') return badPayload()
  const at = byLink(code, served.world.joinByLink)
  return at ? updated(served, at, 'Group joined successfully') : failure(404, NOT_FOUND)
}
function leave(served: Served): WireResponse {
  const at = groupOf(served)
  if (at === undefined) return badPayload()
  if (!served.world.leaveGroup(at)) return failure(404, NOT_FOUND)
  return answer(200, { response: 'Group left successfully' })
}
function resetInviteCode(served: Served): WireResponse {
  const at = groupOf(served)
  if (at === undefined) return badPayload()
  const group = served.world.group(at)
  if (!group) return failure(404, NOT_FOUND)
  const InviteLink = linkOf(served, at, true)
  if (InviteLink === '') return failure(403, 'not admin')
  return answer(200, { InviteLink, group: wireGroup(group), needs_refresh: false })
}
function oldInviteLink(served: Served): WireResponse {
  const at = readRecipient(served.last)
  if (at === undefined || !served.world.group(at)) return failure(404, NOT_FOUND)
  const inviteLink = linkOf(served, at)
  return inviteLink === '' ? failure(403, 'not admin') : answer(200, { inviteLink })
}

const UNSET = '0001-01-01T00:00:00Z'
function wireGroup(group: SimulatedGroup): Json {
  return {
    JID: fullForm(group.address),
    OwnerJID: '',
    OwnerPN: '',
    Name: group.name,
    NameSetAt: UNSET,
    Topic: group.description ?? '',
    TopicSetAt: UNSET,
    IsLocked: group.locked ?? false,
    IsAnnounce: group.announce ?? false,
    IsJoinApprovalRequired: group.approval ?? false,
    GroupCreated: UNSET,
    ParticipantCount: group.members.length,
    AddressingMode: 'pn',
    OwnerIsAdmin: group.admin,
    Participants: group.members.map((member) => {
      const { phone, private: hidden, name } = spell(member)
      return {
        JID: phone || hidden,
        LID: hidden,
        PhoneNumber: phone,
        IsAdmin: member.admin,
        IsSuperAdmin: false,
        DisplayName: name,
        Error: 0,
        AddRequest: null,
      }
    }),
  }
}
