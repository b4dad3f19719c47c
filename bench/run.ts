/** `npm run bench -- <ingest|turns> [--json] [--engine sqlite] [--seconds n] [--rounds n] [--connections n] [--source] [--profile dir]` */
import { availableParallelism, cpus } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ingest } from './ingest.ts'
import { cleanUp } from './lib/children.ts'
import type { Options, Report } from './lib/options.ts'
import { turns } from './turns.ts'

const BENCHES: Record<string, (options: Options, say: (line: string) => void) => Promise<Report>> = {
  ingest,
  turns,
}
const LIMIT_MS = 280_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    engine: { type: 'string', default: 'sqlite' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
    source: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
})
const bench = BENCHES[positionals[0] ?? '']
if (!bench) {
  console.error(
    `usage: npm run bench -- <${Object.keys(BENCHES).join('|')}> [--json] [--engine sqlite] [--seconds n] [--rounds n] [--connections n] [--source] [--profile dir]`,
  )
  process.exit(2)
}
const number = (name: 'seconds' | 'rounds' | 'connections', most: number): number => {
  const value = Number(values[name])
  if (Number.isFinite(value) && value >= 1 && value <= most) return value
  console.error(`--${name} is "${values[name]}"; it must be a number from 1 to ${most}.`)
  process.exit(2)
}
const options: Options = {
  engine: values.engine,
  seconds: number('seconds', 30),
  rounds: number('rounds', 9),
  connections: number('connections', 1000),
  source: values.source,
  ...(values.profile === undefined ? {} : { profile: resolve(values.profile) }),
}

process.on('exit', cleanUp)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
setTimeout(() => {
  console.error(`the bench did not end within ${LIMIT_MS / 1000} s`)
  process.exit(1)
}, LIMIT_MS).unref()

console.log(
  `${positionals[0]} on ${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}`,
)
try {
  const report = await bench(options, console.log)
  console.log(values.json ? JSON.stringify(report) : JSON.stringify(report, undefined, 2))
  process.exit(0)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
