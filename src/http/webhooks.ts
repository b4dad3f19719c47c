import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HubConfig } from '../core/config.ts'
import { HubError } from '../core/errors.ts'
import type { Clock, Logger, Metrics } from '../core/ports.ts'
import type { RefusalReason } from '../core/registry.ts'
import type { ClusterStore } from '../core/store.ts'
import type { Admission, Ingest, Receipt } from '../pipeline/ingest.ts'
import { shownName } from '../pipeline/registry/witness.ts'
import { Allowance, FailureCounter } from './limits.ts'
import { answer, type Prepared, prepareProblem, problemOf } from './problem.ts'
import { Networks, sourceKey, sourceOf } from './source.ts'

/** Bodies a refusal lets pass unread to keep the connection; past this it is closed instead. */
const KEPT_BODY_BYTES = 65_536
/** How long (ms) and how much a refused client may go on sending before its connection is cut. */
const LINGER_MS = 1000
const LINGER_BYTES = 16_777_216

export interface WebhookParts {
  ingest: Ingest
  store: Pick<ClusterStore, 'grantDeliveries'>
  config: Pick<HubConfig, 'limits' | 'trustedProxies'>
  clock: Clock
  log: Logger
  meter: Metrics
}

/** @param expects the client waits for `100 Continue` before it sends its body */
export type RequestListener = (req: IncomingMessage, res: ServerResponse, expects: boolean) => void

/** True for what {@link createWebhooks} answers: `/webhooks` and everything below it. */
export const isWebhook = (url: string): boolean =>
  url.startsWith('/webhooks') && (url.length === 9 || url[9] === '/' || url[9] === '?')

/**
 * The way in for gateways, on bare `node:http`: this is the one path whose cost per request counts.
 * Every check that needs no body comes before the body is read.
 */
export function createWebhooks(parts: WebhookParts): RequestListener {
  const { ingest, config, clock, log, meter } = parts
  const trusted = new Networks(config.trustedProxies)
  const failures = new FailureCounter(config.limits.failedAuthPerMinute)
  const allowance = new Allowance(parts.store, clock)
  /** By the very array of the configuration, which is frozen. */
  const allowLists = new WeakMap<readonly string[], Networks>()

  function allowed(allow: readonly string[], source: string): boolean {
    let networks = allowLists.get(allow)
    if (networks === undefined) {
      networks = new Networks(allow)
      allowLists.set(allow, networks)
    }
    return networks.has(source)
  }

  function refuse(req: IncomingMessage, res: ServerResponse, refusal: Refusal, instance: string) {
    const { testimony } = refusal
    if (testimony && req.method === 'POST') ingest.refused(instance, testimony.reason, testimony.detail)
    meter.count('pombo_deliveries_total', { instance, outcome: refusal.outcome })
    log.debug({ instance, outcome: refusal.outcome }, 'delivery refused')
    if (isMoreToCome(req)) answerAndLinger(req, res, refusal.prepared, clock)
    else answer(res, refusal.prepared)
  }

  function fail(req: IncomingMessage, res: ServerResponse, error: unknown) {
    if (error instanceof HubError && error.code === 'E_STORE_UNAVAILABLE') return answer(res, unavailable(1))
    const requestId = randomUUID()
    log.error({ requestId, path: maskedPath(req.url ?? ''), err: error }, 'a delivery met a fault')
    const { code, detail } = problemOf(error, requestId)
    answer(res, prepareProblem(code, detail, ['Retry-After', '1'], { requestId }))
  }

  function begin(req: IncomingMessage, res: ServerResponse, expects: boolean) {
    const begun = clock.monotonic()
    const path = webhookPath(req.url ?? '')
    if (path === 'unreadable') return refuse(req, res, badPath, '')
    const admission: Admission = path ? ingest.admit(path) : { type: 'unknown-instance' }
    if (admission.type !== 'admitted') return refuse(req, res, unknownInstance(path?.instance), '')
    const { target, maxBytes, allow, deliveriesPerSecond } = admission
    if (req.method !== 'POST') return refuse(req, res, wrongMethod, target.id)
    const source = sourceOf(req, trusted)
    if (allow.length > 0 && !allowed(allow, source)) return refuse(req, res, forbidden(source), target.id)
    if (deliveriesPerSecond !== undefined && target.id !== 'global' && allowance.isEmpty(target.id))
      return refuse(req, res, overRate(deliveriesPerSecond), target.id)
    if (isCompressed(req)) return refuse(req, res, compressed, target.id)
    const declared = req.headers['content-length']
    if (declared !== undefined && Number(declared) > maxBytes) {
      return refuse(req, res, tooLarge(maxBytes), target.id)
    }
    if (expects) res.writeContinue()
    readBody(req, maxBytes, (body) => {
      if (body) void receive({ req, res, admission, source, begun }, body)
      else refuse(req, res, tooLarge(maxBytes), target.id)
    })
  }

  /** Never rejects: whatever happens is answered. */
  async function receive(visit: Visit, body: Buffer) {
    const { req, res, source } = visit
    const { target, deliveriesPerSecond } = visit.admission
    const { id } = target
    try {
      const delivery = { headers: req.headers, body, urlKey: target.urlKey }
      const admits =
        deliveriesPerSecond !== undefined && id !== 'global'
          ? () => allowance.take(id, deliveriesPerSecond)
          : undefined
      const receipt = await ingest.receive(target, delivery, source, admits)
      if (receipt.type === 'over-limit') refuse(req, res, overRate(deliveriesPerSecond ?? 1), id)
      else settle(visit, receipt)
    } catch (error) {
      fail(req, res, error)
    }
  }

  function settle(
    { res, admission, source, begun }: Visit,
    receipt: Exclude<Receipt, { type: 'over-limit' }>,
  ) {
    if (receipt.type === 'accepted') {
      meter.record('pombo_acknowledge_seconds', {}, (clock.monotonic() - begun) / 1000)
      return answer(res, accepted(receipt.accepted, receipt.duplicates))
    }
    if (receipt.type === 'unavailable') return answer(res, unavailable(receipt.retryAfterSeconds))
    const instance = admission.target.id
    const { count, waitSeconds } = failures.add(sourceKey(source), clock.monotonic())
    // One line per source and minute, so that an attack cannot fill the log.
    if (count === 1) log.warn({ instance, source, reason: receipt.reason }, 'a delivery failed verification')
    if (waitSeconds > 0) return answer(res, tooManyFailures(waitSeconds))
    answer(res, prepareProblem('E_UNAUTHENTICATED', receipt.reason))
  }

  return (req, res, expects) => {
    try {
      begin(req, res, expects)
    } catch (error) {
      fail(req, res, error)
    }
  }
}

