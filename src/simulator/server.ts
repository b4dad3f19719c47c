import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'
import { HubError } from '../core/errors.ts'
import type { Clock, HttpClient, Random } from '../core/ports.ts'
import { Courier } from './courier.ts'
import { dryRun } from './dry-run.ts'
import { Faults } from './faults.ts'
import { HubChats } from './hub-chats.ts'
import { type HubState, HubWatch } from './hub-watch.ts'
import {
  type Group,
  type Person,
  type WorldChat,
  WorldError,
  type WorldEvent,
  type WorldMessage,
} from './model.ts'
import { EXAMPLE_PICTURE, type HubControl, type PhoneActions, phoneActions } from './phone.ts'
import type {
  Happening,
  SimulatedGateway,
  SimulatedNumber,
  WireRequest,
  WireResponse,
  World,
} from './port.ts'
import { Streams } from './streams.ts'
import { type CallEntry, Strip } from './strip.ts'
import { presentDetail } from './wire-detail.ts'
import { SimulatedWhatsApp, type WorldOptions } from './world.ts'

export interface SimulatorOptions {
  clock: Clock
  random: Random
  http: HttpClient
  /** 0 picks a free one. */
  port: number
  /** Loopback only; anything else is refused. */
  host?: string
  numbers: readonly { number: SimulatedNumber; gateway: SimulatedGateway }[]
  people: readonly Person[]
  groups?: readonly Group[]
  hub?: HubControl
  timing?: Pick<WorldOptions, 'deliveredMs' | 'readMs'> & { latencyMs?: number; delayMs?: number }
}

export interface Simulator {
  readonly url: string
  readonly world: SimulatedWhatsApp
  readonly faults: Faults
  readonly strip: Strip
  close(): Promise<void>
}

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1', 'localhost']
const PHONE_BODY_BYTES = 64 * 1024
const GATEWAY_BODY_BYTES = 16 * 1024 * 1024
const MESSAGES_SHOWN = 200
const STRIP_SHOWN = 60
const PAGE_FILES = [
  'index.html',
  'phone.css',
  'phone.js',
  'words.js',
  'bubble.js',
  'wire.js',
  'dom.js',
  'icon.svg',
  `media/${EXAMPLE_PICTURE}`,
] as const
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}
const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
}

