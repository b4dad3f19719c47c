import { type Address, addressKind, addressValue } from '../../../core/address.ts'
import type { ChatSetting, Command, GroupSetting } from '../../../core/commands.ts'
import { formatJid } from '../wire/address.ts'
import { type Failure, perMember, reject, succeeded, withMessageId } from './endings.ts'
import { dataFile, mediaStep } from './media.ts'
import { NEEDS } from './needs.ts'
import { segment } from './paths.ts'
import { Form, type Step } from './step.ts'

/** What to ask GOWA for a command, in order; or why it is not asked. */
export function plan(command: Command): Step[] | Failure {
  const phone = formatJid(command.to)
  if (phone === undefined) return reject('unsupported', 'GOWA cannot write to this kind of address')
  if (command.type === 'status' || addressKind(command.to) === 'status')
    return reject('unsupported', 'GOWA cannot post to the status')
  const steps = stepsOf(command, phone)
  return 'end' in steps || Array.isArray(steps) ? steps : [steps]
}

function stepsOf(command: Command, phone: string): Step | Step[] | Failure {
  switch (command.type) {
    case 'text':
      return textStep(command, phone)
    case 'media':
      return mediaStep(command, phone)
    case 'location': {
      if (command.name || command.address)
        return reject('unsupported', 'GOWA sends a location without name and address')
      const { latitude, longitude } = command
      return say('/send/location', { phone, latitude: String(latitude), longitude: String(longitude) })
    }
    case 'contact': {
      const [contact_phone, ...more] = command.phones
      if (contact_phone === undefined) return reject('invalid', 'a contact needs a number')
      if (more.length > 0 || command.organization)
        return reject('unsupported', 'GOWA sends a contact with one number and no organization')
      return say('/send/contact', { phone, contact_name: command.name, contact_phone })
    }
    case 'poll': {
      const { text: question, options, choices: max_answer } = command
      return say('/send/poll', { phone, question, options, max_answer })
    }
    case 'forward':
      return onMessage(command.target, 'forward', { phone }, { ...SAYS, need: NEEDS.forward })
    case 'edit':
      return onMessage(command.target, 'update', { phone, message: command.text }, SAYS)
    case 'react':
      return onMessage(command.target, 'reaction', { phone, emoji: command.emoji }, SAYS)
    case 'revoke':
      return onMessage(command.target, 'revoke', { phone }, SAYS)
    case 'delete-for-me':
      return onMessage(command.target, 'delete', { phone })
    case 'star':
      return onMessage(command.target, command.starred ? 'star' : 'unstar', { phone })
    case 'read': {
      const steps = command.targets.map((id) => onMessage(id, 'read', { phone }))
      const failure = steps.find((step) => 'end' in step)
      if (failure) return failure
      return steps.length > 0
        ? steps.filter((step) => 'path' in step)
        : reject('invalid', 'no message to read')
    }
    case 'remove-member':
      return memberStep('remove', command.members, phone)
    case 'members':
      return memberStep(command.change, command.members, phone)
    case 'group':
      return groupStep(command, phone)
    case 'leave-group':
      return act('/group/leave', { group_id: phone })
    case 'chat':
      return chatStep(command, phone)
    case 'reject-call':
      return { ...act('/call/reject', { caller_jid: phone, call_id: command.call }), need: NEEDS.rejectCall }
    case 'buttons':
    case 'list':
    case 'carousel':
    case 'pix':
    case 'payment':
    case 'pin':
    case 'lead':
    case 'status':
      return reject('unsupported', `GOWA cannot do this: ${command.type}`)
  }
}

const SAYS = { says: true, judge: withMessageId } as const
const act = (path: string, body: Step['body'] & object): Step => ({
  method: 'POST',
  path,
  body,
  judge: succeeded,
})
const say = (path: string, body: object): Step => ({ ...act(path, body), ...SAYS })

function onMessage(id: string, verb: string, body: object, how: Partial<Step> = {}): Step | Failure {
  const named = segment(id)
  if (named === undefined) return reject('invalid', 'not a message id')
  return { ...act(`/message/${named}/${verb}`, body), ...how }
}

/** GOWA makes a preview only of a link that stands alone in the last line: it puts it there itself. */
const LINK_LAST = /^(.*\S)\n(https?:\/\/\S+)$/s

