/**
 * `npm run crash [-- --cycles N] [--seed S] [--json] [--engine sqlite] [--keep]`: kills the hub over and over
 * under traffic, with gateways that fail in their own ways meanwhile, and looks from outside whether anything
 * acknowledged was lost, answered out of order or answered twice.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { FarSide, TEMPERS } from './crash/far-side.ts'
import { HubProcess } from './crash/hub.ts'
import { judge } from './crash/judge.ts'
import { between, seeded, sleep } from './crash/random.ts'
import { Traffic } from './crash/traffic.ts'
import { WIRES } from './crash/wires.ts'

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    engine: { type: 'string', default: 'sqlite' },
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})
const cycles = Number(values.cycles)
const seed = Number(values.seed)
if (!Number.isInteger(cycles) || cycles < 1 || cycles > 10_000 || !Number.isInteger(seed)) {
  console.error('usage: npm run crash -- [--cycles 1..10000] [--seed n] [--json] [--engine sqlite] [--keep]')
  process.exit(2)
}
if (values.engine !== 'sqlite') {
  console.error(`This checkout has no engine "${values.engine}"; it has: sqlite.`)
  process.exit(2)
}

const CHATS = 3_000
const WRITERS = 24
/** An unknown send holds its chat for a minute; what waited behind it must leave after that. */
const DRAIN_LIMIT_MS = 110_000

const random = seeded(seed)
const temporary = join(import.meta.dirname, '..', '.tmp')
mkdirSync(temporary, { recursive: true })
const folder = mkdtempSync(join(temporary, 'crash-'))
const farSide = new FarSide(seeded(seed + 1), WIRES, (wire, post) => traffic.report(wire, post))
await farSide.open()
const hub = await HubProcess.prepare(
  folder,
  WIRES.map((wire) => ({ id: wire.instance, baseUrl: farSide.baseUrl(wire), ...wire.settings })),
)
process.on('exit', () => {
  void hub.kill()
  if (!values.keep) rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

console.log(`${cycles} cycles, seed ${seed}`)
const traffic = new Traffic({
  random: seeded(seed + 2),
  hub: () => hub.base,
  wires: WIRES,
  chats: CHATS,
})
hub.spawn()
await hub.ready()
traffic.start(WRITERS)

const starts: number[] = []
for (let cycle = 1; cycle <= cycles; cycle++) {
  const temper = TEMPERS[Math.floor(random() * TEMPERS.length)]!
  await farSide.become(temper)
  await sleep(between(random, 30, 1_500))
  if (!hub.alive) throw new Error(`the hub ended by itself in cycle ${cycle}:\n${hub.log}`)
  await hub.kill()
  if (cycle % 10 === 0)
    console.log(
      `cycle ${cycle}: ${traffic.said.length} messages written, ${farSide.heard.length} replies heard`,
    )
  // Now and then it dies again before it is up.
  hub.spawn()
  if (random() < 0.15) {
    await sleep(between(random, 20, 600))
    await hub.kill()
    hub.spawn()
  }
  starts.push(await hub.ready())
}

await farSide.become(TEMPERS[0]!)
await sleep(500)
await traffic.stop()
const stopped = performance.now()
let drained = false
while (!drained && performance.now() - stopped < DRAIN_LIMIT_MS) {
  await sleep(250)
  const { events, commands } = await hub.backlog()
  drained = events === 0 && commands === 0
}
console.log(
  `${drained ? 'drained' : 'NOT drained'} after ${((performance.now() - stopped) / 1000).toFixed(1)} s; slowest start ${Math.round(Math.max(...starts))} ms`,
)

const { faults, ...verdict } = judge({
  said: traffic.said,
  heard: farSide.heard,
  events: await hub.events(),
  commands: await hub.commands(),
})
await hub.kill('SIGTERM')
await farSide.close()
for (const fault of faults) console.log(fault)
if (faults.length > 0) console.log(`repeat with: npm run crash -- --cycles ${cycles} --seed ${seed}`)
console.log(JSON.stringify({ cycles, ...verdict, seed, drained }))
const broken = verdict.lost + verdict.outOfOrder + verdict.doubleSends + verdict.stateFaults
process.exit(broken === 0 && drained ? 0 : 1)
