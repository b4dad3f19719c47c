import { z } from 'zod'
import type { Party } from '../../../core/events.ts'
import type { DirectoryClient, Page, RemoteChat } from '../../../core/gateway.ts'
import { nameOfChat, readDetails, readLabel } from '../chat.ts'
import { numberForm, readParty } from '../wire/address.ts'
import { chat, label } from '../wire/chat.ts'
import { count, flag, listOf, maybeFlag, moment, text } from '../wire/fields.ts'
import { contactEntry } from '../wire/inferred.ts'
import { type Asking, done, refuse, toVoid, UNREADABLE } from './asking.ts'

const NO_NAME = refuse('unsupported', 'uazapi has no name for this kind of address.')
const NO_CURSOR = refuse('invalid', 'This cursor is not one of ours.')

const checked = z.array(
  z.object({ query: text, jid: text, lid: text, isInWhatsapp: flag, verifiedName: text }),
)

const listedChat = chat.extend({ wa_lastMsgTimestamp: moment })
function readChat(body: unknown): RemoteChat | undefined {
  const wire = listedChat.safeParse(body).data
  const party = wire && readParty([wire.wa_chatid, wire.wa_chatlid], nameOfChat(wire))
  if (!wire || !party) return undefined
  const { wa_lastMsgTimestamp: lastMessageAt } = wire
  return { party, ...readDetails(wire), ...(lastMessageAt !== undefined && { lastMessageAt }) }
}
const chatList = z.object({
  chats: z.array(z.unknown()),
  pagination: z.object({ totalRecords: count, hasNextPage: maybeFlag }).catch({}),
})

const readContact = (body: unknown): Party[] => {
  const read = contactEntry.safeParse(body)
  if (!read.success) return []
  const { jid, contact_name, contact_FirstName } = read.data
  const party = readParty([jid], contact_name || contact_FirstName)
  return party ? [party] : []
}
const contactList = z.object({
  contacts: z.array(z.unknown()),
  pagination: z.object({ page: count, pageSize: count, totalPages: count, hasNextPage: flag }).catch({
    page: undefined,
    pageSize: undefined,
    totalPages: undefined,
    hasNextPage: false,
  }),
})

const labelList = listOf(label)
const pictures = z.object({ image: text, imagePreview: text })

/** Pages by offset; before 2.0.1's second document by page and size, as the answer shows. */
type Cursor = { by: 'offset'; offset: number } | { by: 'page'; page: number; size: number }
function readCursor(cursor: string | undefined): Cursor | undefined {
  if (cursor === undefined) return { by: 'offset', offset: 0 }
  const offset = /^o([0-9]{1,9})$/.exec(cursor)
  if (offset) return { by: 'offset', offset: Number(offset[1]) }
  const page = /^p([0-9]{1,9})x([0-9]{1,4})$/.exec(cursor)
  return page ? { by: 'page', page: Number(page[1]), size: Number(page[2]) } : undefined
}

