import { type Address, address } from '../core/address.ts'
import type { GroupChange, Party } from '../core/events.ts'
import type { Random } from '../core/ports.ts'
import { type Group, type Person, WorldError } from './model.ts'
import type { News } from './news.ts'
import { type People, party } from './people.ts'
import type { Happening, SimulatedGroup, SimulatedNumber } from './port.ts'

/** Who does something in a group: a person, or our own number through the API or by hand. */
export type Actor = { person: Person } | { number: SimulatedNumber; by: 'api' | 'person' }
export type MemberChange = 'add' | 'remove' | 'promote' | 'demote' | 'approve' | 'reject'
export type MemberOutcome = 'done' | 'not-a-member' | 'not-on-whatsapp' | 'not-admin'

const LINK = 'https://chat.whatsapp.com/'
const LINK_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

export interface GroupsParts {
  random: Random
  news: News
  people: People
  number(instance: string): SimulatedNumber
}

/** Groups, who is in them, and who may do what there. Every change is a fact that the gateways learn of. */
export class Groups {
  readonly byAddress: Map<Address, Group>
  readonly #parts: GroupsParts

  constructor(groups: readonly Group[], parts: GroupsParts) {
    this.#parts = parts
    this.byAddress = new Map(
      groups.map((group) => [group.address, { ...group, members: [...group.members] }]),
    )
  }

  /** @throws WorldError when there is none */
  get(at: Address): Group {
    const group = this.byAddress.get(at)
    if (!group) throw new WorldError('there is no such group')
    return group
  }

  /** The group as a member with this instance may see it. */
  seenBy(instance: string, at: Address): SimulatedGroup | undefined {
    const group = this.byAddress.get(at)
    return group && group.instance === instance && group.own !== 'gone' ? this.#seen(group) : undefined
  }

  of(instance: string): SimulatedGroup[] {
    return [...this.byAddress.values()]
      .filter((group) => group.instance === instance && group.own !== 'gone')
      .map((group) => this.#seen(group))
  }

  isAdmin(group: Group, actor: Actor): boolean {
    return 'person' in actor
      ? (group.admins ?? []).includes(actor.person.digits)
      : group.instance === actor.number.instance && (group.own ?? 'admin') === 'admin'
  }

  /** @throws WorldError when only admins write here, or the person is not in it */
  mustSpeak(group: Group, person: Person): void {
    if (!group.members.includes(person.digits)) throw new WorldError(`${person.name} is not in the group`)
    if (group.announce && !this.isAdmin(group, { person }))
      throw new WorldError('only admins may write in this group')
  }

  create(number: SimulatedNumber, name: string, members: readonly Address[]): Group {
    const { people, random } = this.#parts
    const digits = members.flatMap((at) => {
      if (!people.exists(at)) return []
      people.resolve(at)
      return people.find(at)?.digits ?? []
    })
    let id = '1203634'
    while (id.length < 18) id += Math.floor(random() * 10)
    const group: Group = {
      address: address('group', id),
      name,
      instance: number.instance,
      members: [...new Set(digits)],
      admins: [],
      own: 'admin',
    }
    this.byAddress.set(group.address, group)
    this.#membership(group, { number, by: 'api' }, 'join', [party(number)], true)
    return group
  }

  /** One outcome per member; those that were `done` are one fact. */
  changeMembers(
    group: Group,
    actor: Actor,
    change: MemberChange,
    members: readonly Address[],
  ): MemberOutcome[] {
    const done: Person[] = []
    const outcomes = members.map((at): MemberOutcome => {
      if (!this.isAdmin(group, actor)) return 'not-admin'
      const outcome = this.#changeMember(group, change, at)
      const person = this.#parts.people.find(at)
      if (outcome === 'done' && person) done.push(person)
      return outcome
    })
    if (done.length === 0) return outcomes
    if (change === 'reject') this.#changed(group)
    else this.#membership(group, actor, FACTS[change], done.map(party))
    return outcomes
  }

  /** Somebody comes in by themselves: by the link, or because a test says so. */
  join(group: Group, person: Person): void {
    if (group.members.includes(person.digits)) throw new WorldError(`${person.name} is in the group already`)
    group.members.push(person.digits)
    this.#dropRequest(group, person)
    this.#membership(group, { person }, 'join', [party(person)])
  }

  /** Waits for an admin's approval, or is in at once where none is needed. */
  ask(group: Group, person: Person): void {
    if (!group.approval) {
      this.join(group, person)
      return
    }
    if (group.members.includes(person.digits)) throw new WorldError(`${person.name} is in the group already`)
    group.requests = [...new Set([...(group.requests ?? []), person.digits])]
    this.#changed(group)
  }

  leave(group: Group, person: Person): void {
    if (!group.members.includes(person.digits)) throw new WorldError(`${person.name} is not in the group`)
    this.#takeOut(group, person)
    this.#membership(group, { person }, 'leave', [party(person)])
  }

  /** Our number goes, or is put out by `actor`. */
  loseOwn(group: Group, actor: Actor, number: SimulatedNumber): void {
    if (group.own === 'gone') throw new WorldError('the number is not in the group')
    this.#membership(group, actor, 'leave', [party(number)], true)
    group.own = 'gone'
    this.#changed(group)
  }

  /** Our number comes in, or is let in by `actor`. */
  gainOwn(group: Group, actor: Actor, number: SimulatedNumber): void {
    if (group.own !== 'gone') throw new WorldError('the number is in the group already')
    group.own = 'member'
    this.#membership(group, actor, 'join', [party(number)], true)
  }

  /** Somebody makes our number an admin, or takes that away. */
  setOwnAdmin(group: Group, actor: Actor, number: SimulatedNumber, admin: boolean): void {
    if (group.own === 'gone') throw new WorldError('the number is not in the group')
    group.own = admin ? 'admin' : 'member'
    this.#membership(group, actor, admin ? 'promote' : 'demote', [party(number)], true)
  }

  /** False when the actor may not. `picture: ''` removes it. */
  change(group: Group, actor: Actor, change: GroupChange & { picture?: string }): boolean {
    const open = 'person' in actor ? group.members.includes(actor.person.digits) : group.own !== 'gone'
    const forAdmins = SETTINGS_OF_ADMINS.some((key) => change[key] !== undefined)
    if (!this.isAdmin(group, actor) && (!open || group.locked || forAdmins)) return false
    const { picture, inviteLink, deleted, ...settings } = change
    Object.assign(group, settings)
    if (picture !== undefined) {
      if (picture === '') delete group.picture
      else group.picture = picture
    }
    this.#changed(group)
    const told = { ...settings, ...(inviteLink && { inviteLink }), ...(deleted && { deleted }) }
    if (Object.keys(told).length > 0) this.#happened(group, actor, { kind: 'group', ...told })
    if (deleted) this.byAddress.delete(group.address)
    return true
  }

  inviteLink(group: Group, actor: Actor, reset = false): string | undefined {
    if (!this.isAdmin(group, actor)) return undefined
    if (group.link === undefined || reset) {
      group.link = this.#newCode()
      this.#changed(group)
      if (reset) this.#happened(group, actor, { kind: 'group', inviteLink: LINK + group.link })
    }
    return LINK + group.link
  }

  /** `link` may be the whole link or only its code. */
  byLink(link: string): Group | undefined {
    const code = link.slice(link.lastIndexOf('/') + 1)
    return code === '' ? undefined : [...this.byAddress.values()].find((group) => group.link === code)
  }

  requests(group: Group): Party[] {
    return (group.requests ?? []).map((digits) => party(this.#parts.people.get(digits)))
  }

  /** The group as a member with admin's eyes sees it, whoever asks: for a link one may look behind. */
  describe(group: Group): SimulatedGroup {
    return this.#seen(group)
  }

  #changeMember(group: Group, change: MemberChange, at: Address): MemberOutcome {
    const { people } = this.#parts
    if (!people.exists(at)) return 'not-on-whatsapp'
    if (change === 'add') people.resolve(at)
    const person = people.find(at)
    if (!person) return 'not-a-member'
    const inside = group.members.includes(person.digits)
    switch (change) {
      case 'add':
        if (!inside) group.members.push(person.digits)
        this.#dropRequest(group, person)
        return 'done'
      case 'approve':
      case 'reject':
        if (!group.requests?.includes(person.digits)) return 'not-a-member'
        this.#dropRequest(group, person)
        if (change === 'approve') group.members.push(person.digits)
        return 'done'
      case 'remove':
        if (inside) this.#takeOut(group, person)
        return inside ? 'done' : 'not-a-member'
      case 'promote':
        if (inside) group.admins = [...new Set([...(group.admins ?? []), person.digits])]
        return inside ? 'done' : 'not-a-member'
      case 'demote':
        if (inside) group.admins = (group.admins ?? []).filter((one) => one !== person.digits)
        return inside ? 'done' : 'not-a-member'
    }
  }

  #takeOut(group: Group, { digits }: Person): void {
    group.members = group.members.filter((member) => member !== digits)
    if (group.admins) group.admins = group.admins.filter((admin) => admin !== digits)
  }

  #dropRequest(group: Group, { digits }: Person): void {
    if (group.requests) group.requests = group.requests.filter((one) => one !== digits)
  }

