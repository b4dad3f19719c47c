import { setTimeout } from 'node:timers/promises'
import { PgBoss } from 'pg-boss'
import { type Contender, consumers, type Setting } from './contender.ts'

const QUEUE = 'chats'
const EMPTY_MS = 5
/** The best of one, two and four on two cores: more of them claim the same keys and wait for each other. */
const CONSUMERS = 2
interface Item {
  key: string
  number: number
}

/**
 * pg-boss as its documentation has it for strict order per key: policy `key_strict_fifo`, the key as
 * `singletonKey`, a table of its own for a large queue. `fetch` and `complete` in a loop rather than `work`,
 * which does the same and sleeps in between.
 */
export async function pgBoss({ url, claim, connections }: Setting): Promise<Contender> {
  const boss = new PgBoss({ connectionString: url, max: connections, supervise: false, schedule: false })
  boss.on('error', (error) => console.error(`pg-boss: ${error.message}`))
  await boss.start()
  await boss.createQueue(QUEUE, { policy: 'key_strict_fifo', partition: true })
  return {
    async add(keys, number) {
      // One call per place in the keys: items of one call share their time, and are told apart by random ids.
      await boss.insert(
        QUEUE,
        keys.map((key) => ({ data: { key, number }, singletonKey: key })),
      )
    },
    drain: (watch, signal) =>
      consumers(CONSUMERS, async () => {
        while (!signal.aborted) {
          const begun = performance.now()
          const jobs = await boss.fetch<Item>(QUEUE, { batchSize: claim })
          watch.claimed(performance.now() - begun, jobs.length)
          if (jobs.length === 0) {
            await setTimeout(EMPTY_MS)
            continue
          }
          for (const { data } of jobs) watch.handle(data.key, data.number)
          await boss.complete(
            QUEUE,
            jobs.map((job) => job.id),
          )
        }
      }).then(() => undefined),
    close: () => boss.stop({ graceful: false }),
  }
}
