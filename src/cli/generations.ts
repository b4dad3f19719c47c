import type { SimulatedGateway, SimulatedNumber } from '../simulator/port.ts'
import { usage } from './flags.ts'

/**
 * Which version each number's gateway speaks, out of `--generation INSTANCE=GENERATION`.
 * @throws HubError E_USAGE for what is not of that form
 */
export function parseGenerations(given: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    given.map((one) => {
      const [, instance, generation] = /^([^=]+)=(.+)$/.exec(one) ?? []
      if (instance === undefined || generation === undefined)
        throw usage(
          `--generation takes INSTANCE=GENERATION, as in support=flat-7, not ${JSON.stringify(one)}.`,
        )
      return [instance, generation] as const
    }),
  )
}

/**
 * Sets the chosen versions.
 * @throws HubError E_USAGE for a number or version that does not exist
 */
export function applyGenerations(
  numbers: readonly { number: SimulatedNumber; gateway: SimulatedGateway }[],
  chosen: ReadonlyMap<string, string>,
): void {
  for (const [instance, generation] of chosen) {
    const found = numbers.find(({ number }) => number.instance === instance)
    if (!found) {
      const known = numbers.map(({ number }) => number.instance).join(', ')
      throw usage(`There is no number "${instance}"; there are ${known}.`)
    }
    const { number, gateway } = found
    if (!gateway.generations.includes(generation))
      throw usage(
        `The gateway of "${instance}" has no generation "${generation}"; there are ${gateway.generations.join(', ')}.`,
      )
    number.generation = generation
  }
}
