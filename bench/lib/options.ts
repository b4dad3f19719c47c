export interface Options {
  engine: string
  /** Length of one round. */
  seconds: number
  rounds: number
  connections: number
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
