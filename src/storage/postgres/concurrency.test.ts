import { afterAll, beforeAll, describe } from 'vitest'
import { TestNode } from '../../../test/nodes.ts'
import { nodesConformance } from '../../../test/nodes-conformance.ts'
import { type FreshDatabase, freshDatabase, postgresVersions } from '../../../test/postgres/database.ts'
import { withClient } from '../../../test/postgres/server.ts'

for (const version of postgresVersions()) {
  nodesConformance(`PostgreSQL ${version}`, async () => {
    const database = await freshDatabase(version)
    return {
      open: () => TestNode.open(database.url),
      deadlocks: () => deadlocksOf(database.url),
      close: () => database.drop(),
    }
  })
}

/** What the server wrote of every deadlock it had to break since the database was made. */
const deadlocksOf = (url: string): Promise<string[]> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ log: string; n: string; oid: string }>(`
      select pg_read_file('../log') as log, deadlocks as n, datid::text as oid
      from pg_stat_database where datname = current_database()`)
    const [row] = rows
    if (Number(row!.n) === 0) return []
    return row!.log.split('ERROR:  deadlock detected').slice(-Number(row!.n))
  })
