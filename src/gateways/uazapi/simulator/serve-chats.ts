import type { Party } from '../../../core/events.ts'
import type { SimulatedChat, WireResponse } from '../../../simulator/port.ts'
import { fullForm, readAddress, readRecipient } from '../wire/address.ts'
import {
  answer,
  badPayload,
  choice,
  failure,
  type Json,
  list,
  newId,
  type Routes,
  recipient,
  remembered,
  type Served,
  secondsOf,
  whole,
  word,
} from './rest.ts'
import { spell } from './spell.ts'

/** `/chat/*`, contacts and labels. */
export const chatRoutes: Routes = {
  'POST /chat/archive': { run: (served) => set(served, 'archive', (archived) => ({ archived })) },
  'POST /chat/pin': { run: (served) => set(served, 'pin', (pinned) => ({ pinned })) },
  'POST /chat/block': { run: (served) => set(served, 'block', (blocked) => ({ blocked })) },
  'POST /chat/read': { run: (served) => set(served, 'read', (read) => ({ unread: read ? 0 : 1 })) },
  'POST /chat/mute': { run: mute },
  'POST /chat/ephemeral': { only: '2.1', run: ephemeral },
  'POST /chat/delete': { run: deleteChat },
  'POST /chat/labels': { run: labelChat },
  'POST /chat/notes/edit': { only: '2.1', run: notes },
  'POST /chat/editLead': { offline: true, run: editLead },
  'POST /chat/find': { offline: true, run: findChats },
  'POST /chat/check': { run: check },
  'POST /chat/details': { run: details },
  'GET /contacts': { run: contacts },
  'POST /contacts/list': { only: '2.1', run: contactPage },
  'GET /labels': { offline: true, run: labels },
  'POST /label/edit': { run: editLabel },
}

type Settings = Parameters<Served['world']['changeChat']>[1]
function set({ body, world }: Served, key: string, change: (on: boolean) => Settings): WireResponse {
  const to = recipient(body)
  const on = choice(body, key)
  if (to === undefined || on === undefined) return badPayload()
  world.changeChat(to, change(on))
  return answer(200, { response: 'Chat updated successfully' })
}

function mute({ body, world }: Served): WireResponse {
  const to = recipient(body)
  const hours = whole(body, 'muteEndTime', -2)
  if (to === undefined || ![0, 8, 168, -1].includes(hours)) return badPayload()
  world.changeChat(to, { mutedUntil: hours > 0 ? world.now() + hours * 3_600_000 : hours })
  return answer(200, { response: 'Chat mute updated successfully' })
}

function ephemeral(served: Served): WireResponse {
  const to = recipient(served.body)
  const label = word(served.body, 'duration')
  const seconds = secondsOf(served.body)
  if (to === undefined || seconds === undefined) return badPayload()
  remembered<Json>(served, 'ephemeral', {})[to] = seconds
  const chat = fullForm(to)
  return answer(200, {
    response: 'Ephemeral updated',
    chat,
    ephemeral: { enabled: seconds > 0, seconds, label },
  })
}

function deleteChat({ body, world }: Served): WireResponse {
  const to = recipient(body)
  if (to === undefined) return badPayload()
  const flags = ['deleteChatDB', 'deleteMessagesDB', 'deleteChatWhatsApp', 'clearChatWhatsApp']
  const actions = flags.filter((flag) => body[flag] === true)
  if (actions.length === 0) return answer(200, { response: 'Nothing to do', actions, errors: ['no action'] })
  world.deleteChat(to)
  return answer(200, { response: 'Chat deleted', actions, errors: [] })
}

function labelChat({ body, world }: Served): WireResponse {
  const to = recipient(body)
  const given = ['labelids', 'add_labelid', 'remove_labelid'].filter((key) => key in body)
  if (to === undefined || given.length !== 1) return failure(400, 'exactly one operation is needed')
  const before = world.chats().find(({ party }) => party.address === to)?.labels ?? []
  const added = word(body, 'add_labelid')
  const removed = word(body, 'remove_labelid')
  const after = 'labelids' in body ? list(body, 'labelids') : [...before.filter((id) => id !== removed)]
  if (added !== '' && !after.includes(added)) after.push(added)
  world.changeChat(to, { labels: after })
  return answer(200, { response: 'Labels updated' })
}

function notes(served: Served): WireResponse {
  const to = recipient(served.body)
  if (to === undefined) return badPayload()
  const wa_notes = word(served.body, 'notes')
  remembered<Json>(served, 'notes', {})[to] = wa_notes
  return answer(200, { chat: fullForm(to), wa_notes, source: 'api' })
}

/** The record is the chat's own; everything but `id` is written into it. */
function editLead(served: Served): WireResponse {
  const { id, ...fields } = served.body
  const to = typeof id === 'string' ? readAddress(id.slice(id.indexOf(':') + 1)) : undefined
  if (to === undefined) return badPayload()
  const chat = served.world.chats().find(({ party }) => party.address === to)
  if (!chat) return failure(404, 'chat not found')
  const leads = remembered<Record<string, Json>>(served, 'leads', {})
  leads[to] = { ...leads[to], ...fields }
  return answer(200, wireChat(served, chat))
}

