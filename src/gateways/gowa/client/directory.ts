import { z } from 'zod'
import { address } from '../../../core/address.ts'
import type { Party } from '../../../core/events.ts'
import type { Answer, DirectoryClient, Page } from '../../../core/gateway.ts'
import type { Clock } from '../../../core/ports.ts'
import { formatJid, parseJid, partyOf } from '../wire/address.ts'
import { flag, isObject, text, time, word } from '../wire/fields.ts'
import { type Asking, given, listOf, refuse } from './asking.ts'
import { query } from './step.ts'

const Check = z.object({ is_on_whatsapp: z.boolean() })
const Chats = z.object({
  data: z.array(z.unknown()).nullable(),
  pagination: z.object({ total: z.number().optional().catch(undefined) }).nullish(),
})
const Chat = z.object({ jid: word, name: word, archived: flag, last_message_time: time })
const Contact = z.object({ jid: word, name: word })
const Picture = z.object({ url: text })

/** GOWA's largest page. */
const PAGE = 100

/** Numbers are checked for at most this long, and one more request (ms). */
const CHECK_MS = 45_000

export function directory({ ask }: Asking, clock: Clock): DirectoryClient {
  return {
    /** One request per number: GOWA checks them one at a time. */
    async check(phones) {
      const found: { query: string; exists: boolean; party?: Party }[] = []
      const until = clock.monotonic() + CHECK_MS
      for (const phone of phones) {
        if (clock.monotonic() > until)
          return { ok: false, reason: 'GOWA is too slow for so many numbers; ask for fewer', retry: true }
        const digits = phone.replace(/[\s+().-]/g, '')
        if (!/^[1-9][0-9]{4,14}$/.test(digits)) {
          found.push({ query: phone, exists: false })
          continue
        }
        const answer = await ask({ path: `/user/check${query({ phone: digits })}` }, Check)
        if (!answer.ok) return answer
        const exists = answer.value.is_on_whatsapp
        const party: Party = { address: address('phone', digits), aliases: [] }
        found.push({ query: phone, exists, ...(exists && { party }) })
      }
      return given(found)
    },
    async chats({ search, cursor, limit }) {
      const offset = offsetOf(cursor)
      const size = Math.min(PAGE, Math.max(1, Math.trunc(limit)))
      const answer = await ask({ path: `/chats${query({ limit: size, offset, search })}` }, Chats)
      if (!answer.ok) return answer
      const list = answer.value.data ?? []
      const total = answer.value.pagination?.total
      const more =
        list.length > 0 && (total === undefined ? list.length === size : offset + list.length < total)
      const items = list.flatMap((raw) => {
        const wire = isObject(raw) ? Chat.parse(raw) : undefined
        const party = wire && partyOf([parseJid(wire.jid)], wire.name)
        if (!wire || !party) return []
        return {
          party,
          ...(wire.name !== undefined && { name: wire.name }),
          ...(wire.archived !== undefined && { archived: wire.archived }),
          ...(wire.last_message_time !== undefined && { lastMessageAt: wire.last_message_time }),
        }
      })
      return given({ items, ...(more && { next: String(offset + list.length) }) })
    },
    /** GOWA gives all of them at once, so a page is a part of what it gives now. */
    async contacts({ cursor, limit }): Promise<Answer<Page<Party>>> {
      const answer = await ask({ path: '/user/my/contacts' }, listOf)
      if (!answer.ok) return answer
      const offset = offsetOf(cursor)
      const end = offset + Math.max(1, Math.trunc(limit))
      const items = answer.value.slice(offset, end).flatMap((raw) => {
        const wire = isObject(raw) ? Contact.parse(raw) : undefined
        return (wire && partyOf([parseJid(wire.jid)], wire.name)) ?? []
      })
      return given({ items, ...(end < answer.value.length && { next: String(end) }) })
    },
    async picture(of) {
      const phone = formatJid(of)
      if (phone === undefined) return refuse('unsupported', 'GOWA cannot name this kind of address')
      // Whoever has or shows no picture makes GOWA answer with an error, in words.
      const path = `/user/avatar${query({ phone })}`
      const answer = await ask({ path, absent: NO_PICTURE }, Picture)
      if (answer.ok) return given(answer.value.url || undefined)
      return answer.code === 'gone' ? given(undefined) : answer
    },
  }
}

const NO_PICTURE = /hidden their profile picture|does not have a profile picture|no avatar found/
const offsetOf = (cursor: string | undefined): number =>
  cursor !== undefined && /^\d{1,9}$/.test(cursor) ? Number(cursor) : 0
