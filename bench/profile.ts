/** `node bench/profile.ts FILE.cpuprofile [rows]`: functions by the time spent in themselves. */
import { readFileSync } from 'node:fs'

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  timeDeltas: number[]
}
const [file, rows = '30'] = process.argv.slice(2)
if (file === undefined) {
  console.error('usage: node bench/profile.ts FILE.cpuprofile [rows]')
  process.exit(2)
}
const profile = JSON.parse(readFileSync(file, 'utf8')) as Profile
const names = new Map(
  profile.nodes.map(({ id, callFrame }) => {
    const at = callFrame.url.replace(/^.*\/(node_modules|src)\//, '$1/')
    return [
      id,
      `${callFrame.functionName || '(anonymous)'}  ${at}${at ? `:${callFrame.lineNumber + 1}` : ''}`,
    ]
  }),
)
const self = new Map<string, number>()
let busy = 0
profile.samples.forEach((id, i) => {
  const name = names.get(id) ?? ''
  const micros = profile.timeDeltas[i] ?? 0
  if (name.startsWith('(idle)')) return
  busy += micros
  self.set(name, (self.get(name) ?? 0) + micros)
})
for (const [name, micros] of [...self].sort((a, b) => b[1] - a[1]).slice(0, Number(rows)))
  console.log(
    `${((100 * micros) / busy).toFixed(1).padStart(5)}%  ${(micros / 1000).toFixed(0).padStart(6)} ms  ${name}`,
  )
console.log(`busy ${(busy / 1e6).toFixed(1)} s`)
