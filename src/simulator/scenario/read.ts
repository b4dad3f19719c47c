import { z } from 'zod'
import { address } from '../../core/address.ts'
import { closest } from '../../core/closest.ts'
import { HubError } from '../../core/errors.ts'
import type { Group, Person } from '../model.ts'
import type { SimulatedGateway, SimulatedNumber } from '../port.ts'
import { faultLine } from './faults.ts'
import { type Scenario, type ScenarioNumber, type Secret, scenarioSchema } from './schema.ts'

/**
 * A scenario out of a file's text.
 * @throws HubError E_INVALID naming every fault with its place in the file
 */
export function parseScenario(text: string): Scenario {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new HubError('E_INVALID', `The scenario is not JSON: ${(error as Error).message}`)
  }
  const parsed = scenarioSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(faultLine)
  throw new HubError('E_INVALID', ['The scenario has faults.', ...faults].join('\n'))
}

/** The scenario's format as JSON Schema, for editors. */
export const scenarioJsonSchema = (): object => ({
  title: 'A scenario of the Pombo simulator',
  ...z.toJSONSchema(scenarioSchema, { io: 'input', reused: 'ref' }),
})

export interface Cast {
  numbers: { number: SimulatedNumber; gateway: SimulatedGateway }[]
  people: Person[]
  groups: Group[]
}

export interface CastOptions {
  gateways: readonly SimulatedGateway[]
  /** The hub's URL, without a slash at the end. */
  hubUrl: string
  env: Readonly<Record<string, string | undefined>>
  /** Versions by instance that go before the file's. */
  generations?: ReadonlyMap<string, string>
}

/**
 * Everybody who plays in a scenario.
 * @throws HubError E_INVALID for a gateway, generation, person or variable that does not exist
 */
export function castOf(scenario: Scenario, options: CastOptions): Cast {
  const people = scenario.people.map(
    (person, index): Person => ({
      name: person.name,
      digits: person.digits,
      privateDigits: person.privateDigits ?? `1844674407370${String(index + 1).padStart(4, '0')}`,
      ...(person.shows && { shows: person.shows }),
      ...(person.devices !== undefined && { devices: person.devices }),
    }),
  )
  const digitsOf = (named: string): string => {
    const found = people.find(({ name, digits }) => name === named || digits === named)
    if (!found) throw unknown('person', named, names(people))
    return found.digits
  }
  const instances = scenario.numbers.map(({ instance }) => instance)
  for (const instance of options.generations?.keys() ?? [])
    if (!instances.includes(instance)) throw unknown('number', instance, instances)
  return {
    numbers: scenario.numbers.map((number, index) => castNumber(number, index, options)),
    people,
    groups: scenario.groups.map((group, index): Group => {
      if (!instances.includes(group.instance)) throw unknown('number', group.instance, instances)
      const { approval, locked, announce, own } = group
      return {
        address: address(
          'group',
          group.address?.slice('group:'.length) ?? `1203630${String(index + 1).padStart(11, '0')}`,
        ),
        name: group.name,
        instance: group.instance,
        members: group.members.map(digitsOf),
        admins: (group.admins ?? []).map(digitsOf),
        ...(own && { own }),
        ...(approval !== undefined && { approval }),
        ...(locked !== undefined && { locked }),
        ...(announce !== undefined && { announce }),
      }
    }),
  }
}

function castNumber(number: ScenarioNumber, index: number, options: CastOptions): Cast['numbers'][number] {
  const { gateways, hubUrl, env, generations } = options
  const gateway = gateways.find(({ name }) => name === number.gateway)
  if (!gateway) throw unknown('gateway', number.gateway, names(gateways))
  const generation = generations?.get(number.instance) ?? number.generation ?? gateway.generations[0] ?? ''
  if (!gateway.generations.includes(generation)) throw unknown('generation', generation, gateway.generations)
  const read = (secret: Secret): string => {
    if (typeof secret === 'string') return secret
    const value = env[secret.env]
    if (!value) throw new HubError('E_INVALID', `The environment variable ${secret.env} is not set.`)
    return value
  }
  const { instance, device, basicAuth } = number
  const key = number.key === undefined ? '' : `/${read(number.key)}`
  return {
    gateway,
    number: {
      instance,
      digits: number.digits ?? `55119000000${String(index + 1).padStart(2, '0')}`,
      privateDigits: `18446744073709${String(index + 1).padStart(2, '0')}`,
      name: number.name ?? instance,
      generation,
      connected: !number.loggedOut,
      ...(number.loggedOut && { loggedOut: true }),
      webhookUrl: `${hubUrl}/webhooks/${instance}${key}`,
      ...(number.secret !== undefined && { secret: read(number.secret) }),
      ...(number.token !== undefined && { token: read(number.token) }),
      ...(device !== undefined && { device }),
      ...(basicAuth && {
        basicAuth: { username: basicAuth.username, password: read(basicAuth.password) },
      }),
    },
  }
}

const names = (all: readonly { name: string }[]): string[] => all.map(({ name }) => name)

function unknown(what: string, named: string, known: readonly string[]): HubError {
  const meant = closest(named, known)
  const hint = meant ? `Did you mean "${meant}"?` : `There are ${known.join(', ')}.`
  return new HubError('E_INVALID', `The scenario has no ${what} "${named}". ${hint}`)
}
