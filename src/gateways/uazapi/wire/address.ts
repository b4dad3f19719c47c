import {
  type Address,
  type AddressKind,
  addressKind,
  addressValue,
  parseAddress,
} from '../../../core/address.ts'
import type { Party } from '../../../core/events.ts'

/**
 * How uazapi spells addresses, in webhooks and REST alike (captured on 2.x; the same since 1.0.0):
 *
 * | wire | hub |
 * |---|---|
 * | `<digits>@s.whatsapp.net`, `@c.us`, `@hosted`, bare digits | phone |
 * | `<digits>@lid`, `@hosted.lid` | private |
 * | `<digits>@g.us`, legacy `<creator>-<time>@g.us` | group |
 * | `<digits>@newsletter` | channel |
 * | `status@broadcast` | status |
 * | `<country>.<letters and digits>`, bare or with the server of a phone (WhatsApp's own form; not seen here yet) | business |
 *
 * A person's name may carry an agent and a device: `<digits>.<agent>:<device>@…`. Both name a device, not
 * somebody else, and are dropped.
 */
const PERSON = /^([0-9]{1,20})(?:[._][0-9]{1,3})?(?::[0-9]{1,5})?$/
const GROUP = /^[0-9]{5,24}(?:-[0-9]{5,20})?$/
const BUSINESS = /^[A-Z]{2}\.[0-9A-Za-z]{5,100}$/
/** E.164 allows 15 digits. Longer bare digits are a group or channel that lost its server, not a phone. */
const BARE_PHONE = /^[0-9]{5,15}$/

/** One address as delivered → hub; undefined when it names nobody the hub can speak of. */
export function readAddress(text: string): Address | undefined {
  const at = text.lastIndexOf('@')
  const user = at < 0 ? text : text.slice(0, at)
  const person = PERSON.exec(user)?.[1]
  switch (at < 0 ? '' : text.slice(at + 1).toLowerCase()) {
    case '':
      if (person === undefined) return readBusiness(user)
      return BARE_PHONE.test(person) ? parseAddress(`phone:${person}`) : undefined
    case 's.whatsapp.net':
    case 'c.us':
    case 'hosted':
      return person === undefined ? readBusiness(user) : parseAddress(`phone:${person}`)
    case 'lid':
    case 'hosted.lid':
      return person === undefined ? undefined : parseAddress(`private:${person}`)
    case 'g.us':
      return GROUP.test(user) ? parseAddress(`group:${user}`) : undefined
    case 'newsletter':
      return GROUP.test(user) ? parseAddress(`channel:${user}`) : undefined
    case 'broadcast':
      return user === 'status' ? parseAddress('status:broadcast') : undefined
    default:
      return undefined
  }
}

const readBusiness = (user: string): Address | undefined =>
  BUSINESS.test(user) ? parseAddress(`business:${user}`) : undefined

/** An address as delivered, without agent and device: what identities are made of. Other text stays as it is. */
export function withoutDevice(text: string): string {
  const at = text.lastIndexOf('@')
  const person = PERSON.exec(at < 0 ? text : text.slice(0, at))?.[1]
  return person === undefined ? text : person + (at < 0 ? '' : text.slice(at))
}

/** What people paste as a recipient: any wire form, or a phone number as it is written by hand. */
export function readRecipient(text: string): Address | undefined {
  const trimmed = text.trim()
  if (!/^\+?[0-9 ().-]+$/.test(trimmed)) return readAddress(trimmed)
  return readAddress(trimmed.replace(/[^0-9]/g, ''))
}

/**
 * The full wire form of an address; undefined for kinds uazapi has no name for.
 * The inverse of {@link readAddress}.
 */
export function fullForm(address: Address): string | undefined {
  const value = addressValue(address)
  switch (addressKind(address)) {
    case 'phone':
      return `${value}@s.whatsapp.net`
    case 'private':
      return `${value}@lid`
    case 'group':
      return `${value}@g.us`
    case 'channel':
      return `${value}@newsletter`
    case 'status':
      return 'status@broadcast'
    case 'business':
      return undefined
  }
}

/** What `number` takes in a request: bare digits for a phone, the full form for everything else. */
export const numberForm = (address: Address): string | undefined =>
  addressKind(address) === 'phone' ? addressValue(address) : fullForm(address)

/**
 * Everything one fact shows of somebody, as one party: the first phone is its address, else the first
 * address at all; the rest are aliases. Undefined when nothing is readable.
 *
 * Nobody has two phones or two private ids in one fact: a second one is somebody else's, and is left out.
 * Merging two people by mistake is far worse than learning later that they are one.
 */
export function readParty(spellings: readonly string[], name = ''): Party | undefined {
  const byKind = new Map<AddressKind, Address>()
  for (const spelling of spellings) {
    const found = readAddress(spelling)
    if (found !== undefined && !byKind.has(addressKind(found))) byKind.set(addressKind(found), found)
  }
  const all = [...byKind.values()]
  const address = byKind.get('phone') ?? all[0]
  if (address === undefined) return undefined
  return { address, aliases: all.filter((one) => one !== address), ...(name !== '' && { name }) }
}
