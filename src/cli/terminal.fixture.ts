import type { Io, StopSignal } from './io.ts'
import { run } from './run.ts'

/** A terminal that remembers. */
export function terminal(cwd: string, more: Partial<Io> = {}) {
  const out: string[] = []
  const err: string[] = []
  const exits: number[] = []
  const listeners = new Set<(signal: StopSignal) => void>()
  const io: Io = {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    env: {},
    cwd,
    human: false,
    colour: false,
    onSignal(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onStray() {},
    exit: (code) => exits.push(code),
    ...more,
  }
  const signal = (name: StopSignal) => {
    for (const listener of listeners) listener(name)
  }
  return { io, out, err, exits, signal }
}

/** Runs `serve` until it listens; `end` stops it. */
export async function startServing(cwd: string, env: Io['env'] = {}, flags: readonly string[] = []) {
  const listens = Promise.withResolvers<string>()
  const tty = terminal(cwd, { env })
  const ended = run(['serve', ...flags], { ...tty.io, out: (line) => listens.resolve(line) })
  const line = await Promise.race([listens.promise, ended.then((code) => `ended with ${code}: ${tty.err}`)])
  const end = () => {
    tty.signal('SIGTERM')
    return ended
  }
  return { ...tty, line, url: /http:\S+/.exec(line)?.[0] ?? '', end }
}