function textStep(command: Extract<Command, { type: 'text' }>, phone: string): Step | Failure {
  const { text: message, linkPreview, replyTo: reply_message_id } = command
  if (typeof linkPreview === 'object') return reject('unsupported', 'GOWA makes the preview of a link itself')
  const mentions = mentioned(command.mentions)
  if (linkPreview && mentions === undefined && reply_message_id === undefined) {
    const [, caption, link] = LINK_LAST.exec(message) ?? []
    if (link !== undefined && URL.canParse(link)) return say('/send/link', { phone, link, caption })
  }
  const step = say('/send/message', { phone, message, reply_message_id, mentions })
  // Before 8.1.0 they are left out without a word.
  return mentions === undefined ? step : { ...step, need: { ...NEEDS.mentions, always: true } }
}

/** GOWA takes digits, or the full form of a private id. */
const person = (one: Address): string | undefined => {
  if (addressKind(one) === 'phone') return addressValue(one)
  return addressKind(one) === 'private' ? formatJid(one) : undefined
}
function mentioned(list: readonly Address[] | 'all' | undefined): string[] | undefined {
  if (list === 'all') return ['@everyone']
  return list?.length ? list.flatMap((one) => person(one) ?? []) : undefined
}

const MEMBER_PATHS = {
  add: '/group/participants',
  remove: '/group/participants/remove',
  promote: '/group/participants/promote',
  demote: '/group/participants/demote',
  approve: '/group/participant-requests/approve',
  reject: '/group/participant-requests/reject',
} as const

function memberStep(
  change: keyof typeof MEMBER_PATHS,
  members: readonly Address[],
  group_id: string,
): Step | Failure {
  const participants = members.flatMap((one) => person(one) ?? [])
  // One that is left out would look done.
  if (participants.length === 0 || participants.length < members.length)
    return reject('invalid', `no member that GOWA could ${change}`)
  return { ...act(MEMBER_PATHS[change], { group_id, participants }), judge: perMember(change) }
}

function groupStep(setting: GroupSetting, group_id: string): Step | Failure {
  switch (setting.set) {
    case 'name':
      return act('/group/name', { group_id, name: setting.name })
    case 'description':
      return act('/group/topic', { group_id, topic: setting.description })
    case 'locked':
      return act('/group/locked', { group_id, locked: setting.on })
    case 'announce':
      return act('/group/announce', { group_id, announce: setting.on })
    case 'picture': {
      if (setting.url === '') return act('/group/photo', new Form({ group_id }))
      const file = pictureFile(setting.url)
      return 'end' in file ? file : act('/group/photo', new Form({ group_id }, { ...file, field: 'photo' }))
    }
    case 'ephemeral':
      return ephemeral(group_id, setting.seconds)
    case 'approval':
      return reject('unsupported', 'GOWA cannot change who may join without approval')
  }
}

/** A picture as GOWA takes it: only as a file. */
export function pictureFile(url: string): { name: string; mime: string; bytes: Uint8Array } | Failure {
  if (!url.startsWith('data:'))
    return reject('unsupported', 'GOWA takes this picture as a file only: give it as a data: URL')
  const file = dataFile(url)
  if (!file) return reject('invalid', 'the data: URL is not base64 of at most 16 MiB')
  return { name: file.mime === 'image/png' ? 'picture.png' : 'picture.jpg', ...file }
}

function chatStep(setting: ChatSetting, phone: string): Step | Failure {
  const path = (verb: string) => `/chat/${encodeURIComponent(phone)}/${verb}`
  switch (setting.set) {
    case 'pinned':
      return act(path('pin'), { pinned: setting.on })
    case 'archived':
      return { ...act(path('archive'), { archived: setting.on }), need: NEEDS.archive }
    case 'ephemeral':
      return ephemeral(phone, setting.seconds)
    case 'blocked':
    case 'read':
    case 'muted':
    case 'labels':
    case 'label':
    case 'notes':
    case 'deleted':
      return reject('unsupported', `GOWA cannot change this of a chat: ${setting.set}`)
  }
}

const TIMERS = [0, 86_400, 604_800, 7_776_000]
function ephemeral(phone: string, timer_seconds: number): Step | Failure {
  if (!TIMERS.includes(timer_seconds))
    return reject('invalid', `WhatsApp knows these times only, in seconds: ${TIMERS.join(', ')}`)
  const step = act(`/chat/${encodeURIComponent(phone)}/disappearing`, { timer_seconds })
  return { ...step, need: NEEDS.ephemeral }
}
