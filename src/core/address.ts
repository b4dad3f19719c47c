/**
 * An address is a way WhatsApp names somebody. It is written `kind:value` everywhere in the hub, so that
 * no gateway's own spelling reaches bots, tables or the API. Gateway folders translate both ways.
 *
 * | kind | value |
 * |---|---|
 * | phone | digits of the international number, no `+` |
 * | private | the private id WhatsApp gives instead of a number |
 * | group | group id, legacy `creator-time` form included |
 * | channel | channel id |
 * | business | business-scoped id without a phone number |
 * | status | `broadcast`: status posts |
 */
export const ADDRESS_KINDS = ['phone', 'private', 'group', 'channel', 'business', 'status'] as const
export type AddressKind = (typeof ADDRESS_KINDS)[number]
declare const brand: unique symbol
export type Address = `${AddressKind}:${string}` & { readonly [brand]?: 'Address' }

const ADDRESS = /^(phone|private|group|channel|business|status):(.{1,128})$/s

/** Makes an address of a kind and a value that the caller has already cleaned. */
export const address = (kind: AddressKind, value: string): Address => `${kind}:${value}` as Address

/** Parses `kind:value`; undefined for anything else. A phone must be 5 to 20 digits. */
export function parseAddress(text: string): Address | undefined {
  const match = ADDRESS.exec(text)
  if (!match) return undefined
  if (match[1] === 'phone' && !/^[0-9]{5,20}$/.test(match[2] ?? '')) return undefined
  return text as Address
}

export const addressKind = (a: Address): AddressKind => a.slice(0, a.indexOf(':')) as AddressKind
export const addressValue = (a: Address): string => a.slice(a.indexOf(':') + 1)

/** What sort of conversation an address leads to. */
export type ChatKind = 'direct' | 'group' | 'channel' | 'status'
export function chatKind(a: Address): ChatKind {
  const kind = addressKind(a)
  return kind === 'group' || kind === 'channel' || kind === 'status' ? kind : 'direct'
}
