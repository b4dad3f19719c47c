import { type Address, address, addressKind, addressValue } from '../core/address.ts'
import type { Party } from '../core/events.ts'
import { type Person, WorldError } from './model.ts'

const MOST = 200

/** Everybody there is: the people of the world, and whoever our numbers write to. */
export class People {
  readonly byDigits: Map<string, Person>
  readonly #appeared: (person: Person) => void

  constructor(people: readonly Person[], appeared: (person: Person) => void) {
    this.byDigits = new Map(people.map((person) => [person.digits, person]))
    this.#appeared = appeared
  }

  /** @throws WorldError when there is nobody with this number */
  get(digits: string): Person {
    const person = this.byDigits.get(digits)
    if (!person) throw new WorldError(`there is nobody with the number ${digits}`)
    return person
  }

  find(at: Address): Person | undefined {
    const value = addressValue(at)
    if (addressKind(at) === 'private')
      return [...this.byDigits.values()].find((person) => person.privateDigits === value)
    return addressKind(at) === 'phone' ? this.byDigits.get(value) : undefined
  }

  /** Every phone number exists here, except those that end in `0000`. */
  exists(at: Address): boolean {
    if (addressKind(at) === 'private') return this.find(at) !== undefined
    return addressKind(at) === 'phone' && !addressValue(at).endsWith('0000')
  }

  /** The address a chat is kept under; a number nobody had so far gets a person. */
  resolve(at: Address): Address {
    const known = this.find(at)
    if (known) return address('phone', known.digits)
    if (addressKind(at) === 'phone' && this.byDigits.size < MOST) {
      const digits = addressValue(at)
      const person = { digits, privateDigits: `9${digits.split('').reverse().join('')}`, name: `+${digits}` }
      this.byDigits.set(digits, person)
      this.#appeared(person)
    }
    return at
  }
}

/** Somebody as WhatsApp shows them: phone and private id, or only one of them. */
export function party(who: Pick<Person, 'digits' | 'privateDigits' | 'name' | 'shows'>): Party {
  const phone = address('phone', who.digits)
  const hidden = address('private', who.privateDigits)
  switch (who.shows) {
    case 'private':
      return { address: hidden, aliases: [], name: who.name }
    case 'phone':
      return { address: phone, aliases: [], name: who.name }
    default:
      return { address: phone, aliases: [hidden], name: who.name }
  }
}
