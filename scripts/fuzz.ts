/**
 * `npm run fuzz [-- --count N] [--seed S] [--json]`: N mutated deliveries per gateway through the whole program
 * (real HTTP, real store, turns included). Whatever is authentic must be answered 200 and stored; nothing may be
 * answered 5xx, become a dead letter, crash the hub, or make it grow.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { Pool } from 'undici'
import { seeded, sleep } from './crash/random.ts'
import { encoded, mutated } from './fuzz/mutate.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '50000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    json: { type: 'boolean', default: false },
  },
})
const count = Number(values.count)
const seed = Number(values.seed)
if (!Number.isInteger(count) || count < 1 || count > 10_000_000 || !Number.isInteger(seed)) {
  console.error('usage: npm run fuzz -- [--count 1..10000000] [--seed n] [--json]')
  process.exit(2)
}

const root = join(import.meta.dirname, '..')
const SECRET = 'fuzz-secret-0123456789'
const KEY = 'fuzz-url-key-0123456789'
const TOKEN = 'b1f2c3d4-0000-4000-8000-000000000007'
const CONNECTIONS = 32
const GATEWAYS = ['gowa', 'uazapi'] as const
type GatewayName = (typeof GATEWAYS)[number]

const temporary = join(root, '.tmp')
mkdirSync(temporary, { recursive: true })
const folder = mkdtempSync(join(temporary, 'fuzz-'))
const port = await freePort()
let log = ''
const hub = start()
process.on('exit', () => {
  hub.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
await ready()

console.log(`${count} deliveries per gateway, seed ${seed}`)
const memory: number[] = []
const watch = setInterval(() => memory.push(rssMb()), 1_000)
const pool = new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS, pipelining: 1 })
const results: Record<string, { sent: number; statuses: Record<string, number>; faults: string[] }> = {}
for (const [i, gateway] of GATEWAYS.entries()) results[gateway] = await fuzz(gateway, seeded(seed + i))
const drainedMs = await drained()
clearInterval(watch)
const alive = hub.exitCode === null
const gone = once(hub, 'exit')
hub.kill('SIGTERM')
await Promise.race([gone, sleep(20_000)])

const acknowledged = Object.values(results).reduce((sum, one) => sum + (one.statuses['200'] ?? 0), 0)
const stored = inStore()
const half = Math.floor(memory.length / 2)
const report = {
  name: 'fuzz',
  seed,
  alive,
  acknowledged,
  ...stored,
  lost: acknowledged - stored.deliveries,
  errorsLogged: log.split('\n').filter((line) => /"level":"(error|fatal)"/.test(line)).length,
  rssMb: { early: Math.max(0, ...memory.slice(0, half)), late: Math.max(0, ...memory.slice(half)) },
  drainedMs,
  gateways: results,
}
console.log(values.json ? JSON.stringify(report) : JSON.stringify(report, undefined, 2))
const wrong =
  !alive ||
  report.lost !== 0 ||
  report.deadLetters > 0 ||
  report.errorsLogged > 0 ||
  Object.values(results).some(({ faults }) => faults.length > 0)
process.exit(wrong ? 1 : 0)

/** Posts `count` mutated samples of a gateway, some connections at a time. */
async function fuzz(gateway: GatewayName, random: () => number) {
  const samples = samplesOf(gateway)
  const statuses: Record<string, number> = {}
  const faults: string[] = []
  let sent = 0
  async function worker(): Promise<void> {
    while (sent < count) {
      sent++
      const body = delivery(gateway, samples[Math.floor(random() * samples.length)], random)
      const fault = await post(gateway, body, statuses)
      if (fault !== undefined && faults.length < 10) faults.push(fault)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, worker))
  return { sent, statuses, faults }
}

/** The token stays right: a wrong one is rightly refused, and refusals are not what is looked at here. */
function delivery(gateway: GatewayName, sample: unknown, random: () => number): Buffer {
  const body = mutated(sample, random)
  if (
    gateway === 'uazapi' &&
    typeof body === 'object' &&
    body !== null &&
    !Array.isArray(body) &&
    'token' in body
  )
    body.token = TOKEN
  return encoded(body, random)
}

