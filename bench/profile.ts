/**
 * `node bench/profile.ts FILE.cpuprofile [rows]`: where the time of a profile went, first by function alone,
 * then by function with everything it called. Idle time is left out.
 */
import { readFileSync } from 'node:fs'

interface Profile {
  nodes: {
    id: number
    callFrame: { functionName: string; url: string; lineNumber: number }
    children?: number[]
  }[]
  samples: number[]
  timeDeltas: number[]
}
const [file, rows = '30'] = process.argv.slice(2)
if (file === undefined) {
  console.error('usage: node bench/profile.ts FILE.cpuprofile [rows]')
  process.exit(2)
}
const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8')) as Profile
const name = new Map(
  nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
    const at = url.replace(/^.*\/(node_modules|src)\//, '$1/')
    return [id, `${functionName || '(anonymous)'}  ${at}${at ? `:${lineNumber + 1}` : ''}`]
  }),
)
const parent = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])))

const alone = new Map<string, number>()
const within = new Map<string, number>()
const add = (map: Map<string, number>, key: string, micros: number): void => {
  map.set(key, (map.get(key) ?? 0) + micros)
}
let busy = 0
samples.forEach((sample, i) => {
  const own = name.get(sample) ?? ''
  const micros = timeDeltas[i] ?? 0
  if (own.startsWith('(idle)')) return
  busy += micros
  add(alone, own, micros)
  const stack = new Set<string>()
  for (let id: number | undefined = sample; id !== undefined; id = parent.get(id))
    stack.add(name.get(id) ?? '')
  for (const frame of stack) if (frame.includes('/')) add(within, frame, micros)
})

function print(title: string, map: Map<string, number>): void {
  console.log(title)
  for (const [key, micros] of [...map].sort((a, b) => b[1] - a[1]).slice(0, Number(rows)))
    console.log(
      `${((100 * micros) / busy).toFixed(1).padStart(6)}%${(micros / 1000).toFixed(0).padStart(8)} ms  ${key}`,
    )
}
console.log(`busy ${(busy / 1e6).toFixed(1)} s`)
print('alone', alone)
print('with what it called', within)
