import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { SECRET } from './messages.ts'

const root = join(import.meta.dirname, '..', '..')
const API_KEY = 'bench-key-0123456789abcdef'

/** Everything a run started or wrote, taken back in reverse order whatever happens. */
const undo: (() => void)[] = []
export function cleanUp(): void {
  for (const step of undo.splice(0).reverse()) step()
}
/** Takes something back at the end of the run. @param step must not throw */
export function afterwards(step: () => void): void {
  undo.push(step)
}

/** A folder on the project's own disk: a temporary folder in memory would hide what full sync costs. */
export function temporaryFolder(): string {
  mkdirSync(join(root, '.tmp'), { recursive: true })
  const folder = mkdtempSync(join(root, '.tmp', 'bench-'))
  undo.push(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }))
  return folder
}

export interface Child {
  process: ChildProcess
  pid: number
  port: number
  ask<T>(job: unknown): Promise<T>
  stop(): Promise<void>
}

/** Starts a file of `bench/` that says `{ ready, port? }` over IPC. */
export async function child(file: string, options: { cwd?: string; args?: string[] } = {}): Promise<Child> {
  const forked = fork(join(root, 'bench', file), options.args ?? [], {
    cwd: options.cwd ?? root,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  undo.push(() => forked.kill('SIGKILL'))
  const [ready] = (await Promise.race([
    once(forked, 'message'),
    once(forked, 'exit').then(() => Promise.reject(new Error(`${file} ended before it was ready`))),
  ])) as [{ port?: number }]
  return {
    process: forked,
    pid: forked.pid ?? 0,
    port: ready.port ?? 0,
    async ask<T>(job: unknown): Promise<T> {
      const reply = once(forked, 'message')
      forked.send(job as object)
      const [answer] = (await reply) as [{ result?: T; error?: string }]
      if (answer.error !== undefined) throw new Error(`${file}: ${answer.error}`)
      return answer.result as T
    },
    async stop() {
      if (forked.exitCode !== null || forked.signalCode !== null) return
      forked.kill('SIGKILL')
      await once(forked, 'exit')
    },
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

export interface HubChild {
  pid: number
  port: number
  startedMs: number
  /** A page of the API's, by its path below `/api/v1`. */
  page<T>(path: string): Promise<{ data: T[]; next: string | null }>
  stop(): Promise<void>
}

/** Makes of the sources what users get. */
export function build(): void {
  execFileSync(process.execPath, [join(root, 'scripts/build.ts'), '--fast'], { stdio: 'inherit' })
}

/**
 * The real program as users get it, started as they would. Without `source` it must have been built.
 * Nodes of one database are started one after the other with the same `url`.
 */
export async function startHub(options: {
  url: string
  gatewayPort: number
  features?: object
  source: boolean
  profile?: string | undefined
}): Promise<HubChild> {
  const port = await freePort()
  const folder = temporaryFolder()
  const config = join(folder, 'pombo.config.json')
  writeFileSync(
    config,
    JSON.stringify({
      host: '127.0.0.1',
      port,
      database: options.url,
      instances: [
        {
          id: 'bench',
          gateway: 'gowa',
          baseUrl: `http://127.0.0.1:${options.gatewayPort}`,
          webhook: { secrets: [SECRET] },
        },
      ],
      features: options.features ?? {},
      // Nobody sends any, and nodes would need a folder they share.
      media: { fetch: false },
    }),
  )
  // As the program's own first line has it.
  const flags = ['--max-semi-space-size=8']
  if (options.profile !== undefined) flags.push('--cpu-prof', `--cpu-prof-dir=${options.profile}`)
  const program = join(root, options.source ? 'src/cli/bin.ts' : 'dist/cli/bin.js')
  const begun = performance.now()
  const hub = spawn(process.execPath, [...flags, program, 'serve', '--config', config], {
    cwd: folder,
    env: {
      ...process.env,
      POMBO_SECRET_KEY: 'b'.repeat(64),
      POMBO_API_KEY: API_KEY,
      POMBO_ADMIN_PASSWORD: 'a long pass phrase 42',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  undo.push(() => hub.kill('SIGKILL'))
  let log = ''
  const keep = (chunk: Buffer): void => {
    log = (log + chunk.toString('utf8')).slice(-4000)
  }
  hub.stdout.on('data', keep)
  hub.stderr.on('data', keep)
  const base = `http://127.0.0.1:${port}`
  for (;;) {
    if (hub.exitCode !== null) throw new Error(`the hub ended at its start:\n${log}`)
    if (performance.now() - begun > 15_000) throw new Error(`the hub was not ready within 15 s:\n${log}`)
    const answer = await fetch(`${base}/ready`).catch(() => undefined)
    if (answer?.ok) break
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    pid: hub.pid ?? 0,
    port,
    startedMs: Math.round(performance.now() - begun),
    async page<T>(path: string) {
      const headers = { authorization: `Bearer ${API_KEY}` }
      const response = await fetch(`${base}/api/v1${path}`, { headers })
      if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${await response.text()}`)
      return (await response.json()) as { data: T[]; next: string | null }
    },
    async stop() {
      if (hub.exitCode !== null || hub.signalCode !== null) return
      hub.kill('SIGTERM')
      const hard = setTimeout(() => hub.kill('SIGKILL'), 20_000)
      await once(hub, 'exit')
      clearTimeout(hard)
    },
  }
}

/** Resident memory in MB; undefined where the system does not say. */
export function rssMb(pid: number): number | undefined {
  try {
    const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kb === undefined ? undefined : Math.round(Number(kb) / 1024)
  } catch {
    return undefined
  }
}

/** Watches the memory of a process and remembers the most it took. */
export function watchMemory(pid: number): { stop(): number | undefined } {
  let most: number | undefined
  const timer = setInterval(() => {
    const now = rssMb(pid)
    if (now !== undefined && now > (most ?? 0)) most = now
  }, 200)
  return {
    stop() {
      clearInterval(timer)
      return most
    },
  }
}

/** Processor time a process has used so far, all threads, in ms; 0 where the system does not say. */
export function cpuMs(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    // A tick is 10 ms.
    return (Number(fields[11]) + Number(fields[12])) * 10
  } catch {
    return 0
  }
}

/** Waits until a process has next to nothing to do, so that one round does not disturb the next. */
export async function quiet(pid: number, limitMs = 30_000): Promise<void> {
  const end = performance.now() + limitMs
  let before = cpuMs(pid)
  do {
    await new Promise((resolve) => setTimeout(resolve, 300))
    const now = cpuMs(pid)
    if (now - before <= 30) return
    before = now
  } while (performance.now() < end)
}
