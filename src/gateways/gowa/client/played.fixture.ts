import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { address } from '../../../core/address.ts'
import type { ClientContext, GatewayClient, ServerClient } from '../../../core/gateway.ts'
import type { Clock, Logger } from '../../../core/ports.ts'
import { systemClock } from '../../../platform/clock.ts'
import { createHttpClient } from '../../../platform/http-client.ts'
import type { SimulatedNumber, World } from '../../../simulator/port.ts'
import { SimulatedWhatsApp } from '../../../simulator/world.ts'
import { administer, connect } from '../send.ts'
import { gowaSimulator } from '../simulator.ts'

export const ana = { digits: '5511955550101', privateDigits: '90010020030040', name: 'Ana' }
export const bia = { digits: '5511955550102', privateDigits: '90010020030041', name: 'Bia' }
export const ANA = address('phone', ana.digits)
export const BIA = address('phone', bia.digits)
export const TEAM = address('group', '120363000000000201')
const BASIC = { username: 'hub', password: 'a-password-of-gowa' }
export const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }

export interface Played {
  client: GatewayClient
  server: ServerClient
  whatsapp: SimulatedWhatsApp
  world: World
  number: SimulatedNumber
  /** `METHOD /path?query` of every request, in order. */
  asked: string[]
  base: string
  close(): Promise<void>
}

/** Our client, over real HTTP and a base path, against the simulated GOWA of one version. */
export async function play(
  generation = 'envelope-9',
  changes: Partial<SimulatedNumber> = {},
  context: Partial<ClientContext> = {},
): Promise<Played> {
  const whatsapp = new SimulatedWhatsApp({
    clock: systemClock,
    random: Math.random,
    scanMs: 'never',
    people: [ana, bia],
    numbers: [
      {
        instance: 'support',
        digits: '5511955559999',
        privateDigits: '70010020030040',
        name: 'Loja',
        generation,
        connected: true,
        webhookUrl: 'http://127.0.0.1:9/webhooks/support',
        device: 'front-desk',
        basicAuth: BASIC,
        ...changes,
      },
    ],
    groups: [{ address: TEAM, name: 'Team', instance: 'support', members: [ana.digits], description: 'Us' }],
  })
  const world = whatsapp.view('support')
  const number = whatsapp.numbers.get('support') as SimulatedNumber
  const asked: string[] = []
  const http = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://gowa')
      const bytes = Buffer.concat(parts)
      asked.push(`${request.method} ${request.url}`)
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      )
      const answer = gowaSimulator.serve(
        {
          method: request.method ?? 'GET',
          path: url.pathname,
          query: Object.fromEntries(url.searchParams),
          headers,
          body: bytes.toString('utf8'),
          bytes,
        },
        number,
        world,
      )
      response.writeHead(answer.status, answer.headers).end(answer.bytes ?? answer.body)
    })
  })
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  const base = `http://127.0.0.1:${(http.address() as AddressInfo).port}/wa`
  const requests = createHttpClient({ clock: systemClock })
  const whole: ClientContext = {
    baseUrl: base,
    device: 'front-desk',
    http: requests.request,
    clock: systemClock,
    log,
    ...context,
  }
  return {
    client: connect({ basicAuth: BASIC }, whole),
    server: administer({ settings: { basicAuth: BASIC } }, whole),
    whatsapp,
    world,
    number,
    asked,
    base,
    async close() {
      whatsapp.close()
      await requests.close()
      await new Promise((done) => http.close(done))
    },
  }
}

/** A clock on which everything takes a hundredth of its time. */
export const hurried: Clock = {
  ...systemClock,
  setTimeout: (fn, ms) => systemClock.setTimeout(fn, ms / 100),
}
