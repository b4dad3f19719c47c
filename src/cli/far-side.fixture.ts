import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a test of the program stands before: servers on loopback, and numbers configured on them. */

export const API_KEY = 'an-api-key-0123456789'
export const SECRET = 'a-secret-of-the-gateway-01'
export const URL_KEY = 'urlkey-0123456789'
export const TOKEN = 'b1f2c3d4-0000-4000-8000-000000000001'

/** A number whose deliveries are signed, with what the environment holds in `GATEWAY_SECRET`. */
export const signed = (baseUrl: string) => ({
  id: 'support',
  gateway: 'gowa',
  baseUrl,
  webhook: { secrets: [{ env: 'GATEWAY_SECRET' }] },
})
/** A number whose deliveries come with a key in their URL. */
export const keyed = (baseUrl: string) => ({
  id: 'sales',
  gateway: 'uazapi',
  baseUrl,
  token: TOKEN,
  webhook: { key: URL_KEY },
})

export interface Listeners {
  /** Answers on a free port of loopback from now on. @returns its address */
  listen(handle: RequestListener): Promise<string>
  /** Ends all of them, with their connections. */
  close(): void
}
export function createListeners(): Listeners {
  const servers: Server[] = []
  return {
    async listen(handle) {
      const server = createServer(handle)
      servers.push(server)
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    },
    close() {
      for (const server of servers.splice(0)) {
        server.closeAllConnections()
        server.close()
      }
    },
  }
}
