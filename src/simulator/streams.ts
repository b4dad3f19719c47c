import type { ServerResponse } from 'node:http'
import type { PhoneNews, PhoneState } from './phone-view.ts'

/** A page that reads slower than this is cut off; it comes back and gets the whole state. */
const STREAM_BUFFER_BYTES = 1024 * 1024

/** Everybody who watches, over server-sent events. The first event each gets is the whole state. */
export class Streams {
  readonly #open = new Set<ServerResponse>()

  add(response: ServerResponse, state: PhoneState): void {
    this.#open.add(response)
    response.write(`retry: 1000\n${frame('state', state)}`)
  }

  /** Returns how many are left. */
  remove(response: ServerResponse): number {
    this.#open.delete(response)
    return this.#open.size
  }

  send<Name extends keyof PhoneNews>(event: Name, data: PhoneNews[Name]): void {
    if (this.#open.size === 0) return
    const text = frame(event, data)
    for (const response of this.#open) {
      if (response.writableLength > STREAM_BUFFER_BYTES) response.destroy()
      else response.write(text)
    }
  }

  close(): void {
    for (const response of this.#open) response.end()
    this.#open.clear()
  }
}

const frame = <Name extends keyof PhoneNews>(event: Name, data: PhoneNews[Name]): string =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
