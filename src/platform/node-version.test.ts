import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { expect, test } from 'vitest'
import { nodeVersionFault, OLDEST_NODE } from './node-version.ts'

test.each(['24.15.0', '24.21.0', '26.0.1'])('%s will do', (version) => {
  expect(nodeVersionFault(version)).toBeUndefined()
})

test.each(['24.14.9', '22.99.0', '20.20.2', '8.0.0'])('%s is told what to install', (version) => {
  const fault = nodeVersionFault(version)
  expect(fault).toContain('E_NODE_VERSION')
  expect(fault).toContain(version)
  expect(fault).toContain('nvm install 24')
})

test('says the same as package.json', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(manifest.engines.node).toBe(`>=${OLDEST_NODE}`)
})

test('uses no syntax that an old Node cannot read', () => {
  const source = readFileSync(new URL('./node-version.ts', import.meta.url), 'utf8')
  const code = stripTypeScriptTypes(source).replace(/`[^`]*`|\/\*[\s\S]*?\*\/|\/\/.*/g, '')
  expect(code).not.toMatch(/\?\?|\?\.|^import |#\w|\|\|=|&&=/m)
})
