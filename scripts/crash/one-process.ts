import { join } from 'node:path'
import { freePort } from '../../test/free-port.ts'
import type { Field } from './field.ts'
import { HubProcess } from './hub.ts'
import { between, sleep } from './random.ts'

/** The hub on SQLite: it is killed and started again. */
export async function oneProcess(options: {
  folder: string
  instances: readonly object[]
  random: () => number
}): Promise<Field> {
  const { folder, instances, random } = options
  const hub = new HubProcess({
    folder,
    name: 'pombo',
    port: await freePort(),
    database: `sqlite:${join(folder, 'pombo.db')}`,
    instances,
  })
  const starts: number[] = []
  return {
    nodes: [hub],
    stops: [],
    next: () => hub.base,
    async start() {
      hub.spawn()
      await hub.ready()
    },
    async strike() {
      if (!hub.alive) throw new Error(`the hub ended by itself:\n${hub.log}`)
      await hub.kill()
      // Now and then it dies again before it is up.
      hub.spawn()
      if (random() < 0.15) {
        await sleep(between(random, 20, 600))
        await hub.kill()
        hub.spawn()
      }
      starts.push(await hub.ready())
    },
    async measure() {
      console.log(`slowest start ${Math.round(Math.max(...starts))} ms`)
      return { figures: {}, faults: [] }
    },
    close: () => hub.kill('SIGTERM'),
    abandon: () => void hub.kill(),
  }
}
