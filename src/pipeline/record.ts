import { contentText } from '../core/events.ts'
import type { CommandId, MessageId } from '../core/ids.ts'
import type { ClaimedEvent, LogChange } from '../core/store.ts'

/**
 * Pure: what an event changes in the hub's own log, before and whatever any handler does.
 * @param ownCommand command id behind the event's client reference, when it is one of ours
 */
export function logChanges(event: ClaimedEvent, ownCommand: CommandId | undefined): LogChange[] {
  const { fact, author, at } = event
  const who = event.contact === undefined ? {} : { contact: event.contact.id }
  switch (fact.kind) {
    case 'message': {
      const changes: LogChange[] = [
        {
          type: 'message',
          message: fact.message,
          author,
          at,
          ...who,
          live: event.disposition === 'handle',
          status: author === 'other' ? 'delivered' : 'sent',
        },
      ]
      if (ownCommand !== undefined)
        changes.push({ type: 'echo', messageId: fact.message.id, command: ownCommand })
      return changes
    }
    case 'edit':
      return [
        { type: 'edit', target: fact.target, at, ...(fact.text === undefined ? {} : { text: fact.text }) },
      ]
    case 'revoke':
      return [{ type: 'revoke', target: fact.target, at }]
    case 'reaction':
      return [{ type: 'reaction', target: fact.target, emoji: fact.emoji, author, at, ...who }]
    case 'receipt':
      // Read by ourselves on another device says nothing about the customer.
      return fact.self ? [] : [{ type: 'receipt', target: fact.target, state: fact.state, at }]
    case 'connection':
      return [
        {
          type: 'connection',
          state: fact.state,
          ...(fact.reason === undefined ? {} : { reason: fact.reason }),
        },
      ]
    case 'group':
      return fact.name === undefined ? [] : [{ type: 'name', name: fact.name.slice(0, 200) }]
    case 'delete-for-me':
    case 'vote':
    case 'pin':
    case 'presence':
    case 'call':
    case 'label':
    case 'chat':
    case 'contact':
    case 'lead':
    case 'block':
    case 'channel':
    case 'history':
    case 'campaign':
    case 'membership':
    case 'unknown':
    case 'timer':
      return []
    default:
      return fact satisfies never
  }
}

/** The message without which this event means little: it waits for it a while. */
export function waitsFor(event: ClaimedEvent): MessageId | undefined {
  const { fact } = event
  return fact.kind === 'edit' || fact.kind === 'revoke' || fact.kind === 'reaction' ? fact.target : undefined
}

/** Names worth storing: those that differ from what is known. */
export function nameChanges(event: ClaimedEvent, chatName: string | undefined): LogChange[] {
  const changes: LogChange[] = []
  const { contact, sender, chat } = event
  if (event.author === 'other' && contact && sender?.name && sender.name !== contact.name) {
    changes.push({ type: 'name', contact: contact.id, name: sender.name.slice(0, 200) })
  }
  if (chat?.name && chat.address.startsWith('group:') && chat.name !== chatName) {
    changes.push({ type: 'name', name: chat.name.slice(0, 200) })
  }
  return changes
}

/** True when a message has nothing a handler could answer (an undecryptable or protocol message). */
export const isEmptyMessage = (event: ClaimedEvent): boolean =>
  event.fact.kind === 'message' &&
  event.fact.message.content.type === 'text' &&
  contentText(event.fact.message.content) === ''
