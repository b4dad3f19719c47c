import { chatKind } from '../../../core/address.ts'
import type { ChatDetails, InboundEvent, LeadValue, Party } from '../../../core/events.ts'
import { readAddress, readParty } from '../wire/address.ts'
import { chat, label, leadTags, leadValue, type WireChat, type WireLabel } from '../wire/chat.ts'
import { bareId, isObject, listOf } from '../wire/fields.ts'
import { emptyUnlessPerson, type Reader, type Reading, unlessOwn } from './reading.ts'

/** `chats`: what uazapi says about a chat; and its CRM record, where it stands in it. */
export const readChats: Reader = (body, reading) => [
  ...chatEvents(body.chat, reading),
  ...leadEvents(body.chat, reading),
]

/** `chat_labels`: the same chat, told because its labels changed. Without them it says nothing. */
export const readChatLabels: Reader = ({ chat }, reading) =>
  isObject(chat) && 'wa_label' in chat
    ? chatEvents(chat, reading).filter(({ fact }) => fact.kind === 'chat' && fact.labels !== undefined)
    : []

/** `leads` (1.0.0; its body is assumed): the CRM record of a chat. */
export const readLeads: Reader = (body, reading) =>
  leadEvents([body.chat, body.lead, body.event].find(isObject), reading)

function chatEvents(body: unknown, reading: Reading): InboundEvent[] {
  const wire = chat.safeParse(body).data
  const party = wire && chatParty(wire, reading)
  if (wire === undefined || party === undefined) return []
  const details = readDetails(wire)
  if (Object.keys(details).length === 0) return []
  return [{ fact: { kind: 'chat', ...details }, identity: reading.stateOf(), chat: party, author: 'other' }]
}

function readDetails(wire: WireChat): ChatDetails {
  const name = nameOf(wire)
  const { wa_archived, wa_isPinned, wa_muteEndTime, wa_unreadCount, wa_label } = wire
  return {
    ...(name !== '' && { name }),
    ...(wa_archived !== undefined && { archived: wa_archived }),
    ...(wa_isPinned !== undefined && { pinned: wa_isPinned }),
    ...(wa_muteEndTime !== undefined && { mutedUntil: wa_muteEndTime }),
    ...(wa_unreadCount !== undefined && { unread: wa_unreadCount }),
    ...(wa_label !== undefined && { labels: wa_label.map(bareId).filter((id) => id !== '') }),
  }
}
const nameOf = ({ wa_contactName, wa_name, name }: WireChat): string => wa_contactName || wa_name || name

function chatParty(wire: WireChat, reading: Reading): Party | undefined {
  const id = readAddress(wire.wa_chatid) === undefined ? fromFastId(wire) : wire.wa_chatid
  const kind = readAddress(id)
  const direct = kind === undefined || chatKind(kind) === 'direct'
  const other = direct ? unlessOwn([emptyUnlessPerson(wire.wa_chatlid)], reading) : []
  return readParty([id, ...other], nameOf(wire))
}
function fromFastId({ wa_fastid, wa_isGroup }: WireChat): string {
  const id = bareId(wa_fastid)
  return id === '' || id.includes('@') || !wa_isGroup ? id : `${id}@g.us`
}

/** Empty values stand too: a field that was cleared is news. */
function leadEvents(body: unknown, reading: Reading): InboundEvent[] {
  const wire = chat.safeParse(body).data
  const party = wire && chatParty(wire, reading)
  if (wire === undefined || party === undefined || !isObject(body)) return []
  const fields: Record<string, LeadValue> = {}
  for (const [key, value] of Object.entries(body)) {
    if (!key.startsWith('lead_') && key !== 'chatbot_disableUntil') continue
    const read = (key === 'lead_tags' ? leadTags : leadValue).safeParse(value)
    if (read.success) fields[key] = read.data
  }
  if (!Object.keys(fields).some((key) => key.startsWith('lead_'))) return []
  return [{ fact: { kind: 'lead', fields }, identity: reading.stateOf(), chat: party, author: 'other' }]
}

const labelList = listOf(label)
/** `labels`: one fact per label, in their order. */
export const readLabels: Reader = (body, reading) => {
  const listed = Array.isArray(body.labels) ? body.labels : [body.label]
  const events = labelList.parse(listed).flatMap((wire) => labelEvent(wire, reading))
  return events.length === listed.length ? events : []
}

function labelEvent(wire: WireLabel, reading: Reading): InboundEvent[] {
  const id = wire.labelid || bareId(wire.id)
  if (id === '') return []
  const { name, color } = wire
  return [
    {
      fact: {
        kind: 'label',
        label: { id, ...(name !== '' && { name }), ...(color !== undefined && { color }) },
        change: wire.deleted || wire.delete ? 'deleted' : 'defined',
      },
      identity: reading.stateOf(id),
      author: 'other',
    },
  ]
}
