import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { inject } from 'vitest'
import { createDatabase, type PostgresVersion, systemPostgres, withClient } from './server.ts'
import type { PostgresAnswer } from './setup.ts'

/** An empty database of one test file. */
export type FreshDatabase = {
  url: string
  /** Removes it, whoever is still connected. What is not dropped goes with the server, at the end of the run. */
  drop(): Promise<void>
}

/** The versions that this machine can run, for `describe.each`. */
export const postgresVersions = (): PostgresVersion[] => (systemPostgres() ? ['18', 'system'] : ['18'])

/** The superuser's URL of the run's server of that version, started now if nobody asked for it before. */
export async function postgresUrl(version: PostgresVersion): Promise<string> {
  const socket = connect(inject('postgresPort'), '127.0.0.1').setNoDelay(true)
  socket.write(`${version}\n`)
  const answer = JSON.parse(await text(socket)) as PostgresAnswer
  if ('error' in answer) throw new Error(`PostgreSQL ${version} did not start: ${answer.error}`)
  return answer.url
}

/** Creates a database for one test file on the run's server of that version; costs 30 ms, the first time a second. */
export async function freshDatabase(version: PostgresVersion): Promise<FreshDatabase> {
  const server = await postgresUrl(version)
  const name = `test_${randomBytes(6).toString('hex')}`
  await withClient(server, (client) => createDatabase(client, name))
  const url = new URL(server)
  url.pathname = name
  return {
    url: url.href,
    drop: () =>
      withClient(server, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`)
      }),
  }
}
