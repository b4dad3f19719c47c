import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { between } from './random.ts'
import type { Passed, Post, Wire } from './wires.ts'

/**
 * What the far side does with one send:
 * - `ok`: passes it on and answers
 * - `slow`: passes it on, answers late
 * - `error`: passes it on or not, and answers 500: nobody can tell which
 * - `hang-up`: passes it on and closes the connection instead of answering; it knows the message afterwards
 * - `die`: the same, and a gateway without references does not even know the message afterwards. (One that
 *   gives them back is asked what it knows, and believed: losing its memory would be a lie.)
 * - `hang`: passes it on or not, and never answers
 * - `storm`: answers 429 and does nothing
 */
type Manner = 'ok' | 'slow' | 'error' | 'hang-up' | 'die' | 'hang' | 'storm'
export interface Temper {
  name: string
  /** Chance of each manner but `ok`. */
  odds: Partial<Record<Exclude<Manner, 'ok'>, number>>
  /** Refuses every connection. */
  refuse?: boolean
}
export const TEMPERS: readonly Temper[] = [
  { name: 'well', odds: {} },
  { name: 'well', odds: { slow: 0.02 } },
  { name: 'slow', odds: { slow: 0.3 } },
  { name: 'failing', odds: { error: 0.05, slow: 0.02 } },
  { name: 'hanging up', odds: { 'hang-up': 0.05, die: 0.03 } },
  { name: 'dying', odds: { die: 0.1 } },
  { name: 'hanging', odds: { hang: 0.08, slow: 0.02 } },
  { name: 'storming', odds: { storm: 0.6, die: 0.02 } },
  { name: 'away', odds: {}, refuse: true },
]
const WELL = TEMPERS[0]!
/** Of the messages passed on, so many are reported by the gateway itself, before or after its answer. */
const REPORTED = 0.3

/** A message the customer got. */
export interface Heard {
  chat: string
  text: string
  /** Ours, where the gateway takes one; the same at every attempt. */
  reference: string
  /** ms since 1970 */
  at: number
}

/**
 * Gateways that speak their REST, remember what they passed on, and misbehave on command. A request counts
 * as passed on once its whole body arrived, whether or not the hub is still there to hear the answer.
 */
export class FarSide {
  readonly heard: Heard[] = []
  temper: Temper = WELL
  readonly #random: () => number
  /** A path of its own for each gateway. */
  readonly #wires: ReadonlyMap<string, Wire>
  readonly #report: (wire: Wire, post: Post) => void
  readonly #sockets = new Set<Socket>()
  readonly #memory = new Map<Wire, Passed[]>()
  #server: Server | undefined
  #port = 0
  #ids = 0

  constructor(random: () => number, wires: readonly Wire[], report: (wire: Wire, post: Post) => void) {
    this.#random = random
    this.#wires = new Map(wires.map((wire) => [wire.instance, wire]))
    this.#report = report
    for (const wire of wires) this.#memory.set(wire, [])
  }

  baseUrl(wire: Wire): string {
    return `http://127.0.0.1:${this.#port}/${wire.instance}`
  }

  async open(): Promise<void> {
    if (this.#server) return
    const server = createServer((req, res) => this.#receive(req, res))
    server.keepAliveTimeout = 600_000
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, '127.0.0.1', resolve)
    })
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /** From now on connections are refused, and open ones break. */
  async close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server) return
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  /** What hung under the temper before breaks off. */
  async become(temper: Temper): Promise<void> {
    const hung = this.temper.odds.hang !== undefined
    this.temper = temper
    if (temper.refuse || hung) await this.close()
    if (!temper.refuse) await this.open()
  }

  #receive(req: IncomingMessage, res: ServerResponse): void {
    const chunks: Buffer[] = []
    req.on('error', () => {})
    res.on('error', () => {})
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const url = new URL(req.url ?? '/', 'http://far.side')
      const [, instance = '', ...path] = url.pathname.split('/')
      const wire = this.#wires.get(instance)
      if (!wire) return answer(res, 404, {})
      url.pathname = `/${path.join('/')}`
      const asked = wire.read(req.method ?? 'GET', url, Buffer.concat(chunks).toString('utf8'))
      switch (asked.type) {
        case 'send':
          this.#send(wire, asked, req, res)
          return
        case 'find':
          answer(res, 200, wire.found(this.#found(wire, asked)))
          return
        case 'other':
          answer(res, 200, wire.other(asked.path))
      }
    })
  }

  #found(
    wire: Wire,
    { chat, reference, since }: { chat: string | undefined; reference: string | undefined; since: number },
  ): Passed[] {
    return this.#memory
      .get(wire)!
      .filter(
        (one) =>
          (chat === undefined || one.chat === chat) &&
          (reference === undefined || one.reference === reference) &&
          one.at >= since,
      )
      .slice(-100)
      .reverse()
  }

  #send(
    wire: Wire,
    { chat, text, reference }: { chat: string; text: string; reference: string },
    req: IncomingMessage,
    res: ServerResponse,
  ): void {
    const manner = this.#manner()
    if (manner === 'storm') {
      answer(res, 429, wire.failed, { 'retry-after': '1' })
      return
    }
    const passed: Passed = { id: this.#newId(), chat, text, reference, at: Date.now() }
    const mayVanish = manner === 'error' || manner === 'hang'
    if (!mayVanish || this.#random() < 0.5) {
      this.heard.push(passed)
      if (manner !== 'die' || reference !== '') this.#memory.get(wire)!.push(passed)
      if (this.#random() < REPORTED) this.#report(wire, wire.reports(passed))
    }
    switch (manner) {
      case 'ok':
        answer(res, 200, wire.sent(passed))
        return
      case 'slow':
        setTimeout(() => answer(res, 200, wire.sent(passed)), between(this.#random, 100, 1500))
        return
      case 'error':
        answer(res, 500, wire.failed)
        return
      case 'hang':
        return
      case 'hang-up':
      case 'die':
        req.socket.destroy()
    }
  }

  #manner(): Manner {
    let left = this.#random()
    for (const [manner, chance] of Object.entries(this.temper.odds)) {
      left -= chance
      if (left < 0) return manner as Manner
    }
    return 'ok'
  }

  #newId(): string {
    return `3EB0FAR${String(++this.#ids).padStart(9, '0')}`
  }
}

function answer(
  res: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  if (res.destroyed) return
  const text = JSON.stringify(body)
  res.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  })
  res.end(text)
}
