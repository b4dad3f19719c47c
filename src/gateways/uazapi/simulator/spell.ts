import { type Address, address, addressKind, addressValue, chatKind } from '../../../core/address.ts'
import type { Party } from '../../../core/events.ts'
import type { SimulatedNumber } from '../../../simulator/port.ts'
import { fullForm } from '../wire/address.ts'

export type Json = Record<string, unknown>

/** An address as uazapi writes it; a business-scoped id has no server. */
export const wireAddress = (one: Address): string => fullForm(one) ?? addressValue(one)

/** The chat of a happening, `""` when it has none. */
export const chatAddress = (chat: Party | undefined): string =>
  chat === undefined ? '' : wireAddress(chat.address)

export interface Spelled {
  phone: string
  private: string
  name: string
}
/** A party as uazapi writes it: its phone and its private id, each `""` when not known. */
export function spell(party: Party | undefined): Spelled {
  const all = party === undefined ? [] : [party.address, ...party.aliases]
  const form = (kind: 'phone' | 'private') =>
    all.filter((one) => addressKind(one) === kind).map(fullForm)[0] ?? ''
  const business = party && addressKind(party.address) === 'business' ? wireAddress(party.address) : ''
  return { phone: form('phone') || business, private: form('private'), name: party?.name ?? '' }
}
export const ownParty = (number: SimulatedNumber): Party => ({
  address: address('phone', number.digits),
  aliases: [address('private', number.privateDigits)],
  name: number.name,
})
export const isDirect = (chat: Party | undefined): boolean =>
  chat !== undefined && chatKind(chat.address) === 'direct'
