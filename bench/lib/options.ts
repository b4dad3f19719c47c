import type { EngineName } from './databases.ts'

export interface Options {
  engine: EngineName
  /** Length of one round. */
  seconds: number
  rounds: number
  connections: number
  /** Of the hub, on one database. */
  nodes: number
  /** How much is put into the store before anything is measured. */
  rows: number
  /** Run the program from `src`, instead of building what users get. */
  source: boolean
  /** Folder for a CPU profile of the hub. */
  profile?: string | undefined
}

/** What a bench found; with `--json` it is the last line. */
export interface Report {
  name: string
  engine: string
  /** Per second, medians over the rounds. */
  rates: Record<string, number>
  /** Pombo's rate over theirs. */
  ratios: Record<string, number>
  /** Most the hub took under load. */
  rssMb: number
  [more: string]: unknown
}
