/**
 * `npm run build`: `src` as JavaScript with declarations in `dist`, beside it every file the program reads
 * at run time (the simulator's page, for one), and the console in `dist/console`. Tests and samples stay out. With `--fast` types are neither
 * checked nor written.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })
const compiler = join(root, 'node_modules/typescript/bin/tsc')
const fast = process.argv.includes('--fast') ? ['--noCheck', '--declaration', 'false'] : []
execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', ...fast], {
  cwd: root,
  stdio: 'inherit',
})
execFileSync(process.execPath, [join(root, 'scripts/console.ts')], { cwd: root, stdio: 'inherit' })
cpSync(join(root, 'src'), dist, {
  recursive: true,
  filter: (path) =>
    statSync(path).isDirectory()
      ? !['samples', 'fixtures', 'panel'].includes(basename(path))
      : !/\.(ts|tsx|md)$/.test(path),
})