/**
 * Starts the simulator: the fake gateways' REST APIs under `/gateways/<instance>/…`, the phone page at `/`
 * and its API under `/phone/…`, all on one loopback port.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const host = options.host ?? '127.0.0.1'
  if (!LOOPBACK.includes(host))
    throw new HubError(
      'E_CONFIG',
      `The simulator listens on this machine only, not on ${host}. Allowed are ${LOOPBACK.join(', ')}.`,
    )
  const files = new Map<string, Buffer>()
  for (const name of PAGE_FILES) files.set(name, await readFile(new URL(`./page/${name}`, import.meta.url)))

  const { clock, random, http } = options
  const gateways = new Map(options.numbers.map(({ number, gateway }) => [number.instance, gateway]))
  const streams = new Streams()
  const numberView = (number: SimulatedNumber) => ({
    instance: number.instance,
    name: number.name,
    digits: number.digits,
    generation: number.generation,
    connected: number.connected,
    gateway: gateways.get(number.instance)?.name,
    faults: faults.of(number.instance),
  })
  const faults = new Faults((instance) => {
    const number = world.numbers.get(instance)
    if (number) streams.send('number', numberView(number))
  })
  const strip = new Strip(clock, (entry) => streams.send('strip', entry))
  const world = new SimulatedWhatsApp({
    clock,
    random,
    numbers: options.numbers.map(({ number }) => number),
    people: options.people,
    groups: options.groups ?? [],
    ...options.timing,
  })
  const courier = new Courier({ clock, http, strip, ...options.timing })
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) problem(response, error)
      else response.destroy()
    })
  })

  const watch = new HubWatch(options.hub?.url, clock, http, (state) => streams.send('hub', hubView(state)))
  const hubView = (state: HubState) => ({
    url: options.hub?.url,
    state,
    canKill: options.hub?.kill !== undefined,
    canAsk: options.hub?.ask !== undefined,
  })
  const hubChats = new HubChats(options.hub?.ask, clock, (list) => streams.send('hub-chats', list))
  const chatView = (chat: WorldChat) => ({
    ...chat,
    messages: chat.messages.slice(-MESSAGES_SHOWN).map(messageView),
  })
  const state = () => ({
    numbers: [...world.numbers.values()].map(numberView),
    people: [...world.people.values()],
    groups: [...world.groups.values()],
    chats: world.chats().map(chatView),
    strip: strip.list().slice(-STRIP_SHOWN),
    hub: hubView(watch.state),
    hubChats: hubChats.list,
  })
  const actions = phoneActions(world, faults, options.hub, hubChats)

  world.subscribe((event) => {
    if (event.type !== 'happened') return streams.send(event.type, viewOf(event))
    const number = world.numbers.get(event.instance)
    const gateway = gateways.get(event.instance)
    if (!number || !gateway) return
    const fault = byPeople(event.happening) ? faults.takeDelivery(event.instance) : undefined
    // Nobody's phone ever had what was forged.
    if (fault === 'forge') world.neverDelivered(event.happening)
    void courier.post(event.happening, number, gateway, fault)
  })
  function viewOf(event: Exclude<WorldEvent, { type: 'happened' }>): object {
    switch (event.type) {
      case 'message':
        return { ...event, message: messageView(event.message) }
      case 'number':
        return numberView(event.number)
      case 'group':
        return event.group
      case 'person':
        return event.person
      case 'chat':
      case 'typing':
        return event
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isLoopbackHost(request.headers.host))
      throw new HubError('E_FORBIDDEN', 'This server answers to loopback names only, like 127.0.0.1.')
    const url = new URL(request.url ?? '/', 'http://simulator')
    const gatewayPath = /^\/gateways\/([^/]+)(\/.*)?$/.exec(url.pathname)
    if (gatewayPath) return gatewayCall(request, response, url, gatewayPath[1] ?? '', gatewayPath[2] ?? '/')
    if (url.pathname.startsWith('/phone/'))
      return phone(request, response, url.pathname.slice('/phone/'.length))
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new HubError('E_METHOD', 'Only GET here.')
    file(response, url.pathname === '/' ? 'index.html' : url.pathname.slice(1))
  }

  function file(response: ServerResponse, name: string): void {
    const bytes = files.get(name)
    if (!bytes) throw new HubError('E_NOT_FOUND', 'There is no such page.')
    response
      .writeHead(200, { ...PAGE_HEADERS, 'content-type': TYPES[extname(name)] ?? 'text/plain' })
      .end(bytes)
  }

  async function phone(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    refuseForeignPages(request)
    if (request.method === 'GET' && name === 'state') return json(response, 200, state())
    if (request.method === 'GET' && name === 'stream') return stream(response)
    const line = /^wire\/([0-9]{1,9})$/.exec(name)
    if (request.method === 'GET' && line) return json(response, 200, wireDetail(Number(line[1])))
    const action = actionNamed(actions, name)
    if (request.method !== 'POST') throw new HubError('E_METHOD', 'Only POST here.')
    if (!request.headers['content-type']?.startsWith('application/json'))
      throw new HubError('E_INVALID', 'The body must be application/json.')
    const parsed = action.schema.safeParse(parseJson(await body(request, PHONE_BODY_BYTES)))
    if (!parsed.success) {
      const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
      throw new HubError('E_INVALID', faults.join('; '))
    }
    json(response, 200, (await action.run(parsed.data as never)) ?? {})
  }

  function wireDetail(id: number): object {
    const found = strip.detail(id)
    if (!found) throw new HubError('E_NOT_FOUND', 'This line is not kept any more.')
    return presentDetail(found.detail, world.numbers.get(found.instance))
  }

  function stream(response: ServerResponse): void {
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    streams.add(response, state())
    watch.start()
    hubChats.start()
    response.on('close', () => {
      if (streams.remove(response) > 0) return
      watch.stop()
      hubChats.stop()
    })
  }

  async function gatewayCall(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    instance: string,
    path: string,
  ): Promise<void> {
    const number = world.numbers.get(instance)
    const gateway = gateways.get(instance)
    if (!number || !gateway) throw new HubError('E_NOT_FOUND', 'There is no such number here.')
    const picture = `media/${path.slice(path.lastIndexOf('/') + 1)}`
    if (request.method === 'GET' && files.has(picture)) return file(response, picture)

    const began = clock.monotonic()
    const bytes = await body(request, GATEWAY_BODY_BYTES)
    const method = request.method ?? 'GET'
    const wire: WireRequest = {
      method,
      path,
      query: Object.fromEntries(url.searchParams),
      headers: flatHeaders(request),
      body: bytes.toString('utf8'),
    }
    const serve = (view: World): WireResponse => gateway.serve(wire, number, view)
    const act = (): WireResponse => serve(world.view(instance))
    // What goes before a send, like marking as read, does not use up what is meant for it.
    const fault =
      faults.of(instance).answer && dryRun(serve, world.view(instance)).sends
        ? faults.takeAnswer(instance)
        : undefined
    const record = (answer?: WireResponse) => {
      const entry = strip.add<CallEntry>({
        type: 'call',
        instance,
        method,
        path: path.slice(0, 120),
        ms: Math.round((clock.monotonic() - began) * 10) / 10,
        ...(answer && { status: answer.status }),
        ...(fault !== undefined && { fault }),
      })
      strip.keep(entry, {
        method,
        url: path + url.search,
        headers: wire.headers,
        body: wire.body,
        ...(answer && { answer: { status: answer.status, body: answer.body } }),
      })
    }
    if (fault === 'hang') {
      response.on('close', () => record())
      return
    }
    if (fault === 'lost') {
      act()
      record()
      request.socket.destroy()
      return
    }
    const answer = fault === undefined ? act() : refusal(fault)
    record(answer)
    response
      .writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
      .end(answer.body)
  }

  server.listen(options.port, host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
    throw new HubError('E_PORT_TAKEN', `Port ${options.port} is taken by another program.`, { cause })
  }
  const port = (server.address() as AddressInfo).port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    world,
    faults,
    strip,
    async close() {
      watch.stop()
      hubChats.stop()
      world.close()
      courier.close()
      streams.close()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** A delivery fault is for what people do, not for receipts, echoes and connection changes in passing. */