  #membership(
    group: Group,
    actor: Actor,
    change: 'join' | 'leave' | 'promote' | 'demote',
    members: Party[],
    self = false,
  ): void {
    this.#changed(group)
    this.#happened(group, actor, { kind: 'membership', change, members, ...(self && { self: true }) })
  }

  #happened(group: Group, actor: Actor, fact: Happening['fact']): void {
    this.#parts.news.happened(this.#parts.number(group.instance), {
      fact,
      author: 'person' in actor ? 'other' : actor.by,
      chat: { address: group.address, aliases: [], name: group.name },
      sender: party('person' in actor ? actor.person : actor.number),
    })
  }

  #changed(group: Group): void {
    this.#parts.news.tell({ type: 'group', group })
  }

  #newCode(): string {
    let code = ''
    while (code.length < 22)
      code += LINK_LETTERS[Math.floor(this.#parts.random() * LINK_LETTERS.length)] ?? 'A'
    return code
  }

  #seen(group: Group): SimulatedGroup {
    const { people, number } = this.#parts
    const own = group.own ?? 'admin'
    const members = group.members.map((digits) => ({
      ...party(people.get(digits)),
      admin: (group.admins ?? []).includes(digits),
    }))
    return {
      address: group.address,
      name: group.name,
      ...(group.description !== undefined && { description: group.description }),
      ...(group.locked !== undefined && { locked: group.locked }),
      ...(group.announce !== undefined && { announce: group.announce }),
      ...(group.approval !== undefined && { approval: group.approval }),
      members:
        own === 'gone' ? members : [{ ...party(number(group.instance)), admin: own === 'admin' }, ...members],
      admin: own === 'admin',
    }
  }
}

/** What becomes of a member, in the hub's vocabulary. */
const FACTS = {
  add: 'join',
  approve: 'join',
  remove: 'leave',
  promote: 'promote',
  demote: 'demote',
} as const
/** What a member who is no admin may never change. */
const SETTINGS_OF_ADMINS = ['locked', 'announce', 'approval', 'inviteLink', 'deleted'] as const
