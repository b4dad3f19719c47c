import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadHub } from '../main.ts'
import { pomboSpec } from './init/origin.ts'
import { packageName } from './init/project.ts'
import type { Io } from './io.ts'
import { run } from './run.ts'
import { terminal } from './terminal.fixture.ts'

/** That the project also runs, out of the packed tarball, is tested with the package. */

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'pombo-init-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

async function init(args: readonly string[], more: Partial<Io> = {}) {
  const { io, out, err } = terminal(cwd, more)
  const code = await run(['init', ...args], io)
  return { code, out: out.join('\n'), err: err.join('\n') }
}
const read = (path: string) => readFileSync(join(cwd, path), 'utf8')
const FILES = [
  '.env',
  '.env.example',
  '.gitignore',
  'README.md',
  'bot.test.ts',
  'bot.ts',
  'package.json',
  'pombo.config.ts',
  'tsconfig.json',
]

test.each([
  ['gowa', ['POMBO_API_KEY', 'GOWA_SECRET']],
  ['uazapi', ['POMBO_API_KEY', 'UAZAPI_KEY', 'UAZAPI_TOKEN']],
])('%s: files, secrets of its own, a name, nothing asked', async (gateway, variables) => {
  expect(await init(['a', '--gateway', gateway, '--name', 'shop-bot'])).toMatchObject({ code: 0, err: '' })
  await init(['b', '--gateway', gateway])
  expect(readdirSync(join(cwd, 'a')).sort()).toEqual(FILES)
  expect(JSON.parse(read('a/package.json'))).toMatchObject({
    name: 'shop-bot',
    type: 'module',
    private: true,
  })
  expect(JSON.parse(read('b/package.json')).name).toBe('b')
  expect(read('a/README.md')).toMatch(/^# shop-bot\n/)

  expect(statSync(join(cwd, 'a/.env')).mode & 0o777).toBe(0o600)
  expect(read('a/.gitignore')).toMatch(/^\.env$/m)
  for (const variable of variables) {
    const value = (folder: string) => new RegExp(`^${variable}=(.+)$`, 'm').exec(read(`${folder}/.env`))?.[1]
    expect(value('a')).toMatch(/^[0-9a-f-]{36,64}$/)
    expect(value('b')).not.toBe(value('a'))
    expect(read('a/.env.example')).toMatch(new RegExp(`^${variable}=$`, 'm'))
  }
  expect(read('a/.env')).not.toMatch(/=$/m)
})

test('versions of its tools are ours', async () => {
  await init(['a'])
  const { devDependencies, dependencies } = JSON.parse(read('a/package.json'))
  const ours = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  for (const [name, version] of Object.entries(devDependencies))
    expect(ours.devDependencies[name]).toBe(version)
  expect(dependencies.pombo).toContain(ours.version)
})

test('nothing is overwritten: every file in the way is named, and nothing is written', async () => {
  writeFileSync(join(cwd, 'bot.ts'), 'of a person')
  writeFileSync(join(cwd, '.env'), 'of a person too')
  const { code, err } = await init([])
  expect(code).toBe(1)
  expect(err).toMatch(/^E_FILE_EXISTS: .* holds bot\.ts, \.env already, and nothing is overwritten\./)
  expect(readdirSync(cwd).sort()).toEqual(['.env', 'bot.ts'])
  expect(read('bot.ts')).toBe('of a person')
})

test('a folder that is a file, an unknown gateway, a name npm does not take', async () => {
  writeFileSync(join(cwd, 'file'), '')
  expect((await init(['file'])).err).toMatch(/^E_FILE: /)
  expect(await init(['a', '--gateway', 'gova'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('Did you mean gowa?'),
  })
  expect((await init(['a', '--name', 'Shop Bot'])).code).toBe(2)
  expect(existsSync(join(cwd, 'a'))).toBe(false)
})

test('asks for the gateway on a terminal only, and only when no flag says it', async () => {
  const asked: string[] = []
  const ask = async (question: string) => {
    asked.push(question)
    return ' UAZAPI '
  }
  await init(['a'], { ask })
  await init(['b', '--gateway', 'gowa'], { ask })
  await init(['c'], { ask: async () => '' })
  await init(['d'])
  expect(asked).toEqual(['Which gateway: gowa or uazapi? [gowa] '])
  expect(
    ['a', 'b', 'c', 'd'].map((name) => /gateway: '(\w+)'/.exec(read(`${name}/pombo.config.ts`))?.[1]),
  ).toEqual(['uazapi', 'gowa', 'gowa', 'gowa'])
})

test.each([
  ['/home/ana/Meu Robô!', 'meu-robo'],
  ['/srv/shop_bot', 'shop_bot'],
  ['/', undefined],
  ['/日本', undefined],
])('the folder %s makes the name %s', (folder, name) => {
  expect(packageName(folder)).toBe(name)
})

test('installed from a tarball, it asks for that tarball; else for its version', () => {
  const root = join(cwd, 'tools/node_modules/pombo')
  mkdirSync(root, { recursive: true })
  writeFileSync(join(root, 'package.json'), '{"version":"1.2.3"}')
  const project = join(cwd, 'project')
  expect(pomboSpec(root, project)).toBe('1.2.3')
  writeFileSync(
    join(root, '../.package-lock.json'),
    JSON.stringify({ packages: { 'node_modules/pombo': { resolved: 'file:../pombo-1.2.3.tgz' } } }),
  )
  expect(pomboSpec(root, project)).toBe('1.2.3')
  writeFileSync(join(cwd, 'pombo-1.2.3.tgz'), '')
  expect(pomboSpec(root, project)).toBe('file:../pombo-1.2.3.tgz')
})

test('a checkout that was packed is asked for as that tarball; --pombo names one as it lies from here', async () => {
  const root = join(cwd, 'checkout')
  mkdirSync(root)
  writeFileSync(join(root, 'package.json'), '{"version":"1.2.3"}')
  writeFileSync(join(root, 'pombo-1.2.3.tgz'), '')
  expect(pomboSpec(root, join(cwd, 'project'))).toBe('file:../checkout/pombo-1.2.3.tgz')

  const spec = (project: string) => JSON.parse(read(`${project}/package.json`)).dependencies.pombo
  await init(['a', '--pombo', 'checkout/pombo-1.2.3.tgz'])
  await init(['b', '--pombo', 'file:../other.tgz'])
  await init(['c', '--pombo', '^2.0.0'])
  expect(['a', 'b', 'c'].map(spec)).toEqual([
    'file:../checkout/pombo-1.2.3.tgz',
    'file:../other.tgz',
    '^2.0.0',
  ])
  expect((await init(['d', '--pombo', 'nowhere.tgz'])).code).toBe(2)
})

test('the configuration of a project is one the hub takes', async () => {
  // Inside the checkout, so that the bot's import of pombo leads somewhere.
  const tmp = new URL('../../.tmp/', import.meta.url).pathname
  mkdirSync(tmp, { recursive: true })
  const folder = mkdtempSync(join(tmp, 'init-'))
  try {
    for (const gateway of ['gowa', 'uazapi']) {
      const project = join(folder, gateway)
      const { io } = terminal(folder)
      expect(await run(['init', project, '--gateway', gateway], io)).toBe(0)
      // Its own manifest would make another package of it.
      rmSync(join(project, 'package.json'))
      const env = Object.fromEntries(
        [...readFileSync(join(project, '.env'), 'utf8').matchAll(/^(\w+)=(.+)$/gm)].map(([, name, value]) => [
          name,
          value,
        ]),
      )
      const { config, bot, warnings } = await loadHub({ file: undefined, cwd: project, env })
      expect(config.instances).toMatchObject([{ id: 'main', gateway }])
      expect([typeof bot, warnings]).toEqual(['function', []])
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})
