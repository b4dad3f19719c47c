import type { SimulatedNumber } from '../../../simulator/port.ts'

/** The last minor version of each line, for generations named without one. */
const LAST: Readonly<Record<number, number>> = { 9: 2, 8: 11, 7: 11 }

/** GOWA's version that a generation (`envelope-8.3`, `flat-7`) stands for. */
export function versionOf({
  generation,
}: Pick<SimulatedNumber, 'generation'>): [major: number, minor: number] {
  const match = /(\d+)(?:\.(\d+))?/.exec(generation)
  const major = Number(match?.[1] ?? 9)
  return [major, match?.[2] === undefined ? (LAST[major] ?? 0) : Number(match[2])]
}
export function atLeast(number: Pick<SimulatedNumber, 'generation'>, major: number, minor: number): boolean {
  const [have, after] = versionOf(number)
  return have > major || (have === major && after >= minor)
}
