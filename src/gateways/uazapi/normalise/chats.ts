import { chatKind } from '../../../core/address.ts'
import type { InboundEvent, LeadValue, Party } from '../../../core/events.ts'
import { nameOfChat, readDetails, readLabel } from '../chat.ts'
import { readAddress, readParty } from '../wire/address.ts'
import { chat, label, leadTags, leadValue, type WireChat, type WireLabel } from '../wire/chat.ts'
import { bareId, isObject, listOf } from '../wire/fields.ts'
import { emptyUnlessPerson, type Reader, type Reading, unlessOwn } from './reading.ts'

/** `chats`: what uazapi says about a chat; and its CRM record, where it stands in it. */
export const readChats: Reader = ({ chat }, reading) => {
  const about = aboutChat(chat, reading)
  return about ? [...chatEvents(about, reading), ...leadEvents(about, reading)] : []
}

/** `chat_labels`: the same chat, told because its labels changed. Without them it says nothing. */
export const readChatLabels: Reader = ({ chat }, reading) => {
  const about = aboutChat(chat, reading)
  return about?.wire.wa_label ? chatEvents(about, reading) : []
}

/** `leads` (1.0.0; its body is assumed): the CRM record of a chat. */
export const readLeads: Reader = (body, reading) => {
  const about = aboutChat([body.chat, body.lead, body.event].find(isObject), reading)
  return about ? leadEvents(about, reading) : []
}

interface About {
  raw: Readonly<Record<string, unknown>>
  wire: WireChat
  party: Party
}
function aboutChat(raw: unknown, reading: Reading): About | undefined {
  const wire = isObject(raw) ? chat.safeParse(raw).data : undefined
  const party = wire && chatParty(wire, reading)
  return isObject(raw) && wire && party ? { raw, wire, party } : undefined
}

function chatEvents({ wire, party }: About, reading: Reading): InboundEvent[] {
  const details = readDetails(wire)
  if (Object.keys(details).length === 0) return []
  return [{ fact: { kind: 'chat', ...details }, identity: reading.stateOf(), chat: party, author: 'other' }]
}

function chatParty(wire: WireChat, reading: Reading): Party | undefined {
  const id = readAddress(wire.wa_chatid) === undefined ? fromFastId(wire) : wire.wa_chatid
  const kind = readAddress(id)
  const direct = kind === undefined || chatKind(kind) === 'direct'
  const other = direct ? unlessOwn([emptyUnlessPerson(wire.wa_chatlid)], reading) : []
  return readParty([id, ...other], nameOfChat(wire))
}
function fromFastId({ wa_fastid, wa_isGroup }: WireChat): string {
  const id = bareId(wa_fastid)
  return id === '' || id.includes('@') || !wa_isGroup ? id : `${id}@g.us`
}

/** Empty values stand too: a field that was cleared is news. */
function leadEvents({ raw, party }: About, reading: Reading): InboundEvent[] {
  const fields: Record<string, LeadValue> = {}
  for (const [key, value] of Object.entries(raw)) {
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
  const label = readLabel(wire)
  if (label === undefined) return []
  const change = wire.deleted || wire.delete ? 'deleted' : 'defined'
  return [{ fact: { kind: 'label', label, change }, identity: reading.stateOf(label.id), author: 'other' }]
}
