import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { freePorts } from '../free-port.ts'

/** A demo in a folder of its own, on ports of its own. */
export interface Demo {
  readonly url: string
  readonly hubUrl: string
  readonly process: ChildProcess
  /** Everything it printed. */
  output(): string
  /** Process id of the hub. */
  hubPid(): number
  state(): Promise<DemoState>
  stop(): Promise<number | null>
}
export interface DemoState {
  numbers: { instance: string; connected: boolean; loggedOut: boolean; generation: string }[]
  chats: {
    instance: string
    address: string
    messages: { id: string; author: string; status: string; content: { text?: string } }[]
  }[]
}

const root = resolve(import.meta.dirname, '../..')

/** Starts `pombo demo` and waits until it says where to look. */
export async function startDemo(): Promise<Demo> {
  const cwd = mkdtempSync(join(tmpdir(), 'pombo-demo-'))
  const [hub, simulator] = await freePorts(2)
  const child = spawn(
    process.execPath,
    [join(root, 'src/cli/bin.ts'), 'demo', '--simulator-port', String(simulator)],
    { cwd, env: { ...process.env, PORT: String(hub) }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  const url = `http://127.0.0.1:${simulator}`
  const demo: Demo = {
    url,
    hubUrl: `http://127.0.0.1:${hub}`,
    process: child,
    output: () => output,
    hubPid: () => childOf(child.pid ?? 0),
    state: async () => (await (await fetch(`${url}/phone/state`)).json()) as DemoState,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((ready) => child.once('exit', ready))
        child.kill('SIGTERM')
        await ended
      }
      rmSync(cwd, { recursive: true, force: true })
      return child.exitCode
    },
  }
  await until(() => output.includes('Ctrl-C') || child.exitCode !== null, 20_000)
  if (child.exitCode !== null) throw new Error(`the demo ended: ${output}`)
  return demo
}

/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const end = Date.now() + ms
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${holds.toString()}`)
    await new Promise((ready) => setTimeout(ready, 50))
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

const childOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0])
