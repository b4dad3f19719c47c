import { chatKind } from '../core/address.ts'
import { contentText, NO_CONTENT } from '../core/events.ts'
import type { CommandId, ContactId, MessageId } from '../core/ids.ts'
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
          ...onlyAddress(event),
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
    case 'vote':
      return [{ type: 'vote', target: fact.target, options: fact.options, author, at, ...who }]
    case 'pin':
      return [{ type: 'pin', target: fact.target, pinned: fact.pinned, at }]
    case 'group':
      return named(fact.name)
    case 'chat':
      return isGroup(event) ? named(fact.name) : named(fact.name, { ...who, spare: true })
    case 'contact':
      // What our address book calls them; what they call themselves is better.
      return fact.removed || isGroup(event) ? [] : named(fact.name, { ...who, spare: true })
    // The rest changes nothing about what was said: the event itself is the record, and handlers see it.
    // A lead's fields are the gateway's own and name nobody; a message deleted for us alone is still there
    // for the customer.
    case 'delete-for-me':
    case 'presence':
    case 'call':
    case 'label':
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

const MAX_NAME = 200
const isGroup = ({ chat }: ClaimedEvent): boolean => chat?.address.startsWith('group:') ?? false
const named = (
  name: string | undefined,
  whose: { contact?: ContactId; spare?: boolean } = {},
): LogChange[] => (name ? [{ type: 'name', name: name.slice(0, MAX_NAME), ...whose }] : [])

/** Under which address the other side wrote, where the fact shows only one: an undone merge asks for it. */
function onlyAddress({ chat }: ClaimedEvent): Pick<LogChange & { type: 'message' }, 'address'> {
  const alone = chat && chat.aliases.length === 0 && chatKind(chat.address) === 'direct'
  return alone ? { address: chat.address } : {}
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
    changes.push({ type: 'name', contact: contact.id, name: sender.name.slice(0, MAX_NAME) })
  }
  if (chat?.name && isGroup(event) && chat.name !== chatName) {
    changes.push({ type: 'name', name: chat.name.slice(0, MAX_NAME) })
  }
  return changes
}

/** True when a message has nothing a handler could answer (an undecryptable or protocol message). */
export function isEmptyMessage({ fact }: ClaimedEvent): boolean {
  if (fact.kind !== 'message') return false
  const { content } = fact.message
  if (content.type === 'unsupported') return content.wire === NO_CONTENT && contentText(content) === ''
  return content.type === 'text' && content.text === ''
}
