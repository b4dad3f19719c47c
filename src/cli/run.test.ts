import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Io, stopRequest } from './io.ts'
import { run } from './run.ts'
import { terminal as rememberingTerminal, startServing } from './terminal.fixture.ts'

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'pombo-cli-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

const terminal = (more: Partial<Io> = {}) => rememberingTerminal(cwd, more)

describe('usage', () => {
  test.each([[[]], [['--help']], [['-h']], [['help']]])('%j shows every command', async (args) => {
    const { io, out, err } = terminal()
    expect(await run(args, io)).toBe(0)
    for (const name of ['serve', 'demo', 'migrate', '--help', '--version'])
      expect(out.join('\n')).toContain(name)
    expect(err).toEqual([])
  })

  test.each([[['serve', '--help']], [['serve', '-h']], [['help', 'serve']]])(
    '%j shows flags and examples',
    async (args) => {
      const { io, out } = terminal()
      expect(await run(args, io)).toBe(0)
      expect(out.join('\n')).toContain('-c, --config FILE')
      expect(out.join('\n')).toMatch(/Examples:\n {2}pombo serve/)
    },
  )

  test('--version is the one of package.json', async () => {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    const { io, out } = terminal()
    expect(await run(['--version'], io)).toBe(0)
    expect(out).toEqual([manifest.version])
  })

  test.each([
    [['sevre'], 'E_USAGE: There is no command "sevre". Did you mean "serve"? See: pombo --help'],
    [
      ['toString'],
      expect.stringMatching(
        /^E_USAGE: There is no command "toString"\. There are serve, demo, .*migrate.*\. See: pombo --help$/,
      ),
    ],
    [['--verison'], 'E_USAGE: There is no flag --verison. Did you mean --version? See: pombo --help'],
    [
      ['serve', '--confg', 'x'],
      'E_USAGE: pombo serve has no --confg. Did you mean --config? See: pombo serve --help',
    ],
    [['serve', '--config'], 'E_USAGE: --config needs a value. See: pombo serve --help'],
    [['serve', 'now'], 'E_USAGE: pombo serve takes no "now". See: pombo serve --help'],
    [
      ['serve', '--role', 'worker', '--role', 'sender'],
      'E_USAGE: --role is given twice, and takes one value. See: pombo serve --help',
    ],
    [
      ['serve', '--role', 'workr'],
      'E_USAGE: There is no role "workr". Did you mean "worker"? Write all, ingest, worker, sender, or several with commas between. See: pombo serve --help',
    ],
    [
      ['serve', '--role', 'worker,,sender'],
      'E_USAGE: --role names nothing before or after a comma. Write all, ingest, worker, sender, or several with commas between. See: pombo serve --help',
    ],
    [
      ['serve', '--role', 'all,worker'],
      'E_USAGE: --role all is every role already, so nothing stands beside it. Write all, ingest, worker, sender, or several with commas between. See: pombo serve --help',
    ],
    [
      ['serve', '--role', 'ingest,boss'],
      'E_USAGE: There is no role "boss". Write all, ingest, worker, sender, or several with commas between. See: pombo serve --help',
    ],
    [['init', 'a', 'b'], 'E_USAGE: pombo init takes no "b". See: pombo init --help'],
    [
      ['init', '--gatway', 'x'],
      'E_USAGE: pombo init has no --gatway. Did you mean --gateway? See: pombo init --help',
    ],
    [
      ['doctor', '--jsn'],
      'E_USAGE: pombo doctor has no --jsn. Did you mean --json? See: pombo doctor --help',
    ],
    [['doctor', '--json=yes'], 'E_USAGE: --json takes no value. See: pombo doctor --help'],
    [['send', 'support'], 'E_USAGE: pombo send needs <to> <text>. See: pombo send --help'],
    [['send', '--wiat'], 'E_USAGE: pombo send has no --wiat. Did you mean --wait? See: pombo send --help'],
    [['replay'], 'E_USAGE: pombo replay needs <file-or-id>. See: pombo replay --help'],
    [
      ['replay', 'a', '--instanc', 'b'],
      'E_USAGE: pombo replay has no --instanc. Did you mean --instance? See: pombo replay --help',
    ],
    [['migrate', '-x'], 'E_USAGE: pombo migrate has no -x. See: pombo migrate --help'],
  ])('%j is refused with 2', async (args, message) => {
    const { io, err, out } = terminal()
    expect(await run(args, io)).toBe(2)
    expect(err).toEqual([message])
    expect(out).toEqual([])
  })

  test('docs/cli.md has every command and flag that help shows', async () => {
    const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')
    const { io, out } = terminal()
    await run(['--help'], io)
    const commands = [...(out[0] ?? '').matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name!)
    expect(commands).toContain('serve')
    for (const command of commands) {
      const section = page.split(`\n## \`pombo ${command}\``)[1]?.split('\n## ')[0] ?? ''
      await run([command, '--help'], io)
      for (const [flag] of (out.at(-1) ?? '').matchAll(/--[a-z-]+/g)) {
        if (flag !== '--help') expect(section).toContain(flag)
      }
    }
  })

  test('colours only where they are welcome', async () => {
    const plain = terminal()
    await run(['sevre'], plain.io)
    await run(['--help'], plain.io)
    expect([...plain.err, ...plain.out].join()).not.toContain('\x1b[')
    const colourful = terminal({ colour: true })
    await run(['sevre'], colourful.io)
    await run(['--help'], colourful.io)
    expect(colourful.err[0]).toContain('\x1b[31mE_USAGE\x1b[0m:')
    expect(colourful.out[0]).toContain('\x1b[1mPombo')
  })
})

