import { type Address, address, parseAddress } from '../core/address.ts'
import { HubError } from '../core/errors.ts'
import { type ChatId, type InstanceId, parsePublicId } from '../core/ids.ts'
import type { EdgeHub } from './edge.ts'
import { shapeOf } from './validation.ts'

const PHONE_LIKE = /^\+?[0-9\s()-]+$/

/**
 * Whom a request means by `to`: a chat id, a phone number as people write it, an address of the hub, or
 * whatever the instance's own gateway calls a recipient.
 * @throws HubError E_INVALID naming the allowed forms, for anything else and for chats of other instances
 */
export async function resolveRecipient(
  hub: Pick<EdgeHub, 'store' | 'parseRecipient'>,
  instance: InstanceId,
  text: string,
): Promise<ChatId | Address> {
  const chat = parsePublicId('chat', text) as ChatId | undefined
  if (chat !== undefined) {
    if ((await hub.store.getChat(chat))?.instance === instance) return chat
    throw invalidTo(`is not a chat of instance ${instance}`, text)
  }
  const written = PHONE_LIKE.test(text) ? address('phone', text.replace(/[^0-9]/g, '')) : text
  const to = parseAddress(written) ?? hub.parseRecipient(instance, text)
  if (to === undefined) throw invalidTo('names nobody', text)
  return to
}

function invalidTo(fault: string, text: string): HubError {
  const allowed =
    'write an international phone number (+55 11 91234-5678), a chat id (chat_12), or an address (group:…, private:…)'
  const errors = [{ field: 'body.to', message: `${fault}; ${allowed}`, received: shapeOf(text) }]
  return new HubError('E_INVALID', `body.to ${fault}: ${allowed}`, { details: { errors } })
}
