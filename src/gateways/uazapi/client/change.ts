import { addressKind, chatKind } from '../../../core/address.ts'
import type { ChatSetting, Command, GroupSetting, SendResult } from '../../../core/commands.ts'
import { fullForm, numberForm } from '../wire/address.ts'
import type { Json } from './caller.ts'
import { type About, rejected } from './endings.ts'
import { fileForm } from './files.ts'
import { leadBody } from './lead.ts'
import type { Feature } from './line.ts'
import { carriedOut, chatDeleted, membersChanged, readMarked, type Success } from './success.ts'

/** One request that changes something, and what its success means. */
export interface Change {
  path: string
  body: Json
  about: About
  feature?: Feature
  success: Success
}
type Changing<T extends Command['type']> = Extract<Command, { type: T }>

const NO_GROUP = rejected('invalid', 'This can be done in a group only.')
const NAMELESS = rejected('unsupported', 'uazapi has no name for one of these members.')
const BAD_PICTURE = rejected('invalid', 'The picture is no http(s) address and no base64 data, or too large.')
const BAD_DURATION = rejected('invalid', 'Messages can vanish after 0 (never), 86400, 604800 or 7776000 s.')

const change = (path: string, body: Json, about: About, feature?: Feature): Change => ({
  path,
  body,
  about,
  success: carriedOut,
  ...(feature && { feature }),
})

/** Something done to a message. uazapi finds it by its id alone, except for a reaction. */
export function changeMessage(
  command: Changing<'edit' | 'react' | 'revoke' | 'read' | 'pin'>,
  number: string,
): Change {
  const about = 'message-action'
  switch (command.type) {
    case 'edit':
      return change('/message/edit', { id: command.target, text: command.text }, about)
    case 'react':
      return change('/message/react', { number, text: command.emoji, id: command.target }, about)
    case 'revoke':
      return change('/message/delete', { id: command.target }, about)
    case 'read':
      return { path: '/message/markread', body: { id: command.targets }, about, success: readMarked }
    case 'pin': {
      const { target: id, pinned: pin, days } = command
      const body = { id, pin, ...(pin && days !== undefined && { duration: days }) }
      return change('/message/pin', body, about, 'message/pin')
    }
  }
}

export function changeMembers(
  command: Changing<'members' | 'remove-member'>,
  groupjid: string,
): Change | SendResult {
  if (addressKind(command.to) !== 'group') return NO_GROUP
  const action = command.type === 'remove-member' ? 'remove' : command.change
  const participants = command.members.map(numberForm).filter((one) => one !== undefined)
  // One that is left out would look done.
  if (participants.length === 0 || participants.length < command.members.length) return NAMELESS
  const body = { groupjid, action, participants }
  return { path: '/group/updateParticipants', body, about: 'group', success: membersChanged(action) }
}

export function leaveGroup(command: Changing<'leave-group'>, groupjid: string): Change | SendResult {
  if (addressKind(command.to) !== 'group') return NO_GROUP
  return change('/group/leave', { groupjid }, 'group')
}

/** How long messages stay (s) → uazapi's word. */
const DURATIONS: ReadonlyMap<number, string> = new Map([
  [0, 'off'],
  [86_400, '1d'],
  [604_800, '7d'],
  [7_776_000, '90d'],
])

export function changeGroup(command: Changing<'group'>, groupjid: string): Change | SendResult {
  if (addressKind(command.to) !== 'group') return NO_GROUP
  return groupChange(command, groupjid)
}
function groupChange(setting: GroupSetting, groupjid: string): Change | SendResult {
  const group = (path: string, body: Json, feature?: Feature) =>
    change(path, { groupjid, ...body }, 'group', feature)
  switch (setting.set) {
    case 'name':
      return group('/group/updateName', { name: setting.name })
    case 'description':
      return group('/group/updateDescription', { description: setting.description })
    case 'picture': {
      const image = pictureForm(setting.url)
      return image === undefined ? BAD_PICTURE : group('/group/updateImage', { image })
    }
    case 'locked':
      return group('/group/updateLocked', { locked: setting.on })
    case 'announce':
      return group('/group/updateAnnounce', { announce: setting.on })
    case 'approval': {
      const path = '/group/updateJoinApproval'
      return group(path, { IsJoinApprovalRequired: setting.on }, 'group/updateJoinApproval')
    }
    case 'ephemeral': {
      const duration = DURATIONS.get(setting.seconds)
      if (duration === undefined) return BAD_DURATION
      return group('/group/ephemeral', { duration }, 'group/ephemeral')
    }
  }
}

/** A picture as uazapi takes it; `''` removes it. Undefined when it is none. */
export const pictureForm = (url: string): string | undefined => (url === '' ? 'remove' : fileForm(url)?.file)

export function changeChat(command: Changing<'chat'>, number: string): Change | SendResult {
  if (command.set === 'ephemeral' && chatKind(command.to) === 'group') {
    return groupChange({ set: 'ephemeral', seconds: command.seconds }, number)
  }
  return chatChange(command, number)
}

/** The only times (hours) `/chat/mute` takes. */
const MUTES: readonly number[] = [0, 8, 168, -1]

function chatChange(setting: ChatSetting, number: string): Change | SendResult {
  const chat = (path: string, body: Json, feature?: Feature) =>
    change(path, { number, ...body }, 'chat', feature)
  switch (setting.set) {
    case 'archived':
      return chat('/chat/archive', { archive: setting.on })
    case 'pinned':
      return chat('/chat/pin', { pin: setting.on })
    case 'blocked':
      return chat('/chat/block', { block: setting.on })
    case 'read':
      return chat('/chat/read', { read: setting.on })
    case 'muted':
      if (!MUTES.includes(setting.hours)) {
        return rejected('invalid', 'A chat can be muted for 8 or 168 hours, for ever (-1) or not at all (0).')
      }
      return chat('/chat/mute', { muteEndTime: setting.hours })
    case 'ephemeral': {
      const duration = DURATIONS.get(setting.seconds)
      return duration === undefined ? BAD_DURATION : chat('/chat/ephemeral', { duration }, 'chat/ephemeral')
    }
    case 'labels':
      return chat('/chat/labels', { labelids: setting.labels })
    case 'label':
      return chat('/chat/labels', {
        [setting.on ? 'add_labelid' : 'remove_labelid']: setting.label,
      })
    case 'notes':
      return chat('/chat/notes/edit', { notes: setting.notes }, 'chat/notes')
    case 'deleted': {
      const all = !setting.messages
      const body = {
        deleteChatDB: all,
        deleteMessagesDB: true,
        deleteChatWhatsApp: all,
        clearChatWhatsApp: !all,
      }
      return { ...chat('/chat/delete', body), success: chatDeleted }
    }
  }
}

export const rejectCall = (command: Changing<'reject-call'>, number: string): Change =>
  change('/call/reject', { number, id: command.call }, 'call')

/** The record is found by the full name of its chat. */
export function changeLead(command: Changing<'lead'>): Change | SendResult {
  const body = leadBody(command.fields)
  const id = fullForm(command.to)
  if (typeof body === 'string') return rejected('invalid', body)
  if (id === undefined) return rejected('unsupported', 'uazapi has no record of this kind of address.')
  return change('/chat/editLead', { ...body, id }, 'chat')
}
