/**
 * `npm run graph`: reads every import of `src` and draws who knows whom, folder by folder, into
 * `docs/architecture.mmd` (Mermaid, which code hosts and editors show as a picture).
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'
import configuration from '../.dependency-cruiser.ts'

const root = join(import.meta.dirname, '..')
process.chdir(root)

/** One box of the picture: a file at the top, a folder, or one gateway, feature or engine. */
function box(path: string): string | undefined {
  const [top, first = '', second = '', third] = path.split('/')
  if (top !== 'src' || /\.(test|suite)\.ts$|conformance/.test(path)) return undefined
  const grouped =
    ['gateways', 'features', 'storage'].includes(first) && third !== undefined && second !== 'migrations'
  return grouped ? `${first}/${second}` : first
}

const { output } = await cruise(['src'], configuration.options, undefined, {
  tsConfig: extractTSConfig('tsconfig.json'),
})
const arrows = new Set<string>()
const boxes = new Set<string>()
for (const module of (output as ICruiseResult).modules) {
  const from = box(module.source)
  if (from === undefined) continue
  boxes.add(from)
  for (const dependency of module.dependencies) {
    const to = box(dependency.resolved)
    if (to !== undefined && to !== from) arrows.add(`  ${id(from)} --> ${id(to)}`)
  }
}
function id(name: string): string {
  return name.replaceAll(/[^a-z]/g, '_')
}
const lines = [
  'flowchart LR',
  ...[...boxes].sort().map((name) => `  ${id(name)}["${name}"]`),
  ...[...arrows].sort(),
]
writeFileSync(join(root, 'docs/architecture.mmd'), `${lines.join('\n')}\n`)
console.log(`docs/architecture.mmd: ${boxes.size} boxes, ${arrows.size} arrows`)
