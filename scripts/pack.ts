/**
 * npm runs this around `npm pack` and `npm publish`: `before` builds and puts the published manifest in
 * place, `after` brings package.json back. If a run was interrupted in between, the next one brings it back
 * first; `node scripts/pack.ts after` does so by hand.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { publishedManifest } from './manifest.ts'

const root = join(import.meta.dirname, '..')
const manifest = join(root, 'package.json')
const kept = join(root, '.tmp', 'package.json.before-pack')

function restore(): void {
  if (existsSync(kept)) renameSync(kept, manifest)
}

switch (process.argv[2]) {
  case 'before': {
    restore()
    execFileSync(process.execPath, [join(root, 'scripts/build.ts')], { cwd: root, stdio: 'inherit' })
    mkdirSync(join(root, '.tmp'), { recursive: true })
    const text = readFileSync(manifest, 'utf8')
    writeFileSync(kept, text)
    writeFileSync(manifest, `${JSON.stringify(publishedManifest(JSON.parse(text)), undefined, 2)}\n`)
    break
  }
  case 'after':
    restore()
    break
  default:
    console.error('usage: node scripts/pack.ts <before|after>')
    process.exitCode = 2
}
