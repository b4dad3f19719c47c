import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { TestProject } from 'vitest/node'
import { type PostgresServer, type PostgresVersion, startPostgres } from './server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Port of 127.0.0.1 that answers the name of a version with a {@link PostgresAnswer}; see `database.ts`. */
    postgresPort: number
  }
}

/** One line of JSON: where the server is, or why it is not. */
export type PostgresAnswer = { url: string } | { error: string }

/**
 * One server per version for the whole run, started when the first test file asks for it: a run without such files
 * pays nothing. Test files run in processes of their own, so they ask through a port of this one.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers = new Map<PostgresVersion, Promise<PostgresServer>>()
  const sockets = new Set<Socket>()

  const answer = async (version: PostgresVersion): Promise<PostgresAnswer> => {
    const server = servers.get(version) ?? startPostgres({ version, durable: false })
    servers.set(version, server)
    try {
      return { url: (await server).url }
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) }
    }
  }

  const door = createServer((socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy()))
    socket.once('data', (name) => {
      void answer(name.toString().trim() as PostgresVersion).then((said) => socket.end(JSON.stringify(said)))
    })
  }).listen(0, '127.0.0.1')
  await once(door, 'listening')
  project.provide('postgresPort', (door.address() as AddressInfo).port)

  return async () => {
    door.close()
    for (const socket of sockets) socket.destroy()
    const started = await Promise.allSettled(servers.values())
    // Nobody needs the data any more, so nobody waits for its being written.
    for (const server of started) if (server.status === 'fulfilled') await server.value.stop('immediate')
  }
}
