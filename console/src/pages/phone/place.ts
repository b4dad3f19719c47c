import type { PhoneState } from '../../../../src/simulator/phone-view.ts'

/** Who one is, and whom one writes to: a number, or a group of that number. */
export interface Place {
  instance: string
  /** Digits. */
  person: string
  /** Address of the group. */
  group?: string
}

/** A place as it stands in a URL: `support/5511912345678`, with the group behind it. */
export const writePlace = ({ instance, person, group }: Place): string =>
  [instance, person, ...(group === undefined ? [] : [group])].join('/')

/** @returns what a URL says of a place; all of it may be missing or mean nothing */
export function readPlace(text = ''): Partial<Place> {
  const [instance, person, group] = text.split('/')
  return { ...(instance && { instance }), ...(person && { person }), ...(group && { group }) }
}

/** @returns the place that is wanted, or the nearest there is; undefined in a world without people or numbers */
export function nearestPlace(
  { people, groups, numbers }: Pick<PhoneState, 'people' | 'groups' | 'numbers'>,
  wanted: Partial<Place>,
): Place | undefined {
  const person = people.find(({ digits }) => digits === wanted.person) ?? people[0]
  const group = groups.find(({ address }) => address === wanted.group)
  const number =
    numbers.find(({ instance }) => instance === (group?.instance ?? wanted.instance)) ?? numbers[0]
  if (!person || !number) return undefined
  return {
    instance: number.instance,
    person: person.digits,
    ...(group && { group: group.address }),
  }
}

/** Address of the chat at a place. */
export const chatAddress = ({ person, group }: Pick<Place, 'person' | 'group'>): string =>
  group ?? `phone:${person}`