/** What was wrong about the answer, if anything was. */
async function post(
  gateway: GatewayName,
  body: Buffer,
  statuses: Record<string, number>,
): Promise<string | undefined> {
  const signature = createHmac('sha256', SECRET).update(body).digest('hex')
  try {
    const answer = await pool.request({
      method: 'POST',
      path: gateway === 'gowa' ? '/webhooks/gowa' : `/webhooks/uazapi/${KEY}`,
      headers: {
        'content-type': 'application/json',
        ...(gateway === 'gowa' && { 'x-hub-signature-256': `sha256=${signature}` }),
      },
      body,
    })
    statuses[answer.statusCode] = (statuses[answer.statusCode] ?? 0) + 1
    const text = await answer.body.text()
    const shown = body.toString('base64').slice(0, 2_000)
    // Bytes that were broken may have broken the token: then it is rightly refused.
    if (answer.statusCode === 401 && gateway === 'uazapi' && !body.includes(TOKEN)) return undefined
    if (answer.statusCode !== 200) return `${answer.statusCode} ${text.slice(0, 200)} for ${shown}`
    const { accepted, duplicates } = JSON.parse(text) as { accepted: number; duplicates: number }
    return accepted + duplicates < 1 ? `nothing accepted for ${shown}` : undefined
  } catch (error) {
    statuses.none = (statuses.none ?? 0) + 1
    return `no answer: ${(error as Error).message}`
  }
}

function samplesOf(gateway: GatewayName): unknown[] {
  const samples = join(root, 'src/gateways', gateway, 'samples')
  return readdirSync(samples)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => JSON.parse(readFileSync(join(samples, file), 'utf8')) as { body?: unknown }[])
    .flatMap(({ body }) => (body === undefined ? [] : [body]))
}

function start(): ChildProcess {
  const library = pathToFileURL(join(root, 'src/index.ts')).href
  const settings = {
    host: '127.0.0.1',
    port,
    database: `sqlite:${join(folder, 'pombo.db')}`,
    limits: { bodyBytes: 4_194_304 },
    instances: [
      { id: 'gowa', gateway: 'gowa', baseUrl: 'http://127.0.0.1:9', webhook: { secrets: [SECRET] } },
      { id: 'uazapi', gateway: 'uazapi', baseUrl: 'http://127.0.0.1:9', token: TOKEN, webhook: { key: KEY } },
    ],
  }
  const config = join(folder, 'pombo.config.ts')
  // A bot that looks at everything it can look at.
  writeFileSync(
    config,
    `import { createBot, defineHub } from '${library}'
const bot = createBot()
bot.everywhere().always().use((ctx) => {
  void [ctx.text, ctx.media, ctx.choice, ctx.votes, ctx.receipt, ctx.members, ctx.member, ctx.group, ctx.folded]
})
export default defineHub({ ...${JSON.stringify(settings)}, bot })
`,
  )
  const child = spawn(
    process.execPath,
    ['--max-semi-space-size=8', join(root, 'src/cli/bin.ts'), 'serve', '--config', config],
    {
      cwd: root,
      env: { ...process.env, POMBO_SECRET_KEY: 'f'.repeat(64), POMBO_API_KEY: 'fuzz-key-0123456789abcdef' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const keep = (chunk: Buffer): void => {
    log = (log + chunk.toString('utf8')).slice(-200_000)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  return child
}

async function ready(): Promise<void> {
  for (const end = performance.now() + 20_000; performance.now() < end; await sleep(50)) {
    if (hub.exitCode !== null) break
    const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => undefined)
    if (answer?.ok) return
  }
  throw new Error(`the hub was not ready:\n${log}`)
}

/** Waits until every event has had its turn; how long that took (ms). */
async function drained(): Promise<number> {
  const began = performance.now()
  for (; performance.now() - began < 600_000; await sleep(500)) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/events?status=pending&limit=1`, {
      headers: { authorization: 'Bearer fuzz-key-0123456789abcdef' },
    })
    if (((await answer.json()) as { data: unknown[] }).data.length === 0) break
  }
  return Math.round(performance.now() - began)
}

function inStore() {
  const db = new DatabaseSync(join(folder, 'pombo.db'), { readOnly: true })
  const one = (sql: string): number => Number(Object.values(db.prepare(sql).get() ?? {})[0])
  const kinds = db.prepare('select kind, count(*) as n from event group by kind order by n desc').all()
  const found = {
    deliveries: one('select count(*) from delivery'),
    events: one('select count(*) from event'),
    deadLetters: one(`select count(*) from event where status = 'dead'`),
    kinds: Object.fromEntries(kinds.map(({ kind, n }) => [kind, n])),
  }
  db.close()
  return found
}

function rssMb(): number {
  try {
    return Math.round(
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${hub.pid}/status`, 'utf8'))?.[1]) / 1024,
    )
  } catch {
    return 0
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as AddressInfo
      server.close(() => resolve(free))
    })
  })
}
