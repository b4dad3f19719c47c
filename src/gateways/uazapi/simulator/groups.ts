import type { GroupChange } from '../../../core/events.ts'
import type { Happening, SimulatedNumber } from '../../../simulator/port.ts'
import { chatAddress, type Json, ownParty, spell } from './spell.ts'

type Membership = Extract<Happening['fact'], { kind: 'membership' }>

export function wireMembership(
  { chat, sender, at }: Happening,
  number: SimulatedNumber,
  fact: Membership,
): Json {
  const by = spell(sender)
  const group = chatAddress(chat)
  if (fact.self && fact.change === 'join') {
    const event = {
      Reason: '',
      Type: 'new',
      CreateKey: '',
      Sender: by.private || null,
      SenderPN: by.phone || null,
    }
    const about = {
      JID: group,
      Name: chat?.name ?? '',
      Topic: '',
      Participants: [{ JID: spell(ownParty(number)).phone }],
    }
    return { type: 'JoinedGroup', event: { ...event, Notify: '', ...about } }
  }
  const members = fact.members.map(spell)
  const phones = members.map((one) => one.phone).filter((one) => one !== '')
  const privates = members.map((one) => one.private).filter((one) => one !== '')
  const listed = phones.length > 0 ? phones : privates
  const only = (change: Membership['change']) => (fact.change === change ? listed : null)
  return wireChange({ sender, at }, group, {
    Join: only('join'),
    Leave: only('leave'),
    Promote: only('promote'),
    Demote: only('demote'),
    ...(fact.change === 'join' && privates.length > 0 && { JoinLid: privates }),
    ...(fact.change === 'leave' && privates.length > 0 && { LeaveLid: privates }),
  })
}

/** A `Group` event with every key of the captures; what did not change is null. */
function wireChange({ sender, at }: Pick<Happening, 'sender' | 'at'>, group: string, changed: Json): Json {
  const by = spell(sender)
  return {
    type: 'Group',
    event: {
      JID: group,
      Notify: '',
      Sender: by.private || by.phone || null,
      SenderPN: by.phone || null,
      Timestamp: new Date(at).toISOString(),
      Name: null,
      Topic: null,
      Locked: null,
      Announce: null,
      Ephemeral: null,
      MembershipApprovalMode: null,
      Delete: null,
      Link: null,
      Unlink: null,
      NewInviteLink: null,
      PrevParticipantVersionID: '',
      ParticipantVersionID: '',
      JoinReason: '',
      Suspended: false,
      Unsuspended: false,
      UnknownChanges: null,
      Join: null,
      Leave: null,
      Promote: null,
      Demote: null,
      ...changed,
      ...(sender !== undefined && { sender_pn: by.phone, sender_lid: by.private }),
    },
  }
}

/** What changed about a group, each in the structure that holds it. */
export function wireSettings({ chat, sender, at }: Happening, fact: GroupChange): Json {
  const when = new Date(at).toISOString()
  const { name, description, locked, announce, approval, ephemeralSeconds, inviteLink, deleted } = fact
  return wireChange({ sender, at }, chatAddress(chat), {
    ...(name !== undefined && { Name: { Name: name, NameSetAt: when } }),
    ...(description !== undefined && {
      Topic: { Topic: description, TopicSetAt: when, TopicDeleted: description === '' },
    }),
    ...(locked !== undefined && { Locked: { IsLocked: locked } }),
    ...(announce !== undefined && { Announce: { IsAnnounce: announce, AnnounceVersionID: '' } }),
    ...(approval !== undefined && { MembershipApprovalMode: { IsJoinApprovalRequired: approval } }),
    ...(ephemeralSeconds !== undefined && {
      Ephemeral: { IsEphemeral: ephemeralSeconds > 0, DisappearingTimer: ephemeralSeconds },
    }),
    ...(inviteLink !== undefined && { NewInviteLink: inviteLink }),
    ...(deleted && { Delete: { Deleted: true, DeleteReason: '' } }),
  })
}

const SEED_CHANGES = { join: 'add', leave: 'remove', promote: 'promote', demote: 'demote' } as const
export const seedMembership = ({ chat, sender, at }: Happening, fact: Membership): Json => ({
  type: SEED_CHANGES[fact.change],
  chatid: chatAddress(chat),
  participants: fact.members.map((one) => spell(one).phone || spell(one).private),
  ...(sender && { sender: spell(sender).phone || spell(sender).private }),
  messageTimestamp: at,
})
