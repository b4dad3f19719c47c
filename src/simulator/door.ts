import type { IncomingMessage, ServerResponse } from 'node:http'
import { HubError } from '../core/errors.ts'
import type { MessageId } from '../core/ids.ts'
import type { Clock } from '../core/ports.ts'
import type { Courier } from './courier.ts'
import { dryRun } from './dry-run.ts'
import type { Faults, PendingAnswer } from './faults.ts'
import { flatHeaders, readBody } from './http.ts'
import type { Timers } from './news.ts'
import type {
  RefusalStatus,
  SimulatedGateway,
  SimulatedNumber,
  WireRequest,
  WireResponse,
  World,
} from './port.ts'
import type { CallEntry, Strip } from './strip.ts'
import type { SimulatedWhatsApp } from './world.ts'

const BODY_BYTES = 32 * 1024 * 1024
const LATE_MS = 20_000
const DOWN_MS = 2_000
/** An answer waits no longer (ms) than this for its receipts to be with the hub. */
const EARLY_MS = 5_000

export interface DoorParts {
  clock: Clock
  timers: Timers
  world: SimulatedWhatsApp
  gateways: ReadonlyMap<string, SimulatedGateway>
  faults: Faults
  strip: Strip
  courier: Courier
}

/** The gateways' REST APIs: where the hub's requests end, and where answers go wrong. */
export class Door {
  readonly #parts: DoorParts
  /** Connections the hub waits on, by number. */
  readonly #open = new Map<string, Set<IncomingMessage>>()
  /** Numbers whose gateway is just being restarted. */
  readonly #down = new Set<string>()

  constructor(parts: DoorParts) {
    this.#parts = parts
  }

  /**
   * The gateway's process ends and comes back: connections break, deliveries that wait for another try are
   * forgotten, what it remembers stays. After `downMs` its number connects again.
   */
  restart(instance: string, downMs = DOWN_MS): void {
    const { world, courier, timers } = this.#parts
    const was = world.numbers.get(instance)?.connected ?? false
    this.#down.add(instance)
    // A process that is gone tells nobody that its number is.
    world.setConnected(instance, false, true)
    courier.restart(instance)
    for (const request of this.#open.get(instance) ?? []) request.socket.destroy()
    timers.after(downMs, () => {
      this.#down.delete(instance)
      if (was && !world.numbers.get(instance)?.loggedOut) world.setConnected(instance, true)
    })
  }

  /** Answers one request; `path` is what stands behind the number's address. */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    instance: string,
    path: string,
  ): Promise<void> {
    const { world, gateways, clock } = this.#parts
    const number = world.numbers.get(instance)
    const gateway = gateways.get(instance)
    if (!number || !gateway) throw new HubError('E_NOT_FOUND', 'There is no such number here.')
    if (this.#down.has(instance)) {
      request.socket.destroy()
      return
    }
    const open = this.#open.get(instance) ?? new Set()
    this.#open.set(instance, open.add(request))
    response.on('close', () => open.delete(request))
    const began = clock.monotonic()
    const bytes = await readBody(request, BODY_BYTES)
    const wire: WireRequest = {
      method: request.method ?? 'GET',
      path,
      query: Object.fromEntries(url.searchParams),
      headers: flatHeaders(request),
      body: bytes.toString('utf8'),
      bytes,
    }
    const view = world.view(instance)
    const serve = (seen: World) => gateway.serve(wire, number, seen)
    // What goes before a send, like marking as read, does not use up what is meant for it.
    const { faults } = this.#parts
    const fault =
      faults.of(instance).answer && dryRun(serve, view).sends ? faults.takeAnswer(instance) : undefined
    const record = this.#recorder(instance, wire, path + url.search, began, fault)
    const act = () => serve(view)
    if (fault) await this.#misbehave(fault, { act, view, serve, record, request, response, number, gateway })
    else reply(response, record(act()))
  }

  async #misbehave(pending: PendingAnswer, call: Misbehaving): Promise<void> {
    const { act, record, request, response, number, gateway } = call
    const { fault } = pending
    switch (fault) {
      case 'hang':
        response.on('close', () => record())
        return
      case 'lost':
        act()
        record()
        request.socket.destroy()
        return
      case 'late':
        this.#parts.timers.after(pending.lateMs ?? LATE_MS, act)
        record()
        request.socket.destroy()
        return
      case 'garbled': {
        const answer = record(act())
        reply(response, { ...answer, body: answer.body.slice(0, Math.floor(answer.body.length / 2)) })
        return
      }
      case 'early': {
        const answer = this.#early(call)
        reply(response, record(await answer))
        return
      }
      case '401':
      case '404':
      case '429':
      case '500':
        reply(response, record(refusal(Number(fault) as RefusalStatus, pending, number, gateway)))
    }
  }

  /** Does what was asked, and waits until the hub has every receipt of it. */
  async #early({ serve, view, number }: Misbehaving): Promise<WireResponse> {
    const { world, courier, timers } = this.#parts
    const sent: MessageId[] = []
    const answer = serve({
      ...view,
      send(message) {
        view.send(message)
        sent.push(message.id)
      },
    })
    for (const id of sent) world.hurryReceipts(id)
    const patience = new Promise<void>((resolve) => timers.after(EARLY_MS, resolve))
    await Promise.race([courier.idle(number.instance), patience])
    return answer
  }

  /** Writes the call down when its end is known. */
  #recorder(
    instance: string,
    wire: WireRequest,
    url: string,
    began: number,
    fault: PendingAnswer | undefined,
  ): Recorder {
    const { strip, clock } = this.#parts
    function record(answer: WireResponse): WireResponse
    function record(): undefined
    function record(answer?: WireResponse): WireResponse | undefined {
      const entry = strip.add<CallEntry>({
        type: 'call',
        instance,
        method: wire.method,
        path: wire.path.slice(0, 120),
        ms: Math.round((clock.monotonic() - began) * 10) / 10,
        ...(answer && { status: answer.status }),
        ...(fault && { fault: fault.fault }),
      })
      strip.keep(entry, {
        method: wire.method,
        url,
        headers: wire.headers,
        body: wire.body,
        ...(answer && { answer: { status: answer.status, body: answer.body } }),
      })
      return answer
    }
    return record
  }
}

interface Recorder {
  (answer: WireResponse): WireResponse
  (): undefined
}
interface Misbehaving {
  act(): WireResponse
  serve(view: World): WireResponse
  view: World
  record: Recorder
  request: IncomingMessage
  response: ServerResponse
  number: SimulatedNumber
  gateway: SimulatedGateway
}

function reply(response: ServerResponse, { status, headers, body, bytes }: WireResponse): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(bytes ?? body)
}

const WORDS: Record<RefusalStatus, string> = {
  401: 'unauthorized',
  404: 'not found',
  429: 'too many requests',
  500: 'internal error',
}

function refusal(
  status: RefusalStatus,
  { retryAfterS = 1 }: PendingAnswer,
  number: SimulatedNumber,
  gateway: SimulatedGateway,
): WireResponse {
  const said = gateway.refuse?.(status, number) ?? { body: JSON.stringify({ message: WORDS[status] }) }
  return {
    status,
    ...said,
    headers: { ...said.headers, ...(status === 429 && { 'retry-after': String(retryAfterS) }) },
  }
}
