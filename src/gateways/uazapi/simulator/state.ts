import type { FactOf, Label } from '../../../core/events.ts'
import type { Happening, SimulatedNumber } from '../../../simulator/port.ts'
import { chatAddress, type Json, ownParty, spell } from './spell.ts'

/** What is told about the number, a chat or somebody rather than of a message or group. */

type Connection = Extract<Happening['fact'], { kind: 'connection' }>
export function wireConnection(
  { at }: Happening,
  number: SimulatedNumber,
  { state, reason }: Connection,
): Json {
  const down = state === 'disconnected' || state === 'logged-out'
  return {
    ...(state === 'logged-out' && { type: 'LoggedOut' }),
    instance: {
      name: number.instance,
      status: down ? 'disconnected' : state,
      ...(state === 'connecting' && { qrcode: 'data:image/png;base64,' }),
      ...(down && {
        lastDisconnect: new Date(at).toISOString().replace('T', ' '),
        lastDisconnectReason: reason ?? '',
      }),
    },
  }
}

/** Of the 60 keys of a chat those that are known and that name it. */
export function wireChatDetails({ chat }: Happening, fact: FactOf<'chat'>, number: SimulatedNumber): Json {
  const { name, archived, pinned, mutedUntil, unread, labels } = fact
  return {
    chat: {
      ...chatNames(chat, number),
      ...(name !== undefined && { wa_name: name, name }),
      ...(archived !== undefined && { wa_archived: archived }),
      ...(pinned !== undefined && { wa_isPinned: pinned }),
      ...(mutedUntil !== undefined && { wa_muteEndTime: mutedUntil }),
      ...(unread !== undefined && { wa_unreadCount: unread }),
      ...(labels !== undefined && { wa_label: labels }),
    },
  }
}
export const wireLead = ({ chat }: Happening, fact: FactOf<'lead'>, number: SimulatedNumber): Json => ({
  chat: { ...chatNames(chat, number), ...fact.fields },
})
function chatNames(chat: Happening['chat'], number: SimulatedNumber): Json {
  const id = chatAddress(chat)
  return {
    wa_chatid: id,
    wa_chatlid: chat?.address.startsWith('group:') ? '' : spell(chat).private,
    wa_fastid: `${number.digits}:${id.split('@')[0]}`,
    wa_isGroup: id.endsWith('@g.us'),
    owner: number.digits,
  }
}

export const wireLabel = (
  { id, name = '', color }: Label,
  deleted: boolean,
  number: SimulatedNumber,
): Json => ({
  label: {
    id: `${number.digits}:${id}`,
    labelid: id,
    name,
    ...(color !== undefined && { color }),
    ...(deleted && { deleted }),
    owner: number.digits,
  },
})

export const wireHistory = ({ batch, of }: FactOf<'history'>): Json => ({
  ...(batch !== undefined && { batchNumber: batch }),
  ...(of !== undefined && { batchTotal: of }),
  messages: [],
})

export const wireCampaign = ({ state, id, sent, total }: FactOf<'campaign'>): Json => ({
  status: state === 'done' ? 'done' : 'sending',
  ...(id !== undefined && { folder_id: id }),
  ...(sent !== undefined && { sentCount: sent }),
  ...(total !== undefined && { messageCount: total }),
})

// ── as the library uazapi is built on would serialise it: no capture exists ──────────────────────────

export function wirePresence(happening: Happening, fact: FactOf<'presence'>, number: SimulatedNumber): Json {
  const { chat, sender, author } = happening
  const own = author !== 'other'
  const who = spell(own ? ownParty(number) : (sender ?? chat))
  if (fact.state === 'online' || fact.state === 'offline') {
    const seen = fact.lastSeen === undefined ? '0001-01-01T00:00:00Z' : new Date(fact.lastSeen).toISOString()
    const event = { From: who.phone || who.private, Unavailable: fact.state === 'offline', LastSeen: seen }
    return { type: 'Presence', event }
  }
  return {
    type: 'ChatPresence',
    event: {
      Chat: chatAddress(chat),
      Sender: who.private || who.phone,
      sender_pn: who.phone,
      sender_lid: who.private,
      IsFromMe: own,
      IsGroup: chatAddress(chat).endsWith('@g.us'),
      State: fact.state === 'paused' ? 'paused' : 'composing',
      Media: fact.state === 'recording' ? 'audio' : '',
    },
  }
}

const CALL_TYPES = {
  offered: 'CallOffer',
  accepted: 'CallAccept',
  rejected: 'CallReject',
  ended: 'CallTerminate',
} as const
/** `From` is whoever took this step, `CallCreator` whoever began the call. */
export function wireCall(
  { chat, author, at }: Happening,
  fact: FactOf<'call'>,
  number: SimulatedNumber,
): Json {
  const caller = spell(chat)
  const from = author === 'other' ? caller : spell(ownParty(number))
  return {
    type: CALL_TYPES[fact.state],
    event: {
      From: author === 'other' ? from.private || from.phone : from.phone,
      Timestamp: new Date(at).toISOString(),
      CallCreator: caller.private || caller.phone,
      CallCreatorAlt: caller.phone,
      CallID: fact.id,
      ...(fact.group !== undefined && { GroupJID: chatAddress({ address: fact.group, aliases: [] }) }),
      ...(fact.video && { Media: 'video' }),
    },
  }
}

export function wireContact({ chat, at }: Happening, { name = '' }: FactOf<'contact'>): Json {
  const { phone, private: lidJID } = spell(chat)
  return {
    type: 'Contact',
    event: {
      JID: phone || lidJID,
      Timestamp: new Date(at).toISOString(),
      Action: { fullName: name, firstName: name.split(' ')[0], lidJID },
      FromFullSync: false,
    },
  }
}

export function wireBlock({ chat }: Happening, { blocked }: FactOf<'block'>): Json {
  const { phone, private: hidden } = spell(chat)
  const change = { JID: phone || hidden, Action: blocked ? 'block' : 'unblock' }
  return { type: 'Blocklist', event: { Action: 'modify', Changes: [change] } }
}

export function wireChannel({ chat, at }: Happening, fact: FactOf<'channel'>): Json {
  const id = chatAddress(chat)
  switch (fact.change) {
    case 'joined':
      return {
        type: 'NewsletterJoin',
        event: { id, state: { type: 'active' }, thread_metadata: { name: { text: fact.name ?? '' } } },
      }
    case 'left':
      return { type: 'NewsletterLeave', event: { id, role: 'guest' } }
    case 'muted':
    case 'unmuted':
      return { type: 'NewsletterMuteChange', event: { id, mute: fact.change === 'muted' ? 'on' : 'off' } }
    case 'posted': {
      const posts = (fact.posts ?? []).map((post, index) => ({
        MessageServerID: index + 1,
        MessageID: post.id ?? '',
        Type: post.type ?? '',
        Timestamp: post.at === undefined ? '0001-01-01T00:00:00Z' : new Date(post.at).toISOString(),
        ViewsCount: post.views ?? 0,
      }))
      const event = { JID: id, Time: new Date(at).toISOString(), Messages: posts }
      return { type: 'NewsletterLiveUpdate', event }
    }
  }
}
