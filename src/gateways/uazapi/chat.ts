import type { ChatDetails, Label } from '../../core/events.ts'
import type { WireChat, WireLabel } from './wire/chat.ts'
import { bareId } from './wire/fields.ts'

/** Chats and labels in the hub's vocabulary: deliveries and REST answers write them alike. */

/** `''` when it has none. The owner's own name for somebody comes first. */
export const nameOfChat = ({ wa_contactName, wa_name, name }: WireChat): string =>
  wa_contactName || wa_name || name

/** What is said of a chat; nothing for what it does not say. */
export function readDetails(wire: WireChat): ChatDetails {
  const name = nameOfChat(wire)
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

/** Undefined for one without an id: nothing could be said of it later. */
export function readLabel({ labelid, id: full, name, color }: WireLabel): Label | undefined {
  const id = labelid || bareId(full)
  return id === '' ? undefined : { id, ...(name !== '' && { name }), ...(color !== undefined && { color }) }
}
