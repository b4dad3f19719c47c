/**
 * `npm run check [-- name …]`: every static check of the project, two at a time.
 * A check that passes is one line; one that fails shows what its tool said.
 */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

const CHECKS: Record<string, { what: string; command: string[] }> = {
  types: { what: 'TypeScript', command: ['tsc', '--noEmit'] },
  console: { what: 'TypeScript of the console', command: ['tsc', '--noEmit', '-p', 'tsconfig.console.json'] },
  style: {
    what: 'format and lint',
    command: ['biome', 'check', '--error-on-warnings', '--max-diagnostics=50', '.'],
  },
  promises: {
    what: 'promises and exhaustive switches',
    command: ['oxlint', '--type-aware', '--deny-warnings'],
  },
  imports: {
    what: 'direction of imports',
    command: [
      'depcruise',
      '--config',
      '.dependency-cruiser.ts',
      '--output-type',
      'err-long',
      'src',
      'console/src',
    ],
  },
  dead: { what: 'unused files, exports and dependencies', command: ['knip', '--no-progress'] },
}

const { positionals } = parseArgs({ allowPositionals: true })
const unknown = positionals.filter((name) => !(name in CHECKS))
if (unknown.length > 0) {
  console.error(`No check is called ${unknown.join(', ')}. There are: ${Object.keys(CHECKS).join(', ')}.`)
  process.exit(2)
}
const names = positionals.length > 0 ? positionals : Object.keys(CHECKS)

function run(command: readonly string[]): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    const [file = '', ...args] = command
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', (error) => resolve({ ok: false, output: error.message }))
    child.on('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(chunks).toString('utf8') }))
  })
}

const failed: string[] = []
const waiting = [...names]
async function worker(): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const check = CHECKS[name]
    if (!check) continue
    const begun = performance.now()
    const { ok, output } = await run(check.command)
    const seconds = ((performance.now() - begun) / 1000).toFixed(1)
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(9)} ${check.what} (${seconds} s)`)
    if (!ok) {
      failed.push(name)
      console.log(output.trimEnd().replaceAll(/^/gm, '     '))
    }
  }
}
await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, worker))
console.log(failed.length === 0 ? `all ${names.length} checks hold` : `not: ${failed.join(', ')}`)
process.exitCode = failed.length === 0 ? 0 : 1
