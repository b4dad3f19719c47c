import { Logger, makeWorkerUtils, run } from 'graphile-worker'
import pg from 'pg'
import type { Contender, Setting, Watch } from './contender.ts'

interface Item {
  key: string
  number: number
}
const TASK = 'handle'

/**
 * graphile-worker as its documentation has it for jobs in series: a named queue per key. `batched` adds what
 * it says about throughput: a local queue that fetches many jobs at once, and completions in batches.
 */
export async function graphileWorker(
  { url, claim, connections }: Setting,
  { batched }: { batched: boolean },
): Promise<Contender> {
  const pgPool = new pg.Pool({ connectionString: url, max: connections })
  pgPool.on('error', () => {})
  let watching: Watch | undefined
  pgPool.on('connect', (client) => timeClaims(client, (ms, items) => watching?.claimed(ms, items)))
  const logger = new Logger(() => () => {})
  const utils = await makeWorkerUtils({ pgPool, logger })
  await utils.migrate()
  return {
    async add(keys, number) {
      await utils.addJobs(
        keys.map((key) => ({ identifier: TASK, queueName: key, payload: { key, number } satisfies Item })),
      )
    },
    async drain(watch, signal) {
      watching = watch
      const runner = await run({
        preset: {
          worker: {
            concurrentJobs: batched ? claim : connections,
            ...(batched ? { localQueue: { size: claim }, completeJobBatchDelay: 0 } : {}),
          },
        },
        pgPool,
        logger,
        noHandleSignals: true,
        taskList: {
          [TASK]: async (payload) => {
            const { key, number } = payload as Item
            watch.handle(key, number)
          },
        },
      })
      if (!signal.aborted)
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      await runner.stop()
    },
    async close() {
      await utils.release()
      await pgPool.end()
    },
  }
}

/** Its claims have no call of their own: they are recognised by the name of the prepared statement. */
function timeClaims(client: pg.PoolClient, claimed: Watch['claimed']): void {
  const query = client.query.bind(client) as (...args: unknown[]) => Promise<pg.QueryResult>
  client.query = ((...args: unknown[]) => {
    const name = (args[0] as { name?: string } | undefined)?.name
    if (!name?.startsWith('get_job')) return query(...args)
    const begun = performance.now()
    return query(...args).then((result) => {
      claimed(performance.now() - begun, result.rows.length)
      return result
    })
  }) as typeof client.query
}
