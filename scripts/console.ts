/**
 * `node scripts/console.ts`: builds the console into `dist/console`, with each file compressed beside itself, and
 * notes of which sources it is. It is written elsewhere and moved into place whole, so that a hub never reads half.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'vite'
import { consoleSources, SOURCES_NOTE } from '../src/cli/console-build.ts'

const root = join(import.meta.dirname, '..')
const target = join(root, 'dist/console')
const fresh = join(root, 'dist', `console.${process.pid}`)
/** Smaller ones gain nothing. */
const LEAST_BYTES = 512

// Whoever builds may have another one set, and React would come as it is for development.
process.env.NODE_ENV = 'production'
const sources = await consoleSources(root)
await build({
  configFile: join(root, 'console/vite.config.ts'),
  logLevel: 'warn',
  build: { outDir: fresh, emptyOutDir: true, reportCompressedSize: false },
})
for (const entry of readdirSync(fresh, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !['.html', '.js', '.css', '.svg'].includes(extname(entry.name))) continue
  const path = join(entry.parentPath, entry.name)
  const bytes = readFileSync(path)
  if (bytes.length < LEAST_BYTES) continue
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }))
}
writeFileSync(join(fresh, SOURCES_NOTE), sources)
mkdirSync(join(root, 'dist'), { recursive: true })
rmSync(target, { recursive: true, force: true })
try {
  renameSync(fresh, target)
} catch (error) {
  // Another build of the same sources was faster.
  rmSync(fresh, { recursive: true, force: true })
  if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error
}
