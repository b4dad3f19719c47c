import { asText } from '../../../ui/code-view.tsx'

/** Which lines of two texts (from 0) are to be marked. */
export interface Marks {
  /** Of what came: what the hub has taken over. */
  taken: ReadonlySet<number>
  /** Of what the hub made of it: what does not stand in what came. */
  made: ReadonlySet<number>
}

/** Shorter ones, such as numbers and flags, are in everything and say nothing. */
const LEAST = 3
/** Further lines are not shown at once by anybody. */
const MOST_LINES = 5_000

const LEAF = /^\s*(?:"(?:[^"\\]|\\.)*":\s*)?("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*),?$/

/** The text or number at the end of a line of indented JSON; undefined for brackets, flags and null. */
function leafOf(line: string): string | undefined {
  const found = LEAF.exec(line)?.[1]
  if (found === undefined) return undefined
  const value: unknown = JSON.parse(found)
  return String(value)
}

/** Words the hub writes in front of what a gateway named: `phone:5511…`. */
const core = (leaf: string): string => leaf.replace(/^[a-z-]+:/, '')

/**
 * Compares what came with what the hub made of it, value by value: both are written line by line as
 * {@link asText} does.
 */
export function compare(came: unknown, made: unknown): Marks {
  const cameLines = asText(came).split('\n').slice(0, MOST_LINES)
  const madeLines = asText(made).split('\n').slice(0, MOST_LINES)
  const madeLeaves = madeLines.map(leafOf)
  const cameLeaves = cameLines.map(leafOf)
  const cores = new Set(
    madeLeaves.flatMap((leaf) => (leaf === undefined || core(leaf).length < LEAST ? [] : [core(leaf)])),
  )
  const taken = new Set<number>()
  const found = new Set<string>()
  cameLeaves.forEach((leaf, at) => {
    if (leaf === undefined || leaf.length < LEAST) return
    for (const one of cores) {
      if (
        leaf !== one &&
        !(one.length > LEAST && leaf.startsWith(one) && !/^\w/.test(leaf.slice(one.length)))
      )
        continue
      taken.add(at)
      found.add(one)
    }
  })
  const own = new Set<number>()
  madeLeaves.forEach((leaf, at) => {
    if (leaf !== undefined && core(leaf).length >= LEAST && !found.has(core(leaf))) own.add(at)
  })
  return { taken, made: own }
}