export function directoryClient({ ask }: Asking): DirectoryClient {
  return {
    async check(phones) {
      if (phones.length === 0) return { ok: true, value: [] }
      const numbers = phones.map((phone) => phone.replace(/[^0-9]/g, ''))
      return ask({ method: 'POST', path: '/chat/check', body: { numbers }, about: 'chat' }, (body) => {
        const read = checked.safeParse(body)
        if (!read.success) return undefined
        // Matched by what was asked; where an answer does not repeat it, by its place.
        const byQuery = new Map(read.data.map((one) => [one.query.replace(/[^0-9]/g, ''), one]))
        return phones.map((query, index) => {
          const found = byQuery.get(numbers[index] ?? '') ?? (byQuery.has('') ? read.data[index] : undefined)
          const party = found?.isInWhatsapp
            ? readParty([found.jid, found.lid], found.verifiedName)
            : undefined
          return { query, exists: found?.isInWhatsapp ?? false, ...(party && { party }) }
        })
      })
    },

    async chats({ search, cursor, limit }) {
      const at = readCursor(cursor)
      if (at?.by !== 'offset') return NO_CURSOR
      const { offset } = at
      // An operator of its own in front keeps what is searched from being read as one.
      const like = search ? `~${search}` : undefined
      const where = like ? { operator: 'OR', wa_contactName: like, wa_name: like, lead_name: like } : {}
      const body = { ...where, sort: '-wa_lastMsgTimestamp', limit, offset }
      return ask(
        { method: 'POST', path: '/chat/find', body, about: 'chat' },
        (answer): Page<RemoteChat> | undefined => {
          const read = chatList.safeParse(answer)
          if (!read.success) return undefined
          const { chats, pagination } = read.data
          const end = offset + chats.length
          const more =
            pagination.hasNextPage ??
            (pagination.totalRecords === undefined ? chats.length === limit : end < pagination.totalRecords)
          return {
            items: chats.flatMap((one) => readChat(one) ?? []),
            ...(more && chats.length > 0 && { next: `o${end}` }),
          }
        },
      )
    },

    async contacts({ cursor, limit }) {
      const at = readCursor(cursor)
      if (at === undefined) return NO_CURSOR
      const where = at.by === 'page' ? { page: at.page, pageSize: at.size } : { limit, offset: at.offset }
      const page = await ask(
        {
          method: 'POST',
          path: '/contacts/list',
          body: { ...where, contactScope: 'all' },
          about: 'chat',
          feature: 'contacts/list',
        },
        (answer): Page<Party> | undefined => {
          const read = contactList.safeParse(answer)
          if (!read.success) return undefined
          const { contacts, pagination } = read.data
          const items = contacts.flatMap(readContact)
          if (contacts.length === 0) return { items }
          const { page: number, pageSize } = pagination
          if (number !== undefined && pageSize !== undefined) {
            const more = pagination.hasNextPage || number < (pagination.totalPages ?? 0)
            return { items, ...(more && { next: `p${number + 1}x${pageSize}` }) }
          }
          const offset = at.by === 'offset' ? at.offset : 0
          return { items, ...(contacts.length >= limit && { next: `o${offset + contacts.length}` }) }
        },
      )
      if (page.ok || page.code !== 'unsupported' || at.by === 'page') return page
      // 1.0.0 has them all in one list.
      const all = await ask({ method: 'GET', path: '/contacts?contactScope=all', about: 'chat' }, (answer) =>
        Array.isArray(answer) ? answer.flatMap(readContact) : undefined,
      )
      if (!all.ok) return all
      const end = at.offset + limit
      return {
        ok: true,
        value: {
          items: all.value.slice(at.offset, end),
          ...(end < all.value.length && { next: `o${end}` }),
        },
      }
    },

    async picture(of) {
      const number = numberForm(of)
      if (number === undefined) return NO_NAME
      const found = await ask(
        { method: 'POST', path: '/chat/details', body: { number, preview: false }, about: 'chat' },
        (body) => {
          const read = pictures.safeParse(body)
          return read.success ? { url: read.data.image || read.data.imagePreview } : undefined
        },
      )
      if (!found.ok) return found
      const { url } = found.value
      if (url === '') return { ok: true, value: undefined }
      return /^https?:\/\//i.test(url) ? { ok: true, value: url } : UNREADABLE
    },

    labels: () =>
      ask({ method: 'GET', path: '/labels', about: 'chat' }, (body) =>
        Array.isArray(body) ? labelList.parse(body).flatMap((one) => readLabel(one) ?? []) : undefined,
      ),

    async editLabel({ id, name, color, deleted }) {
      if (id === undefined && !name) return refuse('invalid', 'A new label needs a name.')
      if (color !== undefined && !(Number.isInteger(color) && color >= 0 && color <= 19)) {
        return refuse('invalid', 'The colour of a label is 0 to 19.')
      }
      const body = {
        labelid: id ?? 'new',
        ...(name !== undefined && { name }),
        ...(color !== undefined && { color }),
        ...(deleted && { delete: true }),
      }
      const once = id === undefined && { once: true as const }
      return toVoid(await ask({ method: 'POST', path: '/label/edit', body, about: 'chat', ...once }, done))
    },
  }
}
