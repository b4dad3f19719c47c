import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { HubError } from '../core/errors.ts'
import type { Clock, HttpClient, Random } from '../core/ports.ts'
import { ACTION_SCHEMAS, type ActionName } from './action-schemas.ts'
import { Courier, type CourierParts } from './courier.ts'
import { Door } from './door.ts'
import { Faults } from './faults.ts'
import {
  admitPage,
  isLoopbackHost,
  json,
  LOOPBACK,
  parseJson,
  problem,
  readBody,
  sameOnLoopback,
} from './http.ts'
import { HubChats } from './hub-chats.ts'
import { type HubState, HubWatch } from './hub-watch.ts'
import { HubWays } from './hub-ways.ts'
import type { Group, Person, WorldChat, WorldMessage } from './model.ts'
import { Timers } from './news.ts'
import { PageFiles } from './page-files.ts'
import { type HubControl, parseAction, phoneActions } from './phone.ts'
import type { ChatView, HubView, MessageView, NumberView, PhoneState } from './phone-view.ts'
import type { SimulatedGateway, SimulatedNumber } from './port.ts'
import { EXAMPLE_PICTURE } from './samples.ts'
import { Streams } from './streams.ts'
import { Strip, type StripEntry } from './strip.ts'
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
  /** Where people find the phone when it is another server's page; `/` leads there. Else it is here. */
  home?: string
  /** Folder of the built console, which holds the page. */
  page?: string
  /** Sees every new or changed line of the strip. */
  watch?: (entry: StripEntry) => void
  timing?: Pick<WorldOptions, 'deliveredMs' | 'readMs' | 'scanMs'> &
    Pick<CourierParts, 'latencyMs' | 'jitterMs' | 'delayMs'>
}

export interface Simulator {
  readonly url: string
  readonly world: SimulatedWhatsApp
  readonly faults: Faults
  readonly strip: Strip
  /** Restarts the gateway of a number; see {@link Door.restart}. */
  restart(instance: string, downMs?: number): void
  /** Does what `POST /phone/<action>` does with a body of its schema. @throws WorldError when it cannot be done */
  act(action: ActionName, body: unknown): Promise<unknown>
  /** Resolves when no delivery is on its way any more. */
  settled(): Promise<void>
  close(): Promise<void>
}

const PHONE_BODY_BYTES = 1024 * 1024
const MESSAGES_SHOWN = 200
const STRIP_SHOWN = 60
const NO_FRIENDS: ReadonlySet<string> = new Set()

/** Where the build puts the page: beside the built program, or in `dist` of a checkout. */
const BUILT_PAGE = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/console' : '../console', import.meta.url),
)