describe('serve and migrate', () => {
  const write = (config: object) =>
    writeFileSync(join(cwd, 'pombo.config.json'), JSON.stringify({ logLevel: 'silent', port: 0, ...config }))
  const serving = () => startServing(cwd)

  test('faults of the configuration: one a line, exit code 1, no secret', async () => {
    write({
      port: -1,
      instances: [
        { id: 'a', gateway: 'nobody', baseUrl: 'x', webhook: { secrets: ['hunter2-short'.slice(0, 7)] } },
      ],
    })
    const { io, err } = terminal()
    expect(await run(['serve'], io)).toBe(1)
    expect(err[0]).toBe('E_CONFIG: pombo.config.json has 4 faults.')
    expect(err.slice(1).map((line) => /^(\w+): (\S+)/.exec(line)?.slice(1))).toEqual([
      ['E_CONFIG', 'port'],
      ['E_CONFIG', 'instances[0].gateway'],
      ['E_CONFIG', 'instances[0].baseUrl'],
      ['E_CONFIG_SECRET_WEAK', 'instances[0].webhook.secrets[0]'],
    ])
    expect(err.join()).not.toContain('hunter2')
  })

  test('listens, says so in one line, and ends with 0 when asked to', async () => {
    write({})
    const hub = await serving()
    expect(hub.line).toMatch(
      /^Pombo listens on http:\/\/127\.0\.0\.1:\d+ \(configuration: pombo\.config\.json, database: (\/.*)\/data\/pombo\.db\)$/,
    )
    expect(await (await fetch(`${hub.url}/health`)).json()).toMatchObject({ status: 'healthy' })
    expect(await (await fetch(`${hub.url}/metrics`)).text()).toContain('pombo_deliveries_total')
    expect(await hub.end()).toBe(0)
    await expect(fetch(`${hub.url}/health`)).rejects.toThrow()
    // Everything was let go: the same database and port serve again in the same process.
    const again = await serving()
    expect(again.url).not.toBe('')
    expect(await again.end()).toBe(0)
  })

  test('roles divide the work of many processes, and SQLite has one', async () => {
    write({})
    for (const role of ['ingest', 'worker,sender']) {
      const { io, err } = terminal()
      expect(await run(['serve', '--role', role], io)).toBe(1)
      expect(err.join()).toMatch(/^E_CONFIG: A SQLite database .*--role all.*PostgreSQL/)
    }
    for (const role of ['all', 'ingest, worker, sender']) {
      const hub = await startServing(cwd, {}, ['--role', role])
      expect(hub.line).toMatch(/pombo\.db\)$/)
      expect(await hub.end()).toBe(0)
    }
  })

  test('a database that another hub uses', async () => {
    write({})
    const hub = await serving()
    const { io, err } = terminal()
    expect(await run(['serve'], io)).toBe(1)
    expect(err.join()).toMatch(/^E_STORE_LOCKED: /)
    expect(await hub.end()).toBe(0)
  })

  test('a port that somebody else has; nothing stays open behind it', async () => {
    const other = createServer()
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
    const { port } = other.address() as AddressInfo
    write({ port })
    for (let i = 0; i < 2; i += 1) {
      const { io, err } = terminal()
      expect(await run(['serve'], io)).toBe(1)
      expect(err.join()).toMatch(new RegExp(`^E_PORT_TAKEN: Port ${port} `))
    }
    other.close()
  })

  test('a database of a newer Pombo', async () => {
    write({ database: 'sqlite:hub.db' })
    const first = terminal()
    expect(await run(['migrate'], first.io)).toBe(0)
    expect(first.out.join()).toMatch(/hub\.db was brought up to date: /)
    const second = terminal()
    expect(await run(['migrate'], second.io)).toBe(0)
    expect(second.out.join()).toMatch(/hub\.db is up to date\.$/)

    const database = new DatabaseSync(join(cwd, 'hub.db'))
    database.exec("insert into migration (name, applied_at) values ('9999_future', 1)")
    database.close()
    for (const command of ['serve', 'migrate']) {
      const { io, err } = terminal()
      expect(await run([command], io)).toBe(1)
      expect(err.join()).toMatch(/^E_STORE_NEWER: .*9999_future/)
    }
  })

  test('a database that cannot be opened', async () => {
    writeFileSync(join(cwd, 'hub.db'), 'this is no database, whatever its name says')
    write({ database: 'sqlite:hub.db' })
    const { io, err } = terminal()
    expect(await run(['serve'], io)).toBe(1)
    expect(err.join()).toMatch(/^E_STORE_OPEN: /)
  })
})

describe('signals', () => {
  test('the same wish passed on twice is one wish; a later signal means now', async () => {
    let now = 1000
    const { io, exits, signal } = terminal()
    const asked = stopRequest(io, () => now)
    signal('SIGTERM')
    expect(await asked).toBe('SIGTERM')
    now += 200
    signal('SIGTERM')
    expect(exits).toEqual([])
    now += 5000
    signal('SIGINT')
    expect(exits).toEqual([130])
  })
})
