import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import Fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Access } from '../access/index.ts'
import { type ErrorCode, HubError } from '../core/errors.ts'
import { type Clock, type Logger, type Metrics, noMetrics } from '../core/ports.ts'
import { mountApi } from './api.ts'
import { type ConsoleOptions, createConsole } from './console.ts'
import type { Api, Edge, EdgeHub } from './edge.ts'
import { type MetricsSource, mountHealth } from './health.ts'
import { answer, PROBLEM_TYPE, prepareProblem, problemOf, rawAnswer, SECURITY_HEADERS } from './problem.ts'
import { Networks, sourceKey, sourceOf } from './source.ts'
import { createWebhooks, isWebhook } from './webhooks.ts'

const API_BODY_BYTES = 262_144

/** Faults of others: told to whoever asked, no fault to look for here. */
const FORESEEN: ReadonlySet<ErrorCode> = new Set(['E_STORE_UNAVAILABLE', 'E_GATEWAY'])

export interface HttpServerOptions {
  hub: EdgeHub
  access: Access
  /** Whoever reaches the hub may do everything, without a credential: for a demo on loopback, with `hostCheck`. */
  open?: boolean
  /** Origin of the simulator whose phone the console shows. */
  phone?: string
  /** Of the program. */
  version?: string
  /** Rendered at `/metrics`. When it also counts, the edge counts what it refuses by itself. */
  metrics: MetricsSource & Partial<Metrics>
  log: Logger
  clock: Clock
  /**
   * Values of `Host` the server answers to, with or without port; others get 403. For a hub on loopback
   * without a login: a page of the web may have its own name point at 127.0.0.1.
   */
  hostCheck?: readonly string[]
  /** Where its pages are. Without it, the hub has none. */
  console?: ConsoleOptions
  timeouts?: Partial<Timeouts>
  /** For tests: an answer that is not what its route promises is a fault. */
  checkAnswers?: boolean
}

/** All in ms. */
export interface Timeouts {
  /** From the first byte of a request (or its connection) to the end of its headers. */
  headersMs: number
  /** From there to the end of its body. */
  requestMs: number
  /** How long an idle connection is kept. Longer than gateways keep theirs, so that they close first. */
  keepAliveMs: number
}
const DEFAULT_TIMEOUTS: Timeouts = { headersMs: 10_000, requestMs: 30_000, keepAliveMs: 120_000 }

export interface HttpServer {
  /**
   * Listens on the configured host and port.
   * @returns the port, chosen by the system where the configuration says 0
   * @throws HubError E_PORT_TAKEN, or E_CONFIG for a host or port this machine does not give
   */
  listen(): Promise<{ port: number }>
  /**
   * Takes no new connections, finishes what is in flight for at most `graceMs`, then closes every socket.
   * Safe to call twice, and before `listen`.
   */
  close(graceMs: number): Promise<void>
}

