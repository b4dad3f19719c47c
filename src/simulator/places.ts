import type { Address } from '../core/address.ts'
import type { Author, Party } from '../core/events.ts'
import type { Chats } from './chats.ts'
import type { Groups } from './groups.ts'
import { type Person, type Place, type WorldChat, WorldError } from './model.ts'
import type { News } from './news.ts'
import { type People, party } from './people.ts'
import type { Happening, SimulatedNumber } from './port.ts'

export interface PlacesParts {
  news: News
  people: People
  groups: Groups
  chats: Chats
  /** @throws WorldError when there is none */
  number(instance: string): SimulatedNumber
}

/** Who does something; our own number when there is no `sender`. */
export interface By {
  sender?: Person
  author?: Author
  reference?: string | undefined
  device?: number | undefined
}

/** Where something happens: which chat a place is, who is in it, and how WhatsApp tells of it. */
export class Places {
  readonly #parts: PlacesParts

  constructor(parts: PlacesParts) {
    this.#parts = parts
  }

  /** @throws WorldError when the person or our number is not there */
  chat(place: Place): WorldChat {
    const { people, groups, chats, number } = this.#parts
    const { instance } = number(place.instance)
    const person = people.get(place.person)
    if (place.group === undefined) return chats.with(instance, person.digits)
    const group = groups.get(place.group)
    if (group.instance !== instance || group.own === 'gone')
      throw new WorldError('this number is not in the group')
    if (!group.members.includes(person.digits)) throw new WorldError(`${person.name} is not in the group`)
    return chats.at(instance, group.address)
  }

  /** Who gets what our number says in a chat. */
  recipients({ address: at }: WorldChat): Person[] {
    const { people, groups } = this.#parts
    const group = groups.byAddress.get(at)
    if (group) return group.members.map((digits) => people.get(digits))
    const person = people.find(at)
    return person ? [person] : []
  }

  /** A chat as WhatsApp shows it. */
  shown(at: Address): Party {
    const group = this.#parts.groups.byAddress.get(at)
    if (group) return { address: at, aliases: [], name: group.name }
    const person = this.#parts.people.find(at)
    return person ? party(person) : { address: at, aliases: [] }
  }

  /** The gateway of the chat's number learns of this. */
  happened(chat: WorldChat, fact: Happening['fact'], by: By): void {
    const number = this.#parts.number(chat.instance)
    this.#parts.news.happened(number, {
      fact,
      author: by.author ?? 'other',
      chat: this.shown(chat.address),
      sender: party(by.sender ?? number),
      ...(by.reference !== undefined && { reference: by.reference }),
      ...(by.device !== undefined && { device: by.device }),
    })
  }
}
