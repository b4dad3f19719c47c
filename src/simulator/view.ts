import { type Address, chatKind } from '../core/address.ts'
import type { ChatDetails, Fact } from '../core/events.ts'
import type { MessageId } from '../core/ids.ts'
import type { Clock } from '../core/ports.ts'
import type { Calls } from './calls.ts'
import { type Chats, onWire } from './chats.ts'
import type { Actor, Groups } from './groups.ts'
import type { Login } from './login.ts'
import type { ChatSettings, WorldChat, WorldMessage } from './model.ts'
import { type People, party } from './people.ts'
import type { Places } from './places.ts'
import type { Happening, SimulatedNumber, World } from './port.ts'
import type { Receipts } from './receipts.ts'
import type { Shelf } from './shelf.ts'

export interface ViewParts {
  clock: Clock
  people: People
  groups: Groups
  chats: Chats
  calls: Calls
  login: Login
  shelf: Shelf
  newMessageId(): MessageId
  places: Places
  receipts: Receipts
}

/** The world as the gateway of one number acts on it. */
export function createView(number: SimulatedNumber, parts: ViewParts): World {
  const { clock, people, groups, chats, calls, login, shelf, places, receipts } = parts
  const { instance } = number
  const now = () => clock.now() + (number.skewMs ?? 0)
  const own: Actor = { number, by: 'api' }
  const isGroup = (at: Address) => chatKind(at) === 'group'
  const chatAt = (to: Address) => chats.at(instance, people.resolve(to))
  const find = (to: Address, target: MessageId) => chats.find(chatAt(to), target)
  const mine = (to: Address, target: MessageId) => {
    const message = find(to, target)
    return message?.by === undefined ? message : undefined
  }
  const groupAt = (at: Address) => {
    const group = groups.byAddress.get(at)
    return group && group.instance === instance && group.own !== 'gone' ? group : undefined
  }
  const did = (chat: WorldChat, fact: Happening['fact'], reference?: string) =>
    places.happened(chat, fact, { author: 'api', reference })
  const sent = (chat: WorldChat, message: WorldMessage) =>
    receipts.expect(chat, message, places.recipients(chat))
  const flag = (to: Address, target: MessageId, name: 'pinned' | 'starred', on: boolean) => {
    const message = find(to, target)
    if (message) chats.setFlag(chatAt(to), message, name, on)
    return message !== undefined
  }

  const messages = {
    now,
    newMessageId: parts.newMessageId,
    isOnWhatsApp: (to) => (isGroup(to) ? groupAt(to) !== undefined : people.exists(to)),
    send(said) {
      const chat = chatAt(said.to)
      const message = chats.add(chat, {
        id: said.id,
        author: 'api',
        content: said.content,
        ...(said.mentions && { mentions: [...said.mentions] }),
        ...(said.reference !== undefined && { reference: said.reference }),
        ...chats.quote(chat, said.replyTo),
      })
      chats.setTyping(chat, false)
      did(chat, { kind: 'message', message: onWire(message) }, said.reference)
      sent(chat, message)
    },
    forward(from, target, to) {
      const message = find(from, target)
      if (!message) return undefined
      const chat = chatAt(to)
      const { content } = message
      const copy = chats.add(chat, { id: parts.newMessageId(), author: 'api', content, forwarded: true })
      did(chat, { kind: 'message', message: onWire(copy) })
      sent(chat, copy)
      return copy.id
    },
    react(to, target, emoji) {
      const message = find(to, target)
      if (message) chats.setReaction(chatAt(to), message, emoji, undefined)
    },
    edit(to, target, text) {
      const message = mine(to, target)
      if (message) chats.rewrite(chatAt(to), message, text)
      return message !== undefined
    },
    revoke(to, target) {
      const message = find(to, target)
      // An admin may delete what others wrote in a group; in a direct chat only what is one's own.
      const group = isGroup(to) ? groupAt(to) : undefined
      if (!message || (message.by !== undefined && !(group && groups.isAdmin(group, own)))) return false
      chats.takeBack(chatAt(to), message)
      return true
    },
    deleteForMe(to, target) {
      const chat = chatAt(to)
      const at = chat.messages.findIndex((message) => message.id === target)
      if (at === -1) return false
      chat.messages.splice(at, 1)
      return true
    },
    pin: (to, target, pinned) => flag(to, target, 'pinned', pinned),
    star: (to, target, starred) => flag(to, target, 'starred', starred),
    read(to, targets) {
      const chat = chatAt(to)
      for (const target of targets) {
        const message = chats.find(chat, target)
        if (message?.by !== undefined) chats.move(chat, message, 'read')
      }
      const unread = chat.messages.filter(
        (message) => message.by !== undefined && !chats.hasReached(message, 'read'),
      ).length
      if (unread !== chat.settings.unread) chats.setSettings(chat, { unread })
    },
    typing: (to, state, ms) => chats.setTyping(chatAt(to), state === 'start', ms),
    find: (query) =>
      chats
        .search(
          instance,
          { ...query, ...(query.chat !== undefined && { chat: people.resolve(query.chat) }) },
          (at) => places.shown(at),
        )
        .map((found) => ({ ...found, at: found.at + (number.skewMs ?? 0) })),
  } satisfies Partial<World>

  const inGroups = {
    group: (at) => groups.seenBy(instance, at),
    groups: () => groups.of(instance),
    createGroup: (name, members) => groups.describe(groups.create(number, name, members)),
    removeMember: (at, member) => {
      const group = groupAt(at)
      return group !== undefined && groups.changeMembers(group, own, 'remove', [member])[0] === 'done'
    },
    changeMembers(at, change, members) {
      const group = groupAt(at)
      return group
        ? groups.changeMembers(group, own, change, members)
        : members.map(() => 'not-admin' as const)
    },
    changeGroup(at, change) {
      const group = groupAt(at)
      return group !== undefined && groups.change(group, own, change)
    },
    leaveGroup(at) {
      const group = groupAt(at)
      if (group) groups.loseOwn(group, own, number)
      return group !== undefined
    },
    inviteLink(at, reset) {
      const group = groupAt(at)
      return group && groups.inviteLink(group, own, reset)
    },
    groupByLink(link) {
      const group = groups.byLink(link)
      return group && groups.describe(group)
    },
    joinByLink(link) {
      const group = groups.byLink(link)
      if (group?.instance !== instance) return undefined
      if (group.own === 'gone') groups.gainOwn(group, own, number)
      return group.address
    },
    joinRequests(at) {
      const group = groupAt(at)
      return group ? groups.requests(group) : []
    },
  } satisfies Partial<World>

  const around = {
    chats: () =>
      chats.of(instance).map((chat) => {
        const last = chat.messages.at(-1)
        return {
          party: places.shown(chat.address),
          ...chat.settings,
          ...(last && { lastMessageAt: last.at }),
        }
      }),
    changeChat(to, change) {
      const chat = chatAt(to)
      const before = { ...chat.settings }
      chats.setSettings(chat, change)
      for (const fact of chatFacts(before, chat.settings)) did(chat, fact)
    },
    deleteChat: (to) => chats.remove(chatAt(to)),
    people: () => [...people.byDigits.values()].map(party),
    pair: (phone) => login.pair(number, phone),
    logOut: () => login.logOut(number),
    rejectCall: (call) => calls.reject(number, call),
    keepMedia: (bytes, mime) => shelf.keep(bytes, mime),
    media: (name) => shelf.get(name),
    memory: new Map<string, unknown>(),
  } satisfies Partial<World>

  return { ...messages, ...inGroups, ...around }
}

/** What a gateway tells of a change to a chat. */
function chatFacts(before: ChatSettings, after: ChatSettings): Exclude<Fact, { kind: 'timer' }>[] {
  const facts: Exclude<Fact, { kind: 'timer' }>[] = []
  const { archived, pinned, mutedUntil, labels, blocked } = after
  const relabelled =
    labels.length !== before.labels.length || labels.some((id) => !before.labels.includes(id))
  const details: ChatDetails = {
    ...(archived !== before.archived && { archived }),
    ...(pinned !== before.pinned && { pinned }),
    ...(mutedUntil !== before.mutedUntil && { mutedUntil }),
    // Some gateways tell all the labels of a chat, others each one that came or went.
    ...(relabelled && { labels: [...labels] }),
  }
  if (Object.keys(details).length > 0) facts.push({ kind: 'chat', ...details })
  if (blocked !== before.blocked) facts.push({ kind: 'block', blocked })
  for (const id of labels)
    if (!before.labels.includes(id)) facts.push({ kind: 'label', label: { id }, change: 'added' })
  for (const id of before.labels)
    if (!labels.includes(id)) facts.push({ kind: 'label', label: { id }, change: 'removed' })
  return facts
}
