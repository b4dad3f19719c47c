import type { FactOf, Party } from '../../../core/events.ts'
import type { Happening } from '../../../simulator/port.ts'
import { hidden, jid, rfc3339, shownAs } from './names.ts'

/** The version from which there is each of them. */
const SINCE: Readonly<Partial<Record<Happening['fact']['kind'], [major: number, minor: number]>>> = {
  channel: [8, 2],
  presence: [8, 3],
  call: [8, 3],
  label: [8, 6],
  history: [8, 0],
}

/**
 * What 8.x and 9.x post about typing, calls, labels, channels and history. Undefined for what GOWA never tells:
 * its connection, who is online, pins, changes of a group's settings, of chats, contacts and blocks.
 */
export function noticeOf(
  { fact, chat, at }: Happening,
  who: Party | undefined,
  from: (major: number, minor: number) => boolean,
): { event: string; payload: object } | undefined {
  const since = SINCE[fact.kind]
  if (!since || !from(...since)) return undefined
  const caller = from(9, 0) || fact.kind === 'presence' ? hidden(who) : undefined
  const names = {
    from: jid(who),
    from_lid: caller,
    sender_display_name: from(9, 0) ? shownAs(who) : undefined,
  }
  switch (fact.kind) {
    case 'presence': {
      if (fact.state === 'online' || fact.state === 'offline') return undefined
      const state = fact.state === 'paused' ? 'paused' : 'composing'
      const media = fact.state === 'recording' ? 'audio' : ''
      const is_group = chat?.address.startsWith('group:') ?? false
      return { event: 'chat_presence', payload: { ...names, chat_id: jid(chat), state, media, is_group } }
    }
    case 'call': {
      // Only that somebody calls, and whether GOWA itself refused.
      if (fact.state !== 'offered' && fact.state !== 'rejected') return undefined
      const payload = {
        ...names,
        call_id: fact.id,
        auto_rejected: fact.state === 'rejected',
        remote_platform: 'android',
        remote_version: '2.26.9.73',
        group_jid: fact.group && jid({ address: fact.group, aliases: [] }),
      }
      return { event: 'call.offer', payload }
    }
    case 'label': {
      const { id: label_id, name, color } = fact.label
      if (fact.change === 'added' || fact.change === 'removed') {
        const labeled = fact.change === 'added'
        return {
          event: 'label.association',
          payload: { label_id, labeled, chat_id: jid(chat), chat_lid: hidden(chat) },
        }
      }
      return { event: 'label.edit', payload: { label_id, name, color, deleted: fact.change === 'deleted' } }
    }
    case 'channel':
      return channel(fact, jid(chat), at)
    case 'history':
      return {
        event: 'history_sync_complete',
        payload: { sync_type: fact.scope ?? 'FULL', timestamp: rfc3339(at) },
      }
    default:
      return undefined
  }
}

function channel(
  fact: FactOf<'channel'>,
  newsletter_id: string | undefined,
  at: number,
): { event: string; payload: object } {
  switch (fact.change) {
    case 'joined':
      return { event: 'newsletter.joined', payload: { newsletter_id, name: fact.name } }
    case 'left':
      return { event: 'newsletter.left', payload: { newsletter_id, role: 'guest' } }
    case 'muted':
      return { event: 'newsletter.mute', payload: { newsletter_id, mute: 'on' } }
    case 'unmuted':
      return { event: 'newsletter.mute', payload: { newsletter_id, mute: 'off' } }
    case 'posted': {
      const messages = (fact.posts ?? []).map((post, index) => ({
        server_id: 100 + index,
        message_id: post.id ?? '',
        type: post.type ?? 'text',
        timestamp: rfc3339(post.at ?? at),
        views_count: post.views || undefined,
      }))
      return { event: 'newsletter.message', payload: { newsletter_id, messages } }
    }
  }
}
