/**
 * `npm run crash [-- --cycles N] [--seed S] [--json] [--engine sqlite] [--keep]`: kills the hub over and over
 * under traffic, with gateways that fail in their own ways meanwhile, and looks from outside whether anything
 * acknowledged was lost, answered out of order or answered twice. With `--engine postgres [--nodes N] [--divided]`
 * the hub is several nodes, which are also stopped and cut off, and whose database is restarted.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { FarSide, TEMPERS } from './crash/far-side.ts'
import { judge, type ToldCommand } from './crash/judge.ts'
import { manyNodes } from './crash/many-nodes.ts'
import { oneProcess } from './crash/one-process.ts'
import { between, seeded, sleep } from './crash/random.ts'
import { Traffic } from './crash/traffic.ts'
import { WIRES } from './crash/wires.ts'

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    engine: { type: 'string', default: 'sqlite' },
    nodes: { type: 'string', default: '3' },
    divided: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})
const { engine, divided } = values
const [cycles, seed, count] = [Number(values.cycles), Number(values.seed), Number(values.nodes)]
const within = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most
if (!within(cycles, 1, 10_000) || !Number.isInteger(seed) || !within(count, divided ? 2 : 1, 9)) {
  console.error(
    'usage: npm run crash -- [--cycles 1..10000] [--seed n] [--json] [--keep] [--engine sqlite | --engine postgres [--nodes 1..9] [--divided]]',
  )
  process.exit(2)
}
if (engine !== 'sqlite' && engine !== 'postgres') {
  console.error(`This checkout has no engine "${engine}"; it has: sqlite, postgres.`)
  process.exit(2)
}

const CHATS = 3_000
/** More where a part of them always waits for a node that does not answer. */
const WRITERS = { sqlite: 24, postgres: 64 }
/** An unknown send holds its chat for a minute; what waited behind it must leave after that. */
const DRAIN_LIMIT_MS = 110_000

const random = seeded(seed)
const temporary = join(import.meta.dirname, '..', '.tmp')
mkdirSync(temporary, { recursive: true })
const folder = mkdtempSync(join(temporary, 'crash-'))
// Beside the other: it belongs to whom the database runs as.
const databaseFolder = `${folder}-postgres`
const farSide = new FarSide(seeded(seed + 1), WIRES, (wire, post) => traffic.report(wire, post))
await farSide.open()
const instances = WIRES.map((wire) => ({
  id: wire.instance,
  baseUrl: farSide.baseUrl(wire),
  ...wire.settings,
}))
const field =
  engine === 'sqlite'
    ? await oneProcess({ folder, instances, random })
    : await manyNodes({ folder, databaseFolder, nodes: count, divided, instances, random })
let keep = true
process.on('exit', () => {
  field.abandon()
  if (keep) return
  const gone = { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }
  for (const one of [folder, databaseFolder]) rmSync(one, gone)
})
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    keep = values.keep
    process.exit(1)
  })

console.log(`${cycles} cycles, seed ${seed}`)
const traffic = new Traffic({
  random: seeded(seed + 2),
  hub: () => field.next(),
  wires: WIRES,
  chats: CHATS,
})
await field.start()
traffic.start(WRITERS[engine])

for (let cycle = 1; cycle <= cycles; cycle++) {
  const temper = TEMPERS[Math.floor(random() * TEMPERS.length)]!
  await farSide.become(temper)
  await sleep(between(random, 30, 1_500))
  if (engine === 'postgres') console.log(`cycle ${cycle}, gateways ${temper.name}`)
  await field.strike()
  if (cycle % 10 === 0)
    console.log(
      `cycle ${cycle}: ${traffic.said.length} messages written, ${farSide.heard.length} replies heard`,
    )
}

await farSide.become(TEMPERS[0]!)
await sleep(500)
await traffic.stop()
const stopped = performance.now()
const [asked] = field.nodes
let drained = false
let commands: ToldCommand[] = []
while (!drained && performance.now() - stopped < DRAIN_LIMIT_MS) {
  await sleep(250)
  const backlog = await asked!.backlog()
  if (backlog.events + backlog.commands > 0) continue
  // One that was unknown may just have been proved not to be out, and is on its way again.
  commands = await asked!.commands()
  drained = !commands.some(({ state }) => state === 'queued' || state === 'sending')
}
console.log(
  `${drained ? 'drained' : 'NOT drained'} after ${((performance.now() - stopped) / 1000).toFixed(1)} s`,
)

const { faults, ...verdict } = judge({
  said: traffic.said,
  heard: farSide.heard,
  events: await asked!.events(),
  commands,
  stops: field.stops,
})
const measured = await field.measure()
await field.close()
await farSide.close()
faults.push(...measured.faults)
for (const fault of faults) console.log(fault)
const broken = verdict.lost + verdict.outOfOrder + verdict.doubleSends + verdict.stateFaults
const sound = broken === 0 && measured.faults.length === 0 && drained
if (sound) keep = values.keep
else {
  const many =
    engine === 'postgres' ? ` --engine postgres --nodes ${count}${divided ? ' --divided' : ''}` : ''
  console.log(
    `the logs are in ${folder}; repeat with: npm run crash -- --cycles ${cycles} --seed ${seed}${many}`,
  )
}
console.log(JSON.stringify({ cycles, ...verdict, seed, drained, engine, ...measured.figures }))
process.exit(sound ? 0 : 1)
