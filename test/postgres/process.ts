import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const START_MS = 30_000
const END_MS = 15_000

export type User = { uid: number; gid: number }

/** A program that serves until it is told to end, and never outlives this process. */
export type GuardedProcess = {
  readonly pid: number
  /** Waits until `isReady` says so. Fails with what the program has logged if it ends before or takes 30 s. */
  ready(isReady: () => Promise<boolean>): Promise<void>
  /** Sends the signal and waits for the end, by force after 15 s. Does nothing if it has ended. */
  end(signal: NodeJS.Signals): Promise<void>
}

/**
 * Waits for its input to end, which it does when the process that started it is gone, however it went; then takes the
 * program along, even a stopped one. Arguments: its pid, the signal without SIG, and the folder to remove or nothing;
 * a program about to end may still write there, so removing has a second try.
 */
const WATCHDOG = `
read -r _
kill -"$2" "$1"
kill -CONT "$1"
[ -z "$3" ] || rm -rf "$3" || { sleep 1; rm -rf "$3"; }
`

/**
 * Who runs a database program when we are root, which they refuse: `postgres` where a package made it, else `nobody`,
 * which every machine has. A user of our own making would outlive the tests; one without an entry in the user database
 * is refused by `initdb`. Undefined when we are not root: then we do.
 */
export function otherUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }))
    if (uid?.status === 0 && gid?.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  }
  throw new Error(
    'PostgreSQL does not run as root, and this machine has neither a user `postgres` nor `nobody`.',
  )
}

/** Without PGDATA, PGHOST and the like, which a developer may have set for another server. */
export const environment = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, TZ: 'UTC' })

/** Whether somebody takes connections on that port of 127.0.0.1. */
export async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** Starts a program whose output goes to the end of the file `log`; when this process is gone, it ends by `endBy`. */
export async function startProcess(
  program: string,
  args: string[],
  place: {
    folder: string
    log: string
    user: User | undefined
    endBy: NodeJS.Signals
    /** Goes too when this process is gone. */
    remove: string | undefined
  },
): Promise<GuardedProcess> {
  const output = await open(place.log, 'a')
  const begun = (await output.stat()).size
  // A session of its own: what ends a terminal or a group of processes ends the program by the watchdog, in order.
  const child = spawn(program, args, {
    cwd: place.folder,
    env: environment(),
    stdio: ['ignore', output.fd, output.fd],
    detached: true,
    ...place.user,
  })
  try {
    await once(child, 'spawn')
  } finally {
    await output.close()
  }
  const pid = child.pid!
  guard(child, pid, place.endBy, place.remove)
  child.unref()

  return {
    pid,
    async ready(isReady) {
      const deadline = Date.now() + START_MS
      while (!(await isReady())) {
        const gone = hasEnded(child)
        if (gone || Date.now() > deadline) {
          child.kill('SIGKILL')
          const said = (await readFile(place.log)).subarray(begun).toString()
          throw new Error(
            `${program} ${gone ? 'ended' : `was not ready in ${START_MS / 1000} s`}; it said: ${said}`,
          )
        }
        await sleep(10)
      }
    },
    async end(signal) {
      if (hasEnded(child)) return
      const ended = once(child, 'exit')
      child.ref()
      child.kill(signal)
      const timer = setTimeout(() => child.kill('SIGKILL'), END_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

function guard(child: ChildProcess, pid: number, signal: NodeJS.Signals, remove: string | undefined): void {
  const args = [String(pid), signal.slice('SIG'.length), remove ?? '']
  const watchdog = spawn('/bin/sh', ['-c', WATCHDOG, 'watchdog', ...args], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  // Not later, when the number may belong to somebody else.
  child.once('exit', () => watchdog.kill('SIGKILL'))
  watchdog.unref()
  ;(watchdog.stdin as Socket).unref()
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null
