import type { Address } from '../../src/core/address.ts'
import type { InstanceId, MessageId } from '../../src/core/ids.ts'
import { hashParts } from '../../src/core/signature.ts'
import type { Arrival } from '../../src/core/store.ts'

export const INSTANCE = 'bench' as InstanceId

/** The n-th message of a customer, as ingest hands it to the store. @param phone digits */
export function arrivalOf(phone: string, number: number): Arrival {
  const party = { address: `phone:${phone}` as Address, aliases: [] }
  const id = `3EB0${phone}${number}` as MessageId
  return {
    instance: INSTANCE,
    receivedAt: Date.now(),
    source: '127.0.0.1',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(
      JSON.stringify({ event: 'message', payload: { id, from: phone, body: String(number) } }),
    ),
    reorderMs: 0,
    events: [
      {
        fact: { kind: 'message', message: { id, content: { type: 'text', text: String(number) } } },
        author: 'other',
        chat: party,
        sender: party,
        identity: 'fact',
        key: hashParts(['bench', phone, id]),
        disposition: 'handle',
        claims: false,
      },
    ],
  }
}