/**
 * Starts the simulator: the fake gateways' REST APIs under `/gateways/<instance>/…`, the page with the phone at
 * `/` and its API under `/phone/…`, all on one loopback port. Pages of the hub may use that API too.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const host = options.host ?? '127.0.0.1'
  if (!LOOPBACK.includes(host))
    throw new HubError(
      'E_CONFIG',
      `The simulator listens on this machine only, not on ${host}. Allowed are ${LOOPBACK.join(', ')}.`,
    )
  const files = await PageFiles.open(options.page ?? BUILT_PAGE)
  const friends = options.hub ? sameOnLoopback(options.hub.url) : NO_FRIENDS

  const { clock, random, http } = options
  const gateways = new Map(options.numbers.map(({ number, gateway }) => [number.instance, gateway]))
  const streams = new Streams()
  const numberView = (number: SimulatedNumber): NumberView => ({
    instance: number.instance,
    name: number.name,
    digits: number.digits,
    generation: number.generation,
    connected: number.connected,
    loggedOut: number.loggedOut ?? false,
    skewMs: number.skewMs ?? 0,
    gateway: gateways.get(number.instance)?.name ?? '',
    generations: gateways.get(number.instance)?.generations ?? [],
    faults: faults.of(number.instance),
  })
  const faults = new Faults((instance) => {
    const number = world.numbers.get(instance)
    if (number) streams.send('number', numberView(number))
  })
  const strip = new Strip(clock, (entry) => {
    streams.send('strip', entry)
    if (entry.type === 'post') ways.follow(entry)
    options.watch?.(entry)
  })
  const world = new SimulatedWhatsApp({
    clock,
    random,
    numbers: options.numbers.map(({ number }) => number),
    people: options.people,
    groups: options.groups ?? [],
    ...options.timing,
  })
  const courier = new Courier({ clock, http, random, strip, ...options.timing })
  const timers = new Timers(clock)
  const door = new Door({ clock, timers, world, gateways, faults, strip, courier })
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) problem(response, error)
      else response.destroy()
    })
  })

  const watch = new HubWatch(options.hub?.url, clock, http, (state) => streams.send('hub', hubView(state)))
  const hubView = (state: HubState): HubView => ({
    ...(options.hub && { url: options.hub.url }),
    state,
    canKill: options.hub?.kill !== undefined,
    canAsk: options.hub?.ask !== undefined,
  })
  const hubChats = new HubChats(
    options.hub?.ask,
    clock,
    (list) => streams.send('hub-chats', list),
    (at) => world.chatAddress(at),
  )
  const ways = new HubWays({
    ask: options.hub?.ask,
    clock,
    strip,
    sent: () => sentByApi(world.chats()),
    changed: (tally) => streams.send('tally', tally),
  })
  const chatView = (chat: WorldChat): ChatView => ({
    ...chat,
    messages: chat.messages.slice(-MESSAGES_SHOWN).map(messageView),
  })
  const state = (): PhoneState => ({
    numbers: [...world.numbers.values()].map(numberView),
    people: [...world.people.values()],
    groups: [...world.groups.values()],
    chats: world.chats().map(chatView),
    strip: strip.list().slice(-STRIP_SHOWN),
    hub: hubView(watch.state),
    hubChats: hubChats.list,
    tally: ways.tally,
  })
  const actions = phoneActions({ world, faults, door, hub: options.hub, hubChats, gateways })

  world.subscribe((event) => {
    switch (event.type) {
      case 'message':
        return streams.send('message', { ...event, message: messageView(event.message) })
      case 'typing':
        return streams.send('typing', event)
      case 'chat':
        return streams.send('chat', event)
      case 'number':
        return streams.send('number', numberView(event.number))
      case 'group':
        return streams.send('group', event.group)
      case 'person':
        return streams.send('person', event.person)
      case 'happened':
    }
    const number = world.numbers.get(event.instance)
    const gateway = gateways.get(event.instance)
    if (!number || !gateway) return
    if (event.happening.device !== undefined && !gateway.receiptsPerDevice?.includes(number.generation))
      return
    const fault = faults.takeDelivery(event.instance, event.happening)
    // Nobody's phone ever had what was forged.
    if (fault === 'forge') world.neverDelivered(event.happening)
    void courier.post(event.happening, number, gateway, fault)
  })
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isLoopbackHost(request.headers.host))
      throw new HubError('E_FORBIDDEN', 'This server answers to loopback names only, like 127.0.0.1.')
    const url = new URL(request.url ?? '/', 'http://simulator')
    const gatewayPath = /^\/gateways\/([^/]+)(\/.*)?$/.exec(url.pathname)
    if (gatewayPath) {
      const [, instance = '', path = '/'] = gatewayPath
      const picture = `media/${path.slice(path.lastIndexOf('/') + 1)}`
      if (request.method === 'GET' && files.isPicture(picture)) return files.answer(response, picture)
      const medium = request.method === 'GET' ? world.media(picture.slice('media/'.length)) : undefined
      if (medium) return void response.writeHead(200, { 'content-type': medium.mime }).end(medium.bytes)
      return door.answer(request, response, url, instance, path)
    }
    if (url.pathname.startsWith('/phone/'))
      return phone(request, response, url.pathname.slice('/phone/'.length))
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new HubError('E_METHOD', 'Only GET here.')
    if (url.pathname === '/' && options.home !== undefined)
      return void response.writeHead(302, { location: options.home, 'cache-control': 'no-store' }).end()
    return files.answer(response, url.pathname.slice(1))
  }

  async function phone(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    if (admitPage(request, response, friends)) return
    if (request.method === 'GET' && name === 'state') return json(response, 200, state())
    if (request.method === 'GET' && name === 'stream') return stream(response)
    const line = /^wire\/([0-9]{1,9})$/.exec(name)
    if (request.method === 'GET' && line) return json(response, 200, wireDetail(Number(line[1])))
    const action = actionNamed(name)
    if (request.method !== 'POST') throw new HubError('E_METHOD', 'Only POST here.')
    if (!request.headers['content-type']?.startsWith('application/json'))
      throw new HubError('E_INVALID', 'The body must be application/json.')
    const parsed = parseAction(action, parseJson(await readBody(request, PHONE_BODY_BYTES)))
    if (!parsed.success) {
      const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
      throw new HubError('E_INVALID', faults.join('; '))
    }
    json(response, 200, (await actions[action](parsed.data as never)) ?? {})
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
    for (const one of [watch, hubChats, ways]) one.start()
    response.on('close', () => {
      if (streams.remove(response) > 0) return
      for (const one of [watch, hubChats, ways]) one.stop()
    })
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
    act: async (action, body) => actions[action](body as never),
    async settled() {
      await Promise.all([...world.numbers.keys()].map((instance) => courier.idle(instance)))
    },
    restart: (instance, downMs) => door.restart(instance, downMs),
    async close() {
      for (const one of [watch, hubChats, ways]) one.stop()
      world.close()
      timers.close()
      courier.close()
      streams.close()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** A message as the page gets it: with word of whether it is a picture the page has. */
function messageView(message: WorldMessage): MessageView {
  const { content } = message
  if (!('media' in content)) return message
  const { source } = content.media
  const name =
    source.type === 'gateway'
      ? undefined
      : (source.type === 'path' ? source.path : source.url).split('/').pop()
  return name === EXAMPLE_PICTURE ? { ...message, example: true } : message
}

function sentByApi(chats: readonly WorldChat[]): ReadonlyMap<string, number> {
  const sent = new Map<string, number>()
  for (const { instance, messages } of chats)
    sent.set(instance, (sent.get(instance) ?? 0) + messages.filter(({ author }) => author === 'api').length)
  return sent
}

function actionNamed(name: string): ActionName {
  if (!Object.hasOwn(ACTION_SCHEMAS, name)) throw new HubError('E_NOT_FOUND', 'There is no such action.')
  return name as ActionName
}