/** The hub's one HTTP server: webhooks on bare `node:http`, everything else on Fastify. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { hub, clock, log } = options
  const pages = options.console && createConsole(options.console)
  const inFlight = new InFlight()
  const { config, ingest } = hub
  const trusted = new Networks(config.trustedProxies)
  const edge: Edge = {
    hub,
    clock,
    log,
    access: options.access,
    isOpen: options.open ?? false,
    phone: options.phone ?? null,
    version: options.version ?? 'unknown',
    isSecure: config.publicUrl?.startsWith('https:') ?? false,
    get baseUrl() {
      const { host } = config
      const { port } = server.address() as AddressInfo
      return config.publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`
    },
    visitor({ raw, headers }) {
      const source = sourceOf(raw, trusted)
      return { source, counted: sourceKey(source), agent: headers['user-agent'] ?? '' }
    },
    async audit(request, note) {
      await options.access.audit(request.principal, note, sourceOf(request.raw, trusted) || undefined)
      // Pages that show people, keys or this log ask again.
      hub.news.changed(['people'])
    },
    checksAnswers: options.checkAnswers ?? false,
    isDraining: () => inFlight.isDraining,
    onDrain: (listen) => inFlight.onDrain(listen),
  }
  const isKnownHost = hostChecker(options.hostCheck)
  const webhooks = createWebhooks({
    ingest,
    store: hub.store,
    config,
    clock,
    log,
    meter: meterOf(options.metrics),
  })

  const app = Fastify({
    logger: false,
    bodyLimit: API_BODY_BYTES,
    genReqId: () => randomUUID(),
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => answerError(error, request, reply),
    serverFactory: (others) => {
      const listener = (req: IncomingMessage, res: ServerResponse, expects: boolean) => {
        inFlight.add(res)
        if (!isKnownHost(req.headers.host)) return answer(res, FOREIGN_HOST)
        if (isWebhook(req.url ?? '')) return webhooks(req, res, expects)
        if (expects) res.writeContinue()
        others(req, res)
      }
      return createNodeServer(listener, { ...DEFAULT_TIMEOUTS, ...options.timeouts })
    },
  }) as unknown as Api
  const server = app.server

  function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const known = hubErrorOf(error)
    const about = problemOf(known ?? error, request.id)
    const status = known === undefined ? about.status : ((error as FastifyError).statusCode ?? about.status)
    if (about.status >= 500 && !FORESEEN.has(about.code)) {
      // The route, never the URL: a path or query may name somebody.
      log.error(
        { requestId: request.id, route: request.routeOptions.url, err: error },
        'a request met a fault',
      )
    }
    if (status === 401) reply.header('WWW-Authenticate', 'Bearer realm="pombo"')
    const after = error instanceof HubError ? error.details.retryAfterSeconds : undefined
    if (typeof after === 'number') reply.header('Retry-After', String(after))
    else if (status === 503) reply.header('Retry-After', '1')
    reply
      .code(status)
      .headers(SECURITY_HEADERS)
      .type(PROBLEM_TYPE)
      .send(Buffer.from(JSON.stringify({ ...about, status })))
  }

  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(SECURITY_HEADERS)
  })
  app.setErrorHandler(answerError)
  app.setNotFoundHandler(async (request, reply) => {
    if (await pages?.answer(request, reply)) return reply
    throw new HubError('E_NOT_FOUND', 'There is nothing here. The API begins at /api/v1.')
  })
  acceptJsonOnly(app)
  mountHealth(app, edge, options.metrics)

  return {
    async listen() {
      await mountApi(app, edge)
      await app.ready()
      await listenOn(server, config.host, config.port)
      return { port: (server.address() as AddressInfo).port }
    },
    async close(graceMs) {
      const ended = Promise.withResolvers<void>()
      if (server.listening) server.close(() => ended.resolve())
      else ended.resolve()
      const grace = Promise.withResolvers<void>()
      const timer = clock.setTimeout(() => grace.resolve(), graceMs)
      await Promise.race([ended.promise, inFlight.drain(), grace.promise])
      timer.cancel()
      server.closeAllConnections()
      await ended.promise
      await app.close()
    },
  }
}

const meterOf = (metrics: Partial<Metrics>): Metrics =>
  'count' in metrics && 'record' in metrics ? (metrics as Metrics) : noMetrics

/** Answers that are not finished yet. While draining each of them ends its connection. */
class InFlight {
  readonly #answers = new Set<ServerResponse>()
  readonly #forget: (this: ServerResponse) => void
  #empty: (() => void) | undefined
  readonly #listeners = new Set<() => void>()
  isDraining = false

  constructor() {
    const inFlight = this
    // One listener for every request: `this` is the answer that is done.
    this.#forget = function () {
      inFlight.#answers.delete(this)
      if (inFlight.#answers.size === 0) inFlight.#empty?.()
    }
  }