type Admitted = Extract<Admission, { type: 'admitted' }>
/** One request on its way, from admission to answer. */
interface Visit {
  req: IncomingMessage
  res: ServerResponse
  admission: Admitted
  source: string
  /** Monotonic ms. */
  begun: number
}
type WebhookPath = { instance: string; urlKey?: string }

/**
 * `/webhooks/:instance[/:key[/any/suffix]]`, percent-decoded. Undefined when no instance is named.
 * Gateways append event names to the URL they were given; what follows the key says nothing.
 */
export function webhookPath(url: string): WebhookPath | 'unreadable' | undefined {
  const query = url.indexOf('?')
  const [, , instance, urlKey] = (query < 0 ? url : url.slice(0, query)).split('/', 4)
  if (!instance) return undefined
  if (!url.includes('%')) return urlKey ? { instance, urlKey } : { instance }
  try {
    const decoded = { instance: decodeURIComponent(instance) }
    return urlKey ? { ...decoded, urlKey: decodeURIComponent(urlKey) } : decoded
  } catch {
    return 'unreadable'
  }
}

/** A path as a log may hold it: what follows the instance may be its key. */
export function maskedPath(url: string): string {
  const path = url.split('?', 1)[0] ?? ''
  const [, first, instance, key] = path.split('/', 4)
  if (first !== 'webhooks') return path
  return key === undefined ? path : `/webhooks/${instance}/***`
}

/** A signature is proved over the bytes as they came, so nothing may have to be unpacked first. */
function isCompressed(req: IncomingMessage): boolean {
  const encoding = req.headers['content-encoding']
  const transfer = req.headers['transfer-encoding']
  return (
    (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') ||
    (transfer !== undefined && transfer.trim().toLowerCase() !== 'chunked')
  )
}

/**
 * True when an answer now leaves a body unread that is of unknown or considerable length, or that the
 * client may never send. A new connection is cheaper than letting it pass.
 */
function isMoreToCome(req: IncomingMessage): boolean {
  if (req.complete) return false
  const { expect, 'transfer-encoding': transfer, 'content-length': declared } = req.headers
  return expect !== undefined || transfer !== undefined || Number(declared ?? 0) > KEPT_BODY_BYTES
}

/**
 * Answers a client that is still sending, and ends the connection. Closing it at once would make the kernel
 * reset it, and most clients would never see the answer; so what comes for a moment is read into nothing.
 */
function answerAndLinger(req: IncomingMessage, res: ServerResponse, prepared: Prepared, clock: Clock) {
  res.shouldKeepAlive = false
  // Asked whether to send its body, the client has sent none of it.
  if (req.headers.expect !== undefined && !req.readableDidRead) return answer(res, prepared)
  res.writeHead(prepared.status, prepared.headers as string[])
  res.write(prepared.body)
  const end = (): void => void res.end()
  const timer = clock.setTimeout(end, LINGER_MS)
  let left = LINGER_BYTES
  req.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) end()
  })
  req.on('end', end)
  res.on('close', () => timer.cancel())
  req.resume()
}