const byPeople = ({ author, fact }: Happening): boolean =>
  (author === 'other' || author === 'person') && fact.kind !== 'receipt' && fact.kind !== 'connection'

const refusal = (fault: '429' | '500'): WireResponse =>
  fault === '429'
    ? { status: 429, headers: { 'retry-after': '1' }, body: '{"message":"too many requests"}' }
    : { status: 500, body: '{"message":"internal error"}' }

/** A message as the page gets it: with the address of its picture, when it is one of ours. */
function messageView(message: WorldMessage): object {
  const { content } = message
  if (!('media' in content)) return message
  const { source } = content.media
  const name =
    source.type === 'gateway'
      ? undefined
      : (source.type === 'path' ? source.path : source.url).split('/').pop()
  return name === EXAMPLE_PICTURE ? { ...message, picture: `/media/${name}` } : message
}

function actionNamed(actions: PhoneActions, name: string): PhoneActions[string] {
  const found = Object.hasOwn(actions, name) ? actions[name] : undefined
  if (!found) throw new HubError('E_NOT_FOUND', 'There is no such action.')
  return found
}

function isLoopbackHost(header: string | undefined): boolean {
  const name = header?.replace(/:[0-9]+$/, '').toLowerCase()
  return name !== undefined && (LOOPBACK.includes(name) || name === '[::1]')
}

/** Another site's page may send requests here from the same browser; its Origin gives it away. */
function refuseForeignPages(request: IncomingMessage): void {
  const { origin, host } = request.headers
  if (origin !== undefined && origin !== `http://${host}`)
    throw new HubError('E_FORBIDDEN', 'Requests from other pages are refused.')
}

async function body(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes > limit) throw new HubError('E_TOO_LARGE', `The body exceeds ${limit} bytes.`)
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new HubError('E_INVALID', 'The body is not JSON.')
  }
}

const flatHeaders = (request: IncomingMessage): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  )

function json(response: ServerResponse, status: number, value: unknown): void {
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    .end(JSON.stringify(value))
}

function problem(response: ServerResponse, error: unknown): void {
  const known =
    error instanceof HubError
      ? error
      : error instanceof WorldError
        ? new HubError('E_CONFLICT', error.message)
        : new HubError('E_INTERNAL', 'The simulator failed.', { cause: error })
  json(response, known.status, { status: known.status, code: known.code, detail: known.message })
}
