import type { Selectable } from 'kysely'
import type { Db } from './dialect.ts'
import type { Tables } from './tables.ts'

/** What a merge did: everything its undo needs. Kept as JSON, for good. */
export interface MergeDetail {
  /** Addresses that came with the contact that went. */
  addresses: string[]
  /** Contacts that had been merged into it before. */
  contacts: number[]
  /** Name of the contact that stayed, before. */
  name: string | null
  chats: ChatMerge[]
  /** Chats that are spoken to under another address since. */
  spoken: { chat: number; from: string; to: string }[]
}

type Row<T extends keyof Tables> = Selectable<Tables[T]>

export interface ChatMerge {
  kept: number
  gone: number
  /** The chat that stayed was made for this merge: the contact had none on that number. */
  created: boolean
  /** Key of the lane that went. */
  key: string
  /** Chats that had been merged into it before. */
  folded: number[]
  before: { kept: Row<'chat'>; gone: Row<'chat'> }
  /** The chat that stayed, as the merge left it. `places`: the next place of its lane. */
  after: { owner: string; epoch: number; address: string; places: number }
  /** Events that waited in the lane that went: pending, parked, dead. */
  events: number[]
  /** `seq` of the commands that came along. */
  commands: number[]
  /** Messages that both chats had, as the chat that went had them. */
  messages: Row<'message'>[]
  timers: (Row<'timer'> & { collided: boolean })[]
  state: (Row<'state'> & { collided: boolean })[]
}

/** Follows merges to the contact that stands. */
export async function currentContact(db: Db, id: number): Promise<number> {
  for (let current = id; ; ) {
    const row = await db
      .selectFrom('contact')
      .select('merged_into')
      .where('id', '=', current)
      .executeTakeFirst()
    if (!row?.merged_into) return current
    current = row.merged_into
  }
}

/** Follows merges to the chat that stands. */
export async function currentChat(db: Db, id: number): Promise<number> {
  for (let current = id; ; ) {
    const row = await db.selectFrom('chat').select('merged_into').where('id', '=', current).executeTakeFirst()
    if (!row?.merged_into) return current
    current = row.merged_into
  }
}

/** Key of the lane of a direct chat. */
export const contactLaneKey = (instance: string, contact: number): string => `${instance}/c${contact}`