function wireChat(served: Served, chat: SimulatedChat): Json {
  const { number } = served
  const { party, archived, pinned, mutedUntil, labels: ids, unread, blocked, lastMessageAt } = chat
  const { phone, private: hidden, name } = spell(party)
  const id = fullForm(party.address) ?? ''
  const group = id.endsWith('@g.us')
  return {
    id: `r${number.digits.padStart(14, '0').slice(-14)}`,
    wa_fastid: `${number.digits}:${id.split('@')[0]}`,
    wa_chatid: id,
    wa_chatlid: hidden,
    wa_archived: archived,
    wa_contactName: '',
    wa_name: name,
    name,
    image: '',
    imagePreview: '',
    wa_isBlocked: blocked,
    wa_isGroup: group,
    wa_isPinned: pinned,
    wa_label: served.line === '1.0' ? JSON.stringify(ids) : ids,
    wa_lastMsgTimestamp: lastMessageAt ?? 0,
    wa_muteEndTime: mutedUntil,
    wa_unreadCount: unread,
    owner: number.digits,
    phone: group || phone === '' ? '' : `+${phone.split('@')[0]}`,
    lead_tags: [],
    lead_isTicketOpen: false,
    chatbot_disableUntil: 0,
    ...remembered<Record<string, Json>>(served, 'leads', {})[party.address],
  }
}

function findChats(served: Served): WireResponse {
  const { body, line, world } = served
  const limit = whole(body, 'limit', 20)
  const offset = whole(body, 'offset', 0)
  const like = word(body, 'wa_name').replace(/^~/, '').toLowerCase()
  const all = world
    .chats()
    .filter(({ party }) => (party.name ?? '').toLowerCase().includes(like))
    .sort((a, b) => (b.lastMessageAt ?? 0) - (a.lastMessageAt ?? 0))
  const chats = all.slice(offset, offset + limit).map((chat) => wireChat(served, chat))
  const totalRecords = all.length
  const pagination =
    line === '1.0'
      ? {
          totalRecords,
          pageSize: limit,
          currentPage: Math.floor(offset / limit) + 1,
          totalPages: Math.ceil(totalRecords / limit),
          hasNextPage: offset + limit < totalRecords,
          hasPreviousPage: offset > 0,
        }
      : { totalRecords, limit, offset }
  return answer(200, { chats, totalChatsStats: {}, pagination })
}

function check({ body, world }: Served): WireResponse {
  const numbers = list(body, 'numbers')
  if (numbers.length === 0) return badPayload()
  const people = world.people()
  return answer(
    200,
    numbers.map((query) => {
      const to = readRecipient(query)
      const isInWhatsapp = to !== undefined && world.isOnWhatsApp(to)
      const known = people.find((one) => one.address === to)
      const { phone, private: hidden } = spell(known ?? (to && { address: to, aliases: [] }))
      return {
        query,
        jid: isInWhatsapp ? phone : '',
        lid: isInWhatsapp ? hidden : '',
        isInWhatsapp,
        verifiedName: '',
        groupName: '',
        error: '',
      }
    }),
  )
}

function details(served: Served): WireResponse {
  const to = recipient(served.body)
  if (to === undefined) return badPayload()
  const chat = served.world.chats().find(({ party }) => party.address === to)
  if (!chat) return failure(404, 'chat not found')
  const image = 'https://pps.whatsapp.example/picture.jpg'
  return answer(200, {
    ...wireChat(served, chat),
    common_groups: '',
    ...(to.startsWith('group:') ? {} : served.body.preview === true ? { imagePreview: image } : { image }),
  })
}

const wireContact = (party: Party): Json => ({
  jid: spell(party).phone || spell(party).private,
  contact_name: party.name ?? '',
  contact_FirstName: (party.name ?? '').split(' ')[0] ?? '',
})
function contacts({ world }: Served): WireResponse {
  return answer(200, world.people().map(wireContact))
}
function contactPage({ body, world }: Served): WireResponse {
  const limit = whole(body, 'limit', 100)
  const offset = whole(body, 'offset', 0)
  if (limit < 1 || limit > 1_000) return failure(400, 'limit must be between 1 and 1000')
  const all = world.people().map(wireContact)
  return answer(200, {
    contacts: all.slice(offset, offset + limit),
    totalDeviceContacts: all.length,
    pagination: { totalRecords: all.length, limit, offset },
  })
}

interface Kept {
  id: string
  name: string
  color: number
}
const keptLabels = (served: Served) => remembered<Record<string, Kept>>(served, 'labels', {})
function labels(served: Served): WireResponse {
  const { number, world } = served
  const created = new Date(world.now()).toISOString()
  return answer(
    200,
    Object.values(keptLabels(served)).map(({ id, name, color }) => ({
      id: `r${id.padStart(14, '0')}`,
      labelid: id,
      name,
      color,
      colorHex: '#ff9485',
      owner: number.digits,
      created,
      updated: created,
    })),
  )
}
function editLabel(served: Served): WireResponse {
  const { body } = served
  const kept = keptLabels(served)
  const given = word(body, 'labelid')
  const before = kept[given]
  if (given === '' || (given !== 'new' && !before)) return failure(404, 'label not found')
  const id = given === 'new' ? String(Number.parseInt(newId(served).slice(1), 16)) : given
  if (body.delete === true) delete kept[id]
  else {
    const name = word(body, 'name') || before?.name || ''
    kept[id] = { id, name, color: whole(body, 'color', before?.color ?? 0) }
  }
  return answer(200, { response: 'Label edited' })
}
