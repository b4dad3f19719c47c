/**
 * The load generator, a process of its own. It writes whole pre-signed requests to keep-alive sockets and
 * reads no more of an answer than its status and length, so that it costs the machine as little as possible.
 * Jobs and results travel over IPC; all bodies are made before the clock starts.
 */
import { connect, type Socket } from 'node:net'
import { type Recipe, requests } from './lib/messages.ts'
import { percentile, round } from './lib/stats.ts'

export interface LoadJob {
  /** Of the nodes that share the load; connections go to them in turns. */
  ports: readonly number[]
  connections: number
  recipe: Recipe
  /** Ends the round early; what is left of the recipe is not sent. */
  seconds?: number
  /** Open loop: requests per second, each due at its own time. Without it every socket sends as fast as it is answered. */
  pace?: number
}
export interface LoadResult {
  sent: number
  ok: number
  failed: number
  statuses: Record<string, number>
  seconds: number
  rate: number
  /** ms; in an open loop from when the request was due. */
  latency: { p50: number; p90: number; p99: number; max: number }
}

/** Cuts one answer off a socket's bytes; undefined while it is incomplete. */
function answer(bytes: Buffer): { status: number; length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = bytes.toString('latin1', 0, end)
  const status = Number(head.slice(9, 12))
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)
  if (length) {
    const total = end + 4 + Number(length[1])
    return bytes.length >= total ? { status, length: total } : undefined
  }
  const last = bytes.indexOf('0\r\n\r\n', end + 4)
  return last < 0 ? undefined : { status, length: last + 5 }
}

async function run(job: LoadJob): Promise<LoadResult> {
  const bodies = requests(job.recipe, '127.0.0.1')
  const latencies = new Float64Array(bodies.length)
  const statuses: Record<string, number> = {}
  let next = 0
  let done = 0
  let ok = 0
  let failed = 0
  let stopped = false
  const idle: (() => void)[] = []
  const closing: (() => void)[] = []
  let finish = (): void => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })

  const open = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
      let due = 0
      let busy = false
      let rest: Buffer = Buffer.alloc(0)
      const send = (at: number): void => {
        const body = bodies[next++]
        if (!body) return
        due = at
        busy = true
        socket.write(body)
      }
      const free = (): void => {
        busy = false
        if (job.pace !== undefined) idle.push(() => send(duePaced()))
        else if (!stopped && next < bodies.length) send(performance.now())
        if (done >= next && (stopped || next >= bodies.length)) finish()
      }
      socket.once('connect', () => {
        closing.push(() => socket.destroy())
        resolve()
        idle.push(() => send(job.pace === undefined ? performance.now() : duePaced()))
      })
      socket.on('error', reject)
      socket.on('close', () => {
        if (!busy) return
        failed++
        done++
        if (done >= next && (stopped || next >= bodies.length)) finish()
      })
      socket.on('data', (chunk: Buffer) => {
        rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
        const got = answer(rest)
        if (!got) return
        rest = rest.subarray(got.length)
        latencies[done++] = performance.now() - due
        statuses[got.status] = (statuses[got.status] ?? 0) + 1
        if (got.status === 200) ok++
        else failed++
        free()
      })
    })

  // Open loop: the i-th request is due i/pace seconds after the start, whoever is free to carry it.
  let started = 0
  const duePaced = (): number => started + (next / (job.pace ?? 1)) * 1000

  await Promise.all(Array.from({ length: job.connections }, (_, i) => open(job.ports[i % job.ports.length]!)))
  started = performance.now()
  const deadline =
    job.seconds === undefined
      ? undefined
      : setTimeout(() => {
          stopped = true
          if (done >= next) finish()
        }, job.seconds * 1000)
  let ticker: NodeJS.Timeout | undefined
  if (job.pace === undefined) for (const begin of idle.splice(0)) begin()
  else {
    ticker = setInterval(() => {
      const now = performance.now()
      while (!stopped && next < bodies.length && duePaced() <= now) {
        const begin = idle.shift()
        if (!begin) break
        begin()
      }
    }, 1)
  }
  await finished
  clearTimeout(deadline)
  clearInterval(ticker)
  const seconds = (performance.now() - started) / 1000
  for (const close of closing) close()
  const sorted = latencies.subarray(0, done).toSorted()
  return {
    sent: next,
    ok,
    failed,
    statuses,
    seconds: round(seconds, 3),
    rate: round(ok / seconds, 1),
    latency: {
      p50: round(percentile(sorted, 50)),
      p90: round(percentile(sorted, 90)),
      p99: round(percentile(sorted, 99)),
      max: round(percentile(sorted, 100)),
    },
  }
}

process.on('message', (job: LoadJob) => {
  run(job).then(
    (result) => process.send?.({ result }),
    (error: Error) => process.send?.({ error: error.message }),
  )
})
process.on('disconnect', () => process.exit(0))
process.send?.({ ready: true })
