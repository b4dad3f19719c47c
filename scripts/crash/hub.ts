import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ToldCommand, ToldEvent } from './judge.ts'
import { sleep } from './random.ts'

const root = join(import.meta.dirname, '..', '..')
const API_KEY = 'crash-key-0123456789abcdef'
const START_LIMIT_MS = 20_000

export interface HubOptions {
  folder: string
  /** Of its files in the folder. */
  name: string
  port: number
  /** As in the configuration. */
  database: string
  /** As in the configuration. */
  instances: readonly object[]
  /** As in `--role`. */
  role?: string
  /** How long the bot thinks about a message at most (ms). */
  thinkMs?: number
}

/** The hub as a user runs it: `pombo serve --config FILE`, a process that can be killed at any moment. */
export class HubProcess {
  readonly name: string
  readonly port: number
  readonly #logFile: string
  readonly #args: string[]
  #child: ChildProcess | undefined

  constructor({ folder, name, role, ...options }: HubOptions) {
    this.name = name
    this.port = options.port
    const config = join(folder, `${name}.config.ts`)
    writeFileSync(config, configuration(options))
    this.#logFile = join(folder, `${name}.log`)
    this.#args = ['serve', '--config', config, ...(role === undefined ? [] : ['--role', role])]
  }

  get base(): string {
    return `http://127.0.0.1:${this.port}`
  }
  /** The end of what it and its predecessors logged. */
  get log(): string {
    return readFileSync(this.#logFile, 'utf8').slice(-8000)
  }

  spawn(): void {
    const output = openSync(this.#logFile, 'a')
    this.#child = spawn(process.execPath, [join(root, 'src/cli/bin.ts'), ...this.#args], {
      cwd: root,
      env: {
        ...process.env,
        POMBO_SECRET_KEY: 'c'.repeat(64),
        POMBO_API_KEY: API_KEY,
        POMBO_ADMIN_PASSWORD: 'a long pass phrase 42',
      },
      stdio: ['ignore', output, output],
      // A group of its own, so that whatever the hub starts dies with it.
      detached: true,
    })
    closeSync(output)
  }

  /** Resolves to the ms it took. */
  async ready(limitMs = START_LIMIT_MS): Promise<number> {
    const begun = performance.now()
    for (;;) {
      if (this.#child && this.#child.exitCode !== null)
        throw new Error(`${this.name} ended by itself:\n${this.log}`)
      const took = performance.now() - begun
      if (took > limitMs) throw new Error(`${this.name} was not ready within ${limitMs} ms:\n${this.log}`)
      const answer = await fetch(`${this.base}/ready`, { signal: AbortSignal.timeout(2_000) }).catch(
        () => undefined,
      )
      await answer?.arrayBuffer().catch(() => {})
      if (answer?.ok) return took
      await sleep(20)
    }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    process.kill(-child.pid, signal)
    await gone
  }

  /** It stands still, its connections open. */
  stop(): void {
    if (this.#child?.pid) process.kill(-this.#child.pid, 'SIGSTOP')
  }
  wake(): void {
    if (this.#child?.pid) process.kill(-this.#child.pid, 'SIGCONT')
  }

  /** False if it ended without being killed. */
  get alive(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null
  }

  async backlog(): Promise<{ events: number; commands: number }> {
    const [events, queued, sending] = await Promise.all([
      this.#list(`events?status=pending&limit=1`, 1),
      this.#list(`commands?state=queued&limit=1`, 1),
      this.#list(`commands?state=sending&limit=1`, 1),
    ])
    return { events: events.length, commands: queued.length + sending.length }
  }

  async events(): Promise<ToldEvent[]> {
    const rows = (await this.#list('events?kind=message&limit=100')) as {
      status: string
      fact: { message: { id: string } }
    }[]
    return rows.map(({ status, fact }) => ({ messageId: fact.message.id, status }))
  }

  async commands(): Promise<ToldCommand[]> {
    const rows = (await this.#list('commands?limit=100')) as {
      state: string
      command: { text?: string }
      reason?: string
    }[]
    return rows.map(({ state, command, reason }) => ({
      state,
      text: command.text ?? '',
      ...(reason !== undefined && { reason }),
    }))
  }

  async #list(path: string, most = Number.POSITIVE_INFINITY): Promise<unknown[]> {
    const all: unknown[] = []
    for (let cursor: string | null = ''; cursor !== null && all.length < most; ) {
      const suffix: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const response = await fetch(`${this.base}/api/v1/${path}${suffix}`, {
        headers: { authorization: `Bearer ${API_KEY}` },
        signal: AbortSignal.timeout(10_000),
      })
      if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${await response.text()}`)
      const page = (await response.json()) as { data: unknown[]; next: string | null }
      all.push(...page.data)
      cursor = page.next
    }
    return all
  }
}

/** A bot whose every reply names its message and how many the chat's session has counted. */
function configuration({
  port,
  database,
  instances,
  thinkMs = 0,
}: Omit<HubOptions, 'folder' | 'name' | 'role'>): string {
  const library = pathToFileURL(join(root, 'src/index.ts')).href
  const settings = { host: '127.0.0.1', port, database, instances }
  const think = `
  await new Promise((resolve) => setTimeout(resolve, Math.random() * ${thinkMs}))`
  return `import { createBot, defineHub } from '${library}'

const bot = createBot({ session: () => ({ count: 0 }) })
bot.on('message:text', async (ctx) => {${thinkMs > 0 ? think : ''}
  ctx.session.count++
  ctx.reply(\`re:\${ctx.text}#\${ctx.session.count}\`)
})

export default defineHub({ ...${JSON.stringify(settings)}, bot })
`
}