  add(res: ServerResponse): void {
    if (this.isDraining) res.shouldKeepAlive = false
    this.#answers.add(res)
    res.on('close', this.#forget)
  }

  /** Answers that have no end of their own must know. @returns ends it */
  onDrain(listen: () => void): () => void {
    this.#listeners.add(listen)
    return () => this.#listeners.delete(listen)
  }

  /** Resolves when nothing is in flight any more. */
  drain(): Promise<void> {
    this.isDraining = true
    for (const res of this.#answers) res.shouldKeepAlive = false
    for (const listen of [...this.#listeners]) listen()
    return new Promise((resolve) => {
      this.#empty = resolve
      if (this.#answers.size === 0) resolve()
    })
  }
}

function createNodeServer(
  listener: (req: IncomingMessage, res: ServerResponse, expects: boolean) => void,
  timeouts: Timeouts,
): Server {
  const server = createServer({
    headersTimeout: timeouts.headersMs,
    requestTimeout: timeouts.headersMs + timeouts.requestMs,
    keepAliveTimeout: timeouts.keepAliveMs,
    connectionsCheckingInterval: Math.min(1000, timeouts.headersMs),
    maxHeaderSize: 16_384,
  })
  server.on('request', (req, res) => listener(req, res, false))
  // With its own listener, a refused client is told before it sends its body.
  server.on('checkContinue', (req, res) => listener(req, res, true))
  return server
}

async function listenOn(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ host, port }, resolve)
  try {
    await promise
  } catch (cause) {
    throw listenError((cause as NodeJS.ErrnoException).code, host, port, cause)
  } finally {
    server.off('error', reject)
  }
}

function listenError(code: string | undefined, host: string, port: number, cause: unknown): HubError {
  if (code === 'EADDRINUSE') {
    return new HubError(
      'E_PORT_TAKEN',
      `Port ${port} on ${host} is taken by another program. Stop that one, or choose another port: PORT=${port + 1}, or "port" in the configuration.`,
      { cause },
    )
  }
  const why =
    code === 'EACCES'
      ? 'this user may not use that port; ports below 1024 usually need rights'
      : 'the host is not an address of this machine'
  return new HubError('E_CONFIG', `Cannot listen on ${host}, port ${port} (${code ?? 'unknown'}): ${why}.`, {
    cause,
  })
}

function hostChecker(allowed: readonly string[] | undefined): (host: string | undefined) => boolean {
  if (allowed === undefined) return () => true
  const known = new Set(allowed.map((host) => host.toLowerCase()))
  return (host) => {
    if (host === undefined) return false
    const name = host.toLowerCase()
    return known.has(name) || known.has(name.replace(/:[0-9]+$/, ''))
  }
}
const FOREIGN_HOST = prepareProblem('E_FORBIDDEN', 'This hub does not answer under that host name.')

/** A body is JSON or nothing; an empty one is nothing, whatever its type says. */
function acceptJsonOnly(app: Api): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') return done(null, undefined)
    try {
      done(null, JSON.parse(String(body)))
    } catch {
      done(new HubError('E_INVALID', 'The body is not valid JSON.'))
    }
  })
}

/** The hub's word for what Fastify refuses by itself; undefined for faults nobody foresaw. */
function hubErrorOf(error: unknown): HubError | undefined {
  if (error instanceof HubError) return error
  switch ((error as Partial<FastifyError>).statusCode) {
    case 413:
      return new HubError('E_TOO_LARGE', `The API takes bodies of up to ${API_BODY_BYTES} bytes.`)
    case 415:
      return new HubError('E_INVALID', 'The API takes JSON: send Content-Type: application/json.')
    case 414:
      return new HubError('E_INVALID', 'A part of the path is too long.')
    case 400:
      return new HubError('E_INVALID', 'The path or body cannot be read.')
    default:
      return undefined
  }
}

/** Answers what the HTTP parser refused, unless an answer is already on its way. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  const current = (socket as Socket & { _httpMessage?: ServerResponse })._httpMessage
  if (error.code === 'ECONNRESET' || !socket.writable || current?.headersSent) {
    socket.destroy()
    return
  }
  const [about, reason] = BROKEN[error.code ?? ''] ?? BROKEN_OTHERWISE
  socket.write(rawAnswer(about, reason))
  socket.destroySoon()
}
const BROKEN: Readonly<Record<string, readonly [ReturnType<typeof prepareProblem>, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [
    prepareProblem('E_TIMEOUT', 'The request took too long to arrive.'),
    'Request Timeout',
  ],
  HPE_HEADER_OVERFLOW: [
    prepareProblem('E_INVALID', 'The address and headers exceed 16 KiB.', [], { status: 431 }),
    'Request Header Fields Too Large',
  ],
}
const BROKEN_OTHERWISE = [
  prepareProblem('E_INVALID', 'This is not a well-formed HTTP/1.1 request.'),
  'Bad Request',
] as const