/**
 * Reads a body of at most `limit` bytes; `done` gets undefined as soon as it exceeds that, and the rest
 * is not read. `done` is not called when the client goes away. The server's request timeout bounds it.
 */
function readBody(req: IncomingMessage, limit: number, done: (body: Buffer | undefined) => void): void {
  let chunks: Buffer[] | Buffer | undefined
  let size = 0
  const onData = (chunk: Buffer): void => {
    size += chunk.length
    if (size > limit) {
      req.off('data', onData)
      req.off('end', onEnd)
      req.pause()
      chunks = undefined
      done(undefined)
    } else if (chunks === undefined) chunks = chunk
    else if (Array.isArray(chunks)) chunks.push(chunk)
    else chunks = [chunks, chunk]
  }
  const onEnd = (): void => {
    done(chunks === undefined ? EMPTY : Array.isArray(chunks) ? Buffer.concat(chunks, size) : chunks)
  }
  req.on('data', onData)
  req.on('end', onEnd)
}
const EMPTY = Buffer.alloc(0)

// --- answers --------------------------------------------------------------------------------------

/** `outcome` labels metrics and logs. What ingest itself decides, it counts itself. */
interface Refusal {
  outcome: string
  prepared: Prepared
  /** For whoever sets the gateway up. */
  testimony?: { reason: RefusalReason; detail: string }
}
const refusal = (outcome: string, prepared: Prepared, testimony?: Refusal['testimony']): Refusal => ({
  outcome,
  prepared,
  ...(testimony && { testimony }),
})

const badPath = refusal('bad-path', prepareProblem('E_INVALID', 'The path has a broken percent-encoding.'))
const UNKNOWN_INSTANCE = prepareProblem(
  'E_NOT_FOUND',
  'No instance of that name takes webhooks here. The form is /webhooks/<instance>, or /webhooks/<instance>/<key>.',
)
const unknownInstance = (name: string | undefined): Refusal =>
  refusal('unknown-instance', UNKNOWN_INSTANCE, {
    reason: 'path',
    detail:
      name === undefined
        ? 'It came to /webhooks, without the name of an instance.'
        : `It came to /webhooks/…, with ${shownName(name)} where the name of an instance belongs.`,
  })
const wrongMethod = refusal(
  'wrong-method',
  prepareProblem('E_METHOD', 'Webhooks are delivered by POST.', ['Allow', 'POST']),
)
const FORBIDDEN = prepareProblem('E_FORBIDDEN', 'This address is not in the allow list of the instance.')
const forbidden = (source: string): Refusal =>
  refusal('forbidden', FORBIDDEN, {
    reason: 'address',
    detail: `It came from ${source}, which is in none of the networks in webhook.allow.`,
  })
const compressed = refusal(
  'compressed',
  prepareProblem('E_COMPRESSED', 'Send the body without Content-Encoding.'),
  { reason: 'form', detail: 'Its body was compressed; signatures are proved over plain bytes.' },
)
const tooLarge = (maxBytes: number): Refusal =>
  refusal(
    'too-large',
    prepareProblem('E_TOO_LARGE', `This webhook takes bodies of up to ${maxBytes} bytes.`),
    { reason: 'size', detail: `Its body had more than ${maxBytes} bytes.` },
  )
const overRate = (perSecond: number): Refusal =>
  refusal(
    'over-rate',
    prepareProblem('E_TOO_MANY', 'The instance gets more deliveries per second than its limit.', [
      'Retry-After',
      String(Math.max(1, Math.ceil(1 / perSecond))),
    ]),
    { reason: 'rate', detail: `More than ${perSecond} came in a second.` },
  )
const tooManyFailures = (seconds: number): Prepared =>
  prepareProblem(
    'E_TOO_MANY',
    'Too many deliveries from this address failed verification. Authentic ones are still taken.',
    ['Retry-After', String(seconds)],
  )
const unavailable = (seconds: number): Prepared =>
  prepareProblem('E_STORE_UNAVAILABLE', 'The delivery could not be stored. Send it again.', [
    'Retry-After',
    String(Math.max(1, Math.ceil(seconds))),
  ])

function prepareAccepted(accepted: number, duplicates: number): Prepared {
  const body = JSON.stringify({ accepted, duplicates })
  return {
    status: 200,
    headers: ['Content-Type', 'application/json', 'Content-Length', String(body.length)],
    body,
  }
}
/** One event, new or known: nearly every delivery. */
const ONE_ACCEPTED = prepareAccepted(1, 0)
const ONE_DUPLICATE = prepareAccepted(0, 1)
function accepted(events: number, duplicates: number): Prepared {
  if (events === 1 && duplicates === 0) return ONE_ACCEPTED
  if (events === 0 && duplicates === 1) return ONE_DUPLICATE
  return prepareAccepted(events, duplicates)
}
