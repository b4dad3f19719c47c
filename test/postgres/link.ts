import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Both ends of one connection through a link. */
type Pair = readonly [Socket, Socket]

/** The way from one node to the database, which can break in the ways that networks do. */
export class Link {
  readonly #target: number
  readonly #pairs = new Set<Pair>()
  /** Nothing moves on these any more. */
  readonly #lost = new Set<Pair>()
  #server: Server | undefined
  #port = 0
  #frozen = false

  /** @param target port of 127.0.0.1 */
  constructor(target: number) {
    this.#target = target
  }

  get port(): number {
    return this.#port
  }

  async open(): Promise<void> {
    const server = createServer((socket) => this.#join(socket)).listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /** Connections are reset, what was on its way is lost, and new ones are refused until it is opened again. */
  cut(): void {
    this.#server?.close()
    this.#server = undefined
    for (const pair of this.#pairs) for (const end of pair) end.resetAndDestroy()
  }

  /** Nothing moves, either way, and nobody is told. */
  freeze(): void {
    this.#frozen = true
    for (const pair of this.#pairs) for (const end of pair) end.pause()
  }
  /** What was on its way arrives now. */
  thaw(): void {
    this.#frozen = false
    for (const pair of this.#pairs) for (const end of pair) end.resume()
  }

  /** The connections there are lie still for ever, and nobody is told; new ones work. */
  forget(): void {
    for (const pair of this.#pairs) {
      for (const end of pair) end.pause()
      this.#lost.add(pair)
    }
    this.#pairs.clear()
  }

  close(): void {
    this.cut()
    for (const pair of this.#lost) for (const end of pair) end.destroy()
  }

  #join(near: Socket): void {
    const far = connect(this.#target, '127.0.0.1')
    const pair: Pair = [near, far]
    this.#pairs.add(pair)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.setNoDelay(true)
      from.on('data', (chunk) => to.write(chunk))
      from.on('end', () => to.end())
      from.on('error', () => to.destroy())
      from.on('close', () => {
        to.destroy()
        this.#pairs.delete(pair)
      })
      if (this.#frozen) from.pause()
    }
  }
}
