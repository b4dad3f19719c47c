import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Clock, TimerHandle } from '../../core/ports.ts'

/** What the program says over IPC once it works. */
export const READY = 'ready'

export interface SupervisorOptions {
  /** Program and arguments. The program says {@link READY} over IPC, and ends when that channel closes. */
  command: readonly [string, ...string[]]
  cwd: string
  env: Readonly<Record<string, string | undefined>>
  clock: Clock
  /** A line the program wrote. */
  onLine(line: string): void
  /** It ended unasked and will be started again in `ms`. */
  onDown(how: string, ms: number): void
  /** It works, for the first time or again. */
  onUp(pid: number | undefined): void
}

export interface Supervised {
  /** Resolves when it works for the first time; false when it ended before it ever did. */
  readonly started: Promise<boolean>
  /** Ends it at once, as a crash would; it is brought back. */
  kill(): void
  /** Ends it for good. */
  stop(): Promise<void>
}

const FIRST_WAIT_MS = 200
const LONGEST_WAIT_MS = 5_000
/** A program that ran this long is healthy: its next end is a new story. */
const HEALTHY_MS = 5_000
const STOP_MS = 4_000

/** Runs a program and brings it back whenever it ends, until told to stop. */
export function supervise(options: SupervisorOptions): Supervised {
  const { clock, command } = options
  const [program, ...args] = command
  const started = Promise.withResolvers<boolean>()
  let child: ChildProcess | undefined
  let restart: TimerHandle | undefined
  let waitMs = FIRST_WAIT_MS
  let worked = false
  let stopping = false

  function run(): void {
    const began = clock.monotonic()
    restart = undefined
    const mine = spawn(program, args, {
      cwd: options.cwd,
      env: options.env as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    child = mine
    for (const stream of [mine.stdout, mine.stderr])
      if (stream) createInterface(stream).on('line', (line) => options.onLine(line))
    mine.on('message', (message) => {
      if (message !== READY) return
      worked = true
      started.resolve(true)
      options.onUp(mine.pid)
    })
    mine.on('error', (error) => options.onLine(String(error)))
    // `close` and not `exit`: its last lines say why.
    mine.on('close', (code, signal) => {
      child = undefined
      if (stopping) return
      // A fault it can tell of would only come again; a process that was killed has none.
      if (!worked && signal === null) return started.resolve(false)
      if (clock.monotonic() - began > HEALTHY_MS) waitMs = FIRST_WAIT_MS
      restart = clock.setTimeout(run, waitMs)
      options.onDown(signal ?? `exit code ${code}`, waitMs)
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
    })
  }
  run()

  return {
    started: started.promise,
    kill: () => void child?.kill('SIGKILL'),
    async stop() {
      stopping = true
      restart?.cancel()
      started.resolve(false)
      const running = child
      if (!running) return
      const ended = new Promise<void>((resolve) => running.once('close', () => resolve()))
      running.kill('SIGTERM')
      const timer = clock.setTimeout(() => running.kill('SIGKILL'), STOP_MS)
      await ended
      timer.cancel()
    },
  }
}
