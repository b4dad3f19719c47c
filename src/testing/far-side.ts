import type { HttpClient, HttpOutcome, HttpRequest } from '../core/ports.ts'
import { dryRun } from '../simulator/dry-run.ts'
import type { SimulatedGateway, WireRequest, WireResponse, World } from '../simulator/port.ts'
import type { SimulatedWhatsApp } from '../simulator/world.ts'
import type { FakeClock } from './fake-clock.ts'

/**
 * What goes wrong with a request of the hub to a gateway.
 * - `status`: the gateway answers that, and does nothing.
 * - `lost`: it does what was asked, and the answer is lost.
 * - `hang`: it does nothing and never answers; the request ends when its time is up.
 * - `refuse`: no connection, so certainly nothing was sent.
 */
export type GatewayFault =
  | { status: number; headers?: Record<string, string>; body?: string }
  | { lost: true }
  | { hang: true }
  | { refuse: true }

/** One request the hub made of a gateway. */
export interface SeenRequest extends WireRequest {
  instance: string
}

const HOST = '.gateway.test'
/** Where the simulated gateway of a number is reached. */
export const gatewayUrl = (instance: string): string => `http://${instance}${HOST}`

/** The gateways' side of the wire, in process: the hub's HTTP client ends here. */
export class FarSide {
  readonly requests: SeenRequest[] = []
  readonly #world: SimulatedWhatsApp
  readonly #gateways: ReadonlyMap<string, SimulatedGateway>
  readonly #clock: FakeClock
  readonly #faults: GatewayFault[] = []
  readonly #hanging = new Set<() => void>()

  constructor(
    world: SimulatedWhatsApp,
    /** By instance. */
    gateways: ReadonlyMap<string, SimulatedGateway>,
    clock: FakeClock,
  ) {
    this.#world = world
    this.#gateways = gateways
    this.#clock = clock
  }

  /** Requests that wait for an answer which will not come. */
  get hanging(): number {
    return this.#hanging.size
  }

  failNext(fault: GatewayFault, times: number): void {
    for (let i = 0; i < times; i++) this.#faults.push(fault)
  }

  /** Breaks every connection that still waits. */
  cut(): void {
    for (const end of [...this.#hanging]) end()
  }

  readonly http: HttpClient = async (request) => {
    const url = new URL(request.url)
    const instance = url.hostname.slice(0, -HOST.length)
    const number = this.#world.numbers.get(instance)
    const gateway = this.#gateways.get(instance)
    if (!url.hostname.endsWith(HOST) || !number || !gateway)
      return { type: 'not-sent', reason: `there is no network in tests, so no ${url.hostname}` }
    const bytes = request.body === undefined ? Buffer.alloc(0) : Buffer.from(request.body)
    const wire: WireRequest = {
      method: request.method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: lowerCase(request.headers ?? {}),
      body: bytes.toString('utf8'),
      bytes,
    }
    this.requests.push({ ...wire, instance })
    const world = this.#world.view(instance)
    const serve = (view: World) => gateway.serve(wire, number, view)
    // Faults are for what would have an effect, not for probes, questions and "typing…".
    const fault = this.#faults.length > 0 && dryRun(serve, world).acts ? this.#faults.shift() : undefined
    return this.#end(request, fault, () => serve(world))
  }

  async #end(
    request: HttpRequest,
    fault: GatewayFault | undefined,
    act: () => WireResponse,
  ): Promise<HttpOutcome> {
    if (!fault) return answered(act())
    if ('status' in fault) return answered({ body: '', ...fault })
    if ('refuse' in fault) return { type: 'not-sent', reason: 'connection refused' }
    if ('lost' in fault) act()
    else await this.#hang(request.timeoutMs)
    return { type: 'unanswered', reason: 'no answer came' }
  }

  #hang(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        timer.cancel()
        this.#hanging.delete(end)
        resolve()
      }
      const timer = this.#clock.setTimeout(end, ms)
      this.#hanging.add(end)
    })
  }
}

const answered = ({ status, headers = {}, body }: WireResponse): HttpOutcome => ({
  type: 'answered',
  status,
  headers: lowerCase(headers) as Record<string, string>,
  body,
})

const lowerCase = (headers: Record<string, string | undefined>): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
