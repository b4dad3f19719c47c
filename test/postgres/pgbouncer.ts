import { existsSync } from 'node:fs'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { freePort } from '../free-port.ts'
import { isListening, otherUser, startProcess } from './process.ts'

export type PgBouncer = {
  /** The server's URL with the pooler's port: same user, password and database. */
  readonly url: string
  stop(): Promise<void>
}

/** Where the program is; undefined where there is none. Debian puts it among those of administrators. */
export const findPgBouncer = (): string | undefined =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
    .map((folder) => join(folder, 'pgbouncer'))
    .find((file) => existsSync(file))

/**
 * A PgBouncer before a server or one of its databases, with its defaults but for the pool mode. Undefined where the
 * machine has none. Ends with this process, like the server.
 */
export async function startPgBouncer(options: {
  server: { url: string }
  poolMode: 'transaction' | 'session'
}): Promise<PgBouncer | undefined> {
  const program = findPgBouncer()
  if (!program) return undefined
  const user = otherUser()
  const url = new URL(options.server.url)
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'pombo-pgbouncer-'))
  const settings = join(folder, 'pgbouncer.ini')
  const users = join(folder, 'users')
  await writeFile(
    settings,
    `[databases]
* = host=${url.hostname} port=${url.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = ${options.poolMode}
`,
  )
  const quoted = [url.username, url.password].map(
    (part) => `"${decodeURIComponent(part).replaceAll('"', '""')}"`,
  )
  await writeFile(users, `${quoted.join(' ')}\n`, { mode: 0o600 })
  if (user) for (const path of [folder, settings, users]) await chown(path, user.uid, user.gid)

  const pooler = await startProcess(program, ['-q', settings], {
    folder,
    log: join(folder, 'log'),
    user,
    endBy: 'SIGTERM',
    remove: folder,
  })
  const stop = async (): Promise<void> => {
    await pooler.end('SIGTERM')
    await rm(folder, { recursive: true, force: true })
  }
  await pooler
    .ready(() => isListening(port))
    .catch(async (error: unknown) => {
      await stop()
      throw error
    })
  url.port = String(port)
  return { url: url.href, stop }
}
