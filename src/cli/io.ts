import { createInterface } from 'node:readline/promises'

/** What a command takes from the terminal it was started in. A test hands in its own. */
export interface Io {
  /** One line to standard output: what was asked for. */
  out(line: string): void
  /** One line to standard error: what went wrong. */
  err(line: string): void
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Standard error is a terminal: a person reads along. */
  readonly human: boolean
  /** Colours are welcome: a terminal, and `NO_COLOR` is not set. */
  readonly colour: boolean
  /** Calls back for every SIGTERM and SIGINT, which then no longer end the process. */
  onSignal(listener: (signal: StopSignal) => void): () => void
  /**
   * Calls back for a promise that was rejected with nobody to hear it, which then no longer ends the process:
   * a bot that forgot an `await` must not take every number down.
   */
  onStray(listener: (error: unknown) => void): void
  /** Asks the person at the terminal; missing where there is none. */
  ask?(question: string): Promise<string>
  /** Ends the process at once. */
  exit(code: number): void
}
export type StopSignal = 'SIGTERM' | 'SIGINT'

/** A command of the program. Resolves to the exit code; throws a HubError for what a person can mend. */
export type Command = (args: readonly string[], io: Io) => Promise<number>

/** The process this runs in. */
export function processIo(): Io {
  const human = process.stderr.isTTY === true
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    env: process.env,
    cwd: process.cwd(),
    human,
    colour: human && process.stdout.isTTY === true && !process.env.NO_COLOR,
    onSignal(listener) {
      process.on('SIGTERM', listener)
      process.on('SIGINT', listener)
      return () => {
        process.off('SIGTERM', listener)
        process.off('SIGINT', listener)
      }
    },
    onStray: (listener) => void process.on('unhandledRejection', listener),
    ...(process.stdin.isTTY === true && process.stdout.isTTY === true && { ask }),
    exit: (code) => process.exit(code),
  }
}

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return await terminal.question(question)
  } finally {
    terminal.close()
  }
}

/**
 * npm passes a signal on to the program that the terminal or supervisor has already sent it to: what comes
 * this soon (ms) after the first is the same wish, not a more urgent one.
 */
const SAME_WISH_MS = 1000

/**
 * Resolves at the first signal to stop. A later one means now: it ends the process without waiting.
 * @param monotonic milliseconds that never jump
 */
export function stopRequest(io: Io, monotonic: () => number): Promise<StopSignal> {
  return new Promise((resolve) => {
    let first: number | undefined
    io.onSignal((signal) => {
      if (first === undefined) {
        first = monotonic()
        resolve(signal)
      } else if (monotonic() - first > SAME_WISH_MS) {
        io.exit(signal === 'SIGINT' ? 130 : 143)
      }
    })
  })
}
