import {
  type Address,
  type AddressKind,
  address,
  addressKind,
  addressValue,
  parseAddress,
} from '../../../core/address.ts'
import type { Party } from '../../../core/events.ts'

/** One address as GOWA spells it. */
export interface Jid {
  address: Address
  /** As delivered, without agent and device suffix: what dedupe keys are made of. */
  bare: string
}

const DIGITS = /^[0-9]{1,40}$/
/** `<digits>[.agent][:device]`: agent and device name one linked device of the person. */
const PERSON = /^([0-9]{1,40})(?:\.[0-9]{1,5})?(?::[0-9]{1,5})?$/
const GROUP = /^[0-9]{1,40}(?:-[0-9]{1,40})?$/
const CHANNEL = /^[0-9A-Za-z_-]{1,64}$/
/** An id a business sees instead of a number: country and letters or digits, with or without a device. */
const BUSINESS = /^([A-Z]{2}\.[0-9A-Za-z]{5,100})(?::[0-9]{1,5})?$/

/**
 * Reads a full address (`user@server`); undefined for anything else. Forms by whatsmeow and GOWA 3-9:
 * people with agent and device suffix, private ids (`@lid`), both also as devices hosted by WhatsApp
 * (`@hosted`, `@hosted.lid`), business-scoped ids, groups with legacy `creator-time` ids, channels, and
 * `status@broadcast`.
 */
export function parseJid(text: string | undefined): Jid | undefined {
  if (text === undefined) return undefined
  const at = text.indexOf('@')
  if (at < 1) return undefined
  const user = text.slice(0, at)
  const server = text.slice(at + 1)
  const made = (kind: AddressKind, value: string | undefined, bareServer = server) => {
    const parsed = value === undefined ? undefined : parseAddress(address(kind, value))
    return parsed && { address: parsed, bare: `${value}@${bareServer}` }
  }
  switch (server) {
    case 's.whatsapp.net':
    case 'hosted':
    case 'lid':
    case 'hosted.lid': {
      const business = BUSINESS.exec(user)?.[1]
      if (business !== undefined) return made('business', business)
      const [kind, home] = server.endsWith('lid')
        ? (['private', 'lid'] as const)
        : (['phone', 's.whatsapp.net'] as const)
      return made(kind, PERSON.exec(user)?.[1], home)
    }
    case 'g.us':
      return made('group', GROUP.test(user) ? user : undefined)
    case 'newsletter':
      return made('channel', CHANNEL.test(user) ? user : undefined)
    case 'broadcast':
      return user === 'status' ? { address: address('status', 'broadcast'), bare: text } : undefined
    default:
      return undefined
  }
}

/**
 * Like {@link parseJid}, and for text without a server GOWA's own rule for recipients: at most 15
 * characters are a phone number, more are a group.
 */
export function parseLoose(text: string | undefined): Jid | undefined {
  if (text === undefined || text.includes('@')) return parseJid(text)
  if (BUSINESS.test(text)) return parseJid(`${text}@s.whatsapp.net`)
  const digits = text.replace(/^\+/, '')
  if (digits.length > 15) return parseJid(`${digits}@g.us`)
  return DIGITS.test(digits) && !digits.startsWith('0') ? parseJid(`${digits}@s.whatsapp.net`) : undefined
}

/** The spelling GOWA's REST API takes; undefined for addresses it does not know (business-scoped ids). */
export function formatJid(to: Address): string | undefined {
  const value = addressValue(to)
  switch (addressKind(to)) {
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

export const isPerson = (a: Address): boolean =>
  addressKind(a) === 'phone' || addressKind(a) === 'private' || addressKind(a) === 'business'

/**
 * One party out of everything that names it, most trusted first. A phone is the address where there is
 * one, and one name of each further kind is an alias; a second one of the same kind is not believed.
 */
export function partyOf(names: readonly (Jid | undefined)[], name?: string): Party | undefined {
  const known = names.flatMap((one) => (one ? [one.address] : []))
  const first = known[0]
  if (first === undefined) return undefined
  const label = name === undefined ? {} : { name }
  if (!isPerson(first)) return { address: first, aliases: [], ...label }
  const kinds = (['phone', 'private', 'business'] as const).map((kind) =>
    known.find((one) => addressKind(one) === kind),
  )
  const best = kinds[0] ?? first
  return {
    address: best,
    aliases: kinds.filter((one) => one !== undefined).filter((one) => one !== best),
    ...label,
  }
}
