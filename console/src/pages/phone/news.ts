import type { ChatView, PhoneNews, PhoneState } from '../../../../src/simulator/phone-view.ts'

/** So many messages of a chat and lines of the wire are kept. */
const MESSAGES = 200
const LINES = 60

const CHAT_SETTINGS: ChatView['settings'] = {
  archived: false,
  pinned: false,
  mutedUntil: 0,
  labels: [],
  unread: 0,
  blocked: false,
}

type Change = { [Name in keyof PhoneNews]: { name: Name; data: PhoneNews[Name] } }[keyof PhoneNews]

/** What is known after one more piece of news. @returns the same object when it changes nothing */
export function heard(state: PhoneState | undefined, { name, data }: Change): PhoneState | undefined {
  if (name === 'state') return data
  if (!state) return undefined
  switch (name) {
    case 'message':
      return withChat(state, data, (chat) => ({
        ...chat,
        messages: replaced(chat.messages, data.message, 'id').slice(-MESSAGES),
      }))
    case 'typing':
      return withChat(state, data, (chat) => ({ ...chat, typing: data.typing }))
    case 'chat':
      return withChat(state, data, (chat) => ({ ...chat, byHand: data.byHand, settings: data.settings }))
    case 'number':
      return { ...state, numbers: replaced(state.numbers, data, 'instance') }
    case 'group':
      return { ...state, groups: replaced(state.groups, data, 'address') }
    case 'person':
      return { ...state, people: replaced(state.people, data, 'digits') }
    case 'strip':
      return { ...state, strip: replaced(state.strip, data, 'id').slice(-LINES) }
    case 'hub':
      return { ...state, hub: data }
    case 'hub-chats':
      return { ...state, hubChats: data }
    case 'tally':
      return { ...state, tally: data }
  }
}

/** The chat at an address; an empty one where nothing has been said yet. */
export const chatAt = (
  { chats }: Pick<PhoneState, 'chats'>,
  { instance, chat }: { instance: string; chat: string },
): ChatView =>
  chats.find((one) => one.instance === instance && one.address === chat) ?? {
    instance,
    address: chat as ChatView['address'],
    messages: [],
    typing: false,
    byHand: false,
    settings: CHAT_SETTINGS,
  }

function withChat(
  state: PhoneState,
  at: { instance: string; chat: string },
  change: (chat: ChatView) => ChatView,
): PhoneState {
  const before = chatAt(state, at)
  const after = change(before)
  const known = state.chats.includes(before)
  return {
    ...state,
    chats: known ? state.chats.map((one) => (one === before ? after : one)) : [...state.chats, after],
  }
}

function replaced<T, K extends keyof T>(list: readonly T[], item: T, key: K): T[] {
  const at = list.findIndex((one) => one[key] === item[key])
  return at < 0 ? [...list, item] : list.with(at, item)
}
