import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Lockfile, missingPlatforms, resolvedEntries } from '../scripts/lockfile.ts'

const read = <T>(file: string): T =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', file), 'utf8')) as T
const lockfile = read<Lockfile>('package-lock.json')

test('holds the packages of every platform, or npm ci refuses it', () => {
  expect([...missingPlatforms(lockfile).keys()]).toEqual([])
})

test('names no registry', () => {
  expect(resolvedEntries(lockfile)).toEqual([])
})

test('every dependency of ours is asked for at one exact version', () => {
  const { dependencies, devDependencies, optionalDependencies } =
    read<Record<string, Record<string, string>>>('package.json')
  for (const [name, version] of Object.entries({
    ...dependencies,
    ...devDependencies,
    ...optionalDependencies,
  })) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
    expect(lockfile.packages[`node_modules/${name}`]?.version, name).toBe(version)
  }
})

test('what is missing is found, marked for its platform', () => {
  const packages = {
    'node_modules/tool': {
      dev: true,
      optionalDependencies: { '@tool/linux-x64-musl': '1.2.3', '@tool/linux-x64': '1.2.3' },
    },
    'node_modules/tool/node_modules/@tool/linux-x64': { version: '1.2.3' },
  }
  expect(Object.fromEntries(missingPlatforms({ packages }))).toEqual({
    'node_modules/@tool/linux-x64-musl': {
      version: '1.2.3',
      dev: true,
      optional: true,
      os: ['linux'],
      cpu: ['x64'],
      libc: ['musl'],
    },
  })
})
