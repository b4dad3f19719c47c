import { addressKind, addressValue } from '../../../core/address.ts'
import type { Party } from '../../../core/events.ts'
import type { SimulatedNumber } from '../../../simulator/port.ts'
import { formatJid } from '../wire/address.ts'

/** Whole seconds, as GOWA writes times. */
export const rfc3339 = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')
export const jid = (party: Party | undefined): string | undefined => party && formatJid(party.address)
/** The private id beside a number. */
export const hidden = (party: Party | undefined): string | undefined => {
  const alias = party?.aliases.find((one) => addressKind(one) === 'private')
  return alias && formatJid(alias)
}
export const ownJid = (number: SimulatedNumber): string => `${number.digits}@s.whatsapp.net`
/** ≥ 9.0.1: the number where there is no name. */
export const shownAs = (party: Party | undefined): string | undefined =>
  party && (party.name ?? addressValue(party.address))
