import { type Address, address, addressKind, addressValue } from './address.ts'

/**
 * Numbers that are written in two ways.
 *
 * | country | forms of one number | what the numbering plan says |
 * |---|---|---|
 * | Brazil | `55 DD 9XXXXXXXX`, `55 DD XXXXXXXX` | every mobile number got a ninth digit, a leading 9, between 2012 and 2016; accounts made before may keep the old form. Only eight digits that begin with 6 to 9 were mobile numbers: 2 to 5 are landlines, which never got one, so the 9 must not be taken off a number that would become a landline |
 * | Mexico | `521 XXXXXXXXXX`, `52 XXXXXXXXXX` | the 1 was how a mobile number was dialled from abroad; the ten digits are one line. Given up in 2019 |
 * | Argentina | `549 XXXXXXXXXX`, `54 XXXXXXXXXX` | the 9 marks a mobile number from abroad. Mobile numbers and landlines share their ranges, so nothing in the ten digits tells whether the two are one line |
 *
 * No library is asked: libphonenumber has no notion of the old Brazilian form, drops the Mexican 1 silently
 * and takes an Argentine number without 9 for a landline.
 */
const FORMS: readonly {
  long: RegExp
  short: RegExp
  toShort(digits: string): string
  toLong(digits: string): string
  oneLine: boolean
}[] = [
  {
    // Area codes have no zero. The digit after the ninth one, or the first of eight, is that of a mobile number.
    long: /^55[1-9][1-9]9[6-9]\d{7}$/,
    short: /^55[1-9][1-9][6-9]\d{7}$/,
    toShort: (digits) => digits.slice(0, 4) + digits.slice(5),
    toLong: (digits) => `${digits.slice(0, 4)}9${digits.slice(4)}`,
    oneLine: true,
  },
  {
    long: /^521[2-9]\d{9}$/,
    short: /^52[2-9]\d{9}$/,
    toShort: (digits) => `52${digits.slice(3)}`,
    toLong: (digits) => `521${digits.slice(2)}`,
    oneLine: true,
  },
  {
    long: /^549[1-8]\d{9}$/,
    short: /^54[1-8]\d{9}$/,
    toShort: (digits) => `54${digits.slice(3)}`,
    toLong: (digits) => `549${digits.slice(2)}`,
    oneLine: false,
  },
]

export interface OtherForm {
  /** Digits of the international number, like the one it was asked for. */
  digits: string
  /** True when the numbering plan makes the two one line; false when they may be two people's. */
  oneLine: boolean
}

/**
 * The other way to write a number, if it has one. Symmetric: the other form of the other form is the number
 * itself. Says nothing about whether anybody has it.
 * @param digits an international number without `+`
 */
export function otherForm(digits: string): OtherForm | undefined {
  for (const form of FORMS) {
    if (form.long.test(digits)) return { digits: form.toShort(digits), oneLine: form.oneLine }
    if (form.short.test(digits)) return { digits: form.toLong(digits), oneLine: form.oneLine }
  }
  return undefined
}

/** Every way to write a number, in the order to look them up: as given, then the other form. */
export function phoneForms(digits: string): string[] {
  const other = otherForm(digits)
  return other === undefined ? [digits] : [digits, other.digits]
}

/** {@link otherForm} of a phone address; undefined for every other kind of address. */
export function otherAddress(of: Address): { address: Address; oneLine: boolean } | undefined {
  if (addressKind(of) !== 'phone') return undefined
  const other = otherForm(addressValue(of))
  return other && { address: address('phone', other.digits), oneLine: other.oneLine }
}
