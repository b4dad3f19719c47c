import { addressKind, chatKind } from '../../../core/address.ts'
import type { FactOf, GroupChange, Identity, InboundEvent, Party } from '../../../core/events.ts'
import { readParty, withoutDevice } from '../wire/address.ts'
import { groupChange, groupMessage, type WireGroupChange, type WireGroupMessage } from '../wire/groups.ts'
import { authorOfChange, emptyUnlessPerson, type Reader, type Reading } from './reading.ts'

type Change = FactOf<'membership'>['change']
type Common = Pick<InboundEvent, 'chat' | 'sender' | 'at' | 'author'>

/** `groups`: what changed about the group, then who came, left, rose and fell: all of one delivery. */
export const readGroups: Reader = (body, reading) => {
  const change = groupChange.safeParse(body).data
  if (change !== undefined) return changeEvents(change, reading)
  const found = groupMessage.safeParse(body.message).data
  const event = found && groupMessageEvent(found, reading)
  return event === undefined ? [] : [event]
}

function changeEvents({ type, event }: WireGroupChange, reading: Reading): InboundEvent[] {
  const joined = type === 'JoinedGroup'
  const chat = readGroup(event.JID, joined && typeof event.Name === 'string' ? event.Name : '')
  if (chat === undefined) return []
  const sender = readParty([event.SenderPN, event.sender_pn, event.sender_lid, event.Sender])
  const common: Common = {
    chat,
    ...(sender && { sender }),
    ...(event.Timestamp !== undefined && { at: event.Timestamp }),
    author: authorOfChange(sender, reading),
  }
  if (joined) return [ownJoin(common, reading)]
  return [...settingEvents(event, common, reading), ...memberEvents(event, common, reading)]
}

/** The delivery describes the group as it is; the news is that we are in it now. */
function ownJoin(common: Common, reading: Reading): InboundEvent {
  const self = reading.ownPhone ?? [...reading.own].find((one) => addressKind(one) === 'phone')
  const members = self ? [{ address: self, aliases: [] }] : []
  return {
    ...common,
    fact: { kind: 'membership', change: 'join', members, self: true },
    identity: reading.stateOf(),
  }
}

// ── what changed about the group ─────────────────────────────────────────────────────────────────────

function settingEvents(event: WireGroupChange['event'], common: Common, reading: Reading): InboundEvent[] {
  const change = readSettings(event)
  if (Object.keys(change).length === 0) return []
  const identity: Identity =
    event.Timestamp === undefined
      ? reading.stateOf()
      : { type: 'fact', parts: [event.JID, JSON.stringify(change), String(event.Timestamp)] }
  return [{ ...common, fact: { kind: 'group', ...change }, identity }]
}

function readSettings(event: WireGroupChange['event']): GroupChange {
  const { Name, Topic, Locked, Announce, MembershipApprovalMode, Ephemeral, Delete, NewInviteLink } = event
  const name = typeof Name === 'string' ? Name : Name?.Name
  const description = typeof Topic === 'string' ? Topic : Topic?.TopicDeleted ? '' : Topic?.Topic
  const locked = typeof Locked === 'boolean' ? Locked : Locked?.IsLocked
  const announce = typeof Announce === 'boolean' ? Announce : Announce?.IsAnnounce
  const approval =
    typeof MembershipApprovalMode === 'boolean'
      ? MembershipApprovalMode
      : MembershipApprovalMode?.IsJoinApprovalRequired
  const ephemeralSeconds = Ephemeral?.IsEphemeral === false ? 0 : Ephemeral?.DisappearingTimer
  const deleted = typeof Delete === 'boolean' ? Delete : Delete?.Deleted
  return {
    ...(name !== undefined && name !== '' && { name }),
    ...(description !== undefined && { description }),
    ...(locked !== undefined && { locked }),
    ...(announce !== undefined && { announce }),
    ...(approval !== undefined && { approval }),
    ...(ephemeralSeconds !== undefined && { ephemeralSeconds }),
    ...(NewInviteLink !== '' && { inviteLink: NewInviteLink }),
    ...(deleted && { deleted }),
  }
}

// ── members ──────────────────────────────────────────────────────────────────────────────────────────

/** One event per list that names somebody. */
function memberEvents(event: WireGroupChange['event'], common: Common, reading: Reading): InboundEvent[] {
  const lists: [Change, Party[]][] = [
    ['join', readMembers(event.Join, event.JoinLid)],
    ['leave', readMembers(event.Leave, event.LeaveLid)],
    ['promote', readMembers(event.Promote, [])],
    ['demote', readMembers(event.Demote, [])],
  ]
  return lists
    .filter(([, members]) => members.length > 0)
    .map(([change, members]) => ({
      ...common,
      fact: membership(change, members, reading),
      identity: membershipIdentity(event.JID, change, members, event.Timestamp, reading),
    }))
}

const CHANGES: ReadonlyMap<string, Change> = new Map([
  ['add', 'join'],
  ['join', 'join'],
  ['remove', 'leave'],
  ['leave', 'leave'],
  ['promote', 'promote'],
  ['demote', 'demote'],
])

function groupMessageEvent(wire: WireGroupMessage, reading: Reading): InboundEvent | undefined {
  const change = CHANGES.get(wire.type.toLowerCase())
  const chat = readGroup(wire.chatid, '')
  const members = readMembers(wire.participants, [])
  if (change === undefined || chat === undefined || members.length === 0) return undefined
  const sender = readParty([wire.sender_pn, wire.sender_lid, wire.sender].map(emptyUnlessPerson))
  return {
    fact: membership(change, members, reading),
    identity: membershipIdentity(wire.chatid, change, members, wire.messageTimestamp, reading),
    ...(wire.messageTimestamp !== undefined && { at: wire.messageTimestamp }),
    chat,
    ...(sender && { sender }),
    author: authorOfChange(sender, reading),
  }
}

function readGroup(spelling: string, name: string): Party | undefined {
  const chat = readParty([spelling], name)
  return chat !== undefined && chatKind(chat.address) === 'group' ? chat : undefined
}

/**
 * Phones are listed in one key and private ids in another, with nothing that says which belong together.
 * Only one of each is certainly one person; a wrong pair would merge two people for good.
 */
function readMembers(phones: readonly string[], privates: readonly string[]): Party[] {
  if (phones.length <= 1 && privates.length <= 1) {
    const one = readParty([...phones, ...privates].map(emptyUnlessPerson))
    return one ? [one] : []
  }
  const listed = phones.length > 0 ? phones : privates
  const members = listed
    .map((spelling) => readParty([emptyUnlessPerson(spelling)]))
    .filter((one) => one !== undefined)
  return [...new Map(members.map((member) => [member.address, member])).values()]
}

function membership(change: Change, members: Party[], { own }: Reading): FactOf<'membership'> {
  const moved = change === 'join' || change === 'leave'
  const self = moved && members.some((one) => [one.address, ...one.aliases].some((known) => own.has(known)))
  return { kind: 'membership', change, members, ...(self && { self }) }
}

/** Without a time the same people may join again tomorrow: then it is only as good as its bytes. */
function membershipIdentity(
  group: string,
  change: Change,
  members: readonly Party[],
  at: number | undefined,
  reading: Reading,
): Identity {
  if (at === undefined) return reading.stateOf(change)
  const names = members.map((member) => member.address).sort()
  return { type: 'fact', parts: [withoutDevice(group), change, names.join(','), String(at)] }
}
