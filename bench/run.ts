/** `npm run bench -- <name> [--json] […]`: see docs/benchmarks.md. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { claims } from './claims.ts'
import { drain } from './drain.ts'
import { growth } from './growth.ts'
import { ingest } from './ingest.ts'
import { build, cleanUp } from './lib/children.ts'
import { ENGINES } from './lib/databases.ts'
import type { Options, Report } from './lib/options.ts'
import { turns } from './turns.ts'

interface Bench {
  run(options: Options, say: (line: string) => void): Promise<Report>
  /** Runs the program as users get it. */
  program: boolean
  seconds: number
  rounds: number
  rows: number
  limitMinutes: number
}
const BENCHES: Record<string, Bench> = {
  ingest: { run: ingest, program: true, seconds: 4, rounds: 3, rows: 0, limitMinutes: 8 },
  turns: { run: turns, program: true, seconds: 4, rounds: 3, rows: 0, limitMinutes: 8 },
  drain: { run: drain, program: false, seconds: 0, rounds: 3, rows: 100_000, limitMinutes: 15 },
  claims: { run: claims, program: false, seconds: 6, rounds: 3, rows: 40_000, limitMinutes: 20 },
  growth: { run: growth, program: true, seconds: 4, rounds: 3, rows: 5_000_000, limitMinutes: 60 },
}
/** What `all` runs, one after the other. */
const ALL = [
  'ingest',
  'turns',
  'ingest --engine postgres --nodes 2',
  'turns --engine postgres --nodes 2',
  'drain',
  'drain --engine postgres',
  'claims',
  'growth',
  'growth --engine postgres',
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    engine: { type: 'string', default: 'sqlite' },
    nodes: { type: 'string', default: '1' },
    rows: { type: 'string' },
    seconds: { type: 'string' },
    rounds: { type: 'string' },
    connections: { type: 'string', default: '64' },
    source: { type: 'boolean', default: false },
    profile: { type: 'string' },
    out: { type: 'string' },
  },
})
const [name = ''] = positionals

function refuse(message: string): never {
  console.error(message)
  process.exit(2)
}
function number(flag: string, text: string | undefined, usual: number, least: number, most: number): number {
  if (text === undefined) return usual
  const value = Number(text)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  return refuse(`--${flag} is "${text}"; it must be a whole number from ${least} to ${most}.`)
}

/** Every bench of {@link ALL} in a process of its own; their last lines go to a file, too. */
async function all(out: string): Promise<never> {
  mkdirSync(dirname(out), { recursive: true })
  let failed = 0
  for (const line of ALL) {
    const args = [import.meta.filename, ...line.split(' '), '--json', ...(values.source ? ['--source'] : [])]
    const bench = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(bench, 'exit')
    let said = ''
    for await (const chunk of bench.stdout.setEncoding('utf8')) {
      process.stdout.write(chunk)
      said += chunk
    }
    const [code] = await ended
    if (code === 0) appendFileSync(out, `${said.trimEnd().split('\n').at(-1)}\n`)
    else failed++
  }
  console.log(`${out} has a line of JSON for each of ${ALL.length - failed}; ${failed} failed`)
  process.exit(failed === 0 ? 0 : 1)
}

if (name === 'all') await all(resolve(values.out ?? '.tmp/bench.jsonl'))
const bench = BENCHES[name]
if (!bench)
  refuse(
    `usage: npm run bench -- <${[...Object.keys(BENCHES), 'all'].join('|')}> [--json] [--engine ${ENGINES.join('|')}] [--nodes n] [--rows n] [--seconds n] [--rounds n] [--connections n] [--source] [--profile dir] [--out file]`,
  )
const engine = ENGINES.find((known) => known === values.engine)
if (!engine) refuse(`--engine is "${values.engine}"; there are: ${ENGINES.join(', ')}.`)
const options: Options = {
  engine: name === 'claims' ? 'postgres' : engine,
  nodes: number('nodes', values.nodes, 1, 1, 8),
  rows: number('rows', values.rows, bench.rows, 10_000, 20_000_000),
  seconds: number('seconds', values.seconds, bench.seconds, 1, 60),
  rounds: number('rounds', values.rounds, bench.rounds, 1, 9),
  connections: number('connections', values.connections, 64, 1, 1000),
  source: values.source,
  ...(values.profile === undefined ? {} : { profile: resolve(values.profile) }),
}
if (options.nodes > 1 && options.engine === 'sqlite')
  refuse('--nodes needs --engine postgres: one process has a SQLite file for itself.')

process.on('exit', cleanUp)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
setTimeout(() => {
  console.error(`the bench did not end within ${bench.limitMinutes} minutes`)
  process.exit(1)
}, bench.limitMinutes * 60_000).unref()

const cores = availableParallelism()
console.log(
  `${name} (${options.engine}) on ${cores} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}`,
)
try {
  if (bench.program && !options.source) build()
  const report = { ...(await bench.run(options, console.log)), cores }
  console.log(values.json ? JSON.stringify(report) : JSON.stringify(report, undefined, 2))
  process.exit(0)
} catch (error) {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error)
  process.exit(1)
}
