import type { Address } from '../core/address.ts'
import { otherAddress } from '../core/phone.ts'
import type { Db } from './dialect.ts'
import { noteMerge } from './merge.ts'

/**
 * A receipt for a message this chat does not have. If the message is our own, sent to the other form of this
 * chat's number, then the gateway files under this form what was written under that one: they are one person.
 * The message's status is raised, and the merge noted; the lane of this very turn is still leased.
 * @returns whether it was so
 */
export async function proveByReceipt(
  db: Db,
  receipt: { chat: number; instance: string; target: string; status: number },
  now: number,
): Promise<boolean> {
  const chat = await db
    .selectFrom('chat')
    .select(['address', 'contact_id'])
    .where('id', '=', receipt.chat)
    .executeTakeFirst()
  const other = chat && otherAddress(chat.address as Address)?.address
  if (!other || chat.contact_id === null) return false
  const sent = await db
    .selectFrom('address')
    .innerJoin('chat', 'chat.contact_id', 'address.contact_id')
    .innerJoin('message', 'message.chat_id', 'chat.id')
    .select(['message.id', 'message.status', 'address.contact_id'])
    .where('address.address', '=', other)
    .where('chat.instance', '=', receipt.instance)
    .where('chat.merged_into', 'is', null)
    .where('message.message_id', '=', receipt.target)
    .where('message.command_id', 'is not', null)
    .executeTakeFirst()
  if (!sent) return false
  if (sent.status < receipt.status) {
    await db.updateTable('message').set({ status: receipt.status }).where('id', '=', sent.id).execute()
  }
  if (sent.contact_id !== chat.contact_id) {
    await noteMerge(db, { a: sent.contact_id, b: chat.contact_id, proof: 'receipt' }, now)
  }
  return true
}
