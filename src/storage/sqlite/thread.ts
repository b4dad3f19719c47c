import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { type ErrorCode, HubError } from '../../core/errors.ts'
import type { Arrival, Store } from '../../core/store.ts'
import { alone } from '../alone.ts'
import { monitorReads } from '../monitor.ts'
import { createReads } from '../reads.ts'
import { trafficReads } from '../traffic.ts'
import { jsonTable, openReader } from './engine.ts'
import type { SqliteOptions } from './open.ts'

type PlainOptions = Pick<SqliteOptions, 'path' | 'dedupeMs' | 'unknownHoldMs'>
export interface WorkerStart {
  options: PlainOptions
  /** For tests: one float64 that says what time it is. */
  sharedClock?: SharedArrayBuffer
}

/** The writer lives on short-lived rows; left alone, V8 would let its nursery grow to more than the rest. */
const YOUNG_MB = 12

/** Every method that writes, or must see what is being written. */
const WRITES = [
  'accept',
  'claimLanes',
  'renewLanes',
  'releaseLanes',
  'commitTurns',
  'failTurn',
  'beginStep',
  'finishStep',
  'fireDue',
  'mergePending',
  'learn',
  'undoMerge',
  'claimMedia',
  'settleMedia',
  'expireMedia',
  'forgetMedia',
  'claimSends',
  'typed',
  'settle',
  'claimUnknown',
  'conclude',
  'recover',
  'holdInstance',
  'enqueue',
  'retryEvent',
  'discardEvent',
  'resolveCommand',
  'addTraffic',
  'beginReplay',
  'advanceReplay',
  'cancelReplay',
  'setOwner',
  'saveEntry',
  'removeEntry',
  'reseal',
  'beginCreation',
  'takeCreation',
  'endCreation',
  'noteRefusals',
  'noteVerified',
  'handedOver',
  'forgetUnrouted',
  'claimLooks',
  'recordLook',
  'claimRound',
  'stepAlerts',
  'claimNews',
  'settleNews',
  'acknowledgeAlert',
  'noteSilence',
  'changeAccount',
  'removeAccount',
  'setPassword',
  'putOwner',
  'addSession',
  'touchSession',
  'endSession',
  'addLink',
  'removeInvitation',
  'acceptLink',
  'addKey',
  'touchKey',
  'revokeKey',
  'admitAttempt',
  'forgiveAttempt',
  'addAudit',
  'pruneAccess',
  'mark',
  'ping',
  'prune',
  'close',
] as const satisfies readonly (keyof Store)[]
type Write = (typeof WRITES)[number]

export interface ToWorker {
  id: number
  method: Write
  args: unknown[]
  /** The bytes of an `accept`, whose arrivals hold offsets into it. */
  bytes?: Uint8Array
}
interface PortableError {
  message: string
  stack?: string
  code?: ErrorCode
  details?: Record<string, unknown>
}
export type FromWorker =
  | { type: 'ready'; installation: string }
  | { type: 'failed'; error: PortableError }
  /** `commits`: how long each commit since the last answer took (seconds). */
  | { type: 'value'; id: number; value: unknown; commits: number[] }
  | { type: 'error'; id: number; error: PortableError }
  | { type: 'fatal'; message: string }
  | { type: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; fields: object; message: string }

/**
 * The store with its writer in a thread of its own: while the disk syncs, the event loop goes on answering.
 * Reads stay here, on a connection of their own; what a resolved call wrote, the next read sees.
 * @throws HubError E_STORE_LOCKED, E_STORE_OPEN, E_STORE_NEWER
 */
export async function openSqliteThread(
  options: SqliteOptions & { sharedClock?: SharedArrayBuffer },
): Promise<Store> {
  const { path, dedupeMs, unknownHoldMs, log, sharedClock } = options
  const start: WorkerStart = {
    options: { path, dedupeMs, ...(unknownHoldMs === undefined ? {} : { unknownHoldMs }) },
    ...(sharedClock === undefined ? {} : { sharedClock }),
  }
  const worker = new Worker(workerFile(), {
    workerData: start,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  })
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>()
  let last = 0
  let closing = false
  let dead: Error | undefined

  const installation = await new Promise<string>((resolve, reject) => {
    const end = (error: Error) => {
      dead ??= error
      reject(error)
      for (const call of waiting.values()) call.reject(error)
      waiting.clear()
      if (!closing) options.onFatal?.(error)
    }
    worker.on('message', (message: FromWorker) => {
      switch (message.type) {
        case 'ready':
          return resolve(message.installation)
        case 'failed':
          closing = true
          return reject(revived(message.error))
        case 'value':
          for (const seconds of message.commits) options.onCommit?.(seconds, 1)
          waiting.get(message.id)?.resolve(message.value)
          waiting.delete(message.id)
          return
        case 'error':
          waiting.get(message.id)?.reject(revived(message.error))
          waiting.delete(message.id)
          return
        case 'fatal':
          return options.onFatal?.(new Error(message.message))
        case 'log':
          return log[message.level](message.fields, message.message)
        default:
          message satisfies never
      }
    })
    worker.on('error', end)
    worker.on('exit', () => end(new HubError('E_STORE_UNAVAILABLE', 'The store is closed.')))
  })

  let reader: ReturnType<typeof openReader>
  try {
    reader = openReader(path)
  } catch (error) {
    closing = true
    await worker.terminate()
    throw error
  }
  const call =
    (method: Write) =>
    (...args: unknown[]): Promise<unknown> =>
      new Promise((resolve, reject) => {
        if (closing) return reject(new HubError('E_STORE_UNAVAILABLE', 'The store is closed.'))
        if (dead) return reject(dead)
        const id = ++last
        if (method === 'accept') {
          const { arrivals, bytes } = pack(args[0] as readonly Arrival[])
          worker.postMessage({ id, method, args: [arrivals], bytes } satisfies ToWorker, [bytes.buffer])
        } else worker.postMessage({ id, method, args } satisfies ToWorker)
        waiting.set(id, { resolve, reject })
      })
  const writes = Object.fromEntries(WRITES.map((method) => [method, call(method)])) as unknown as Pick<
    Store,
    Write
  >
  const close = writes.close
  return {
    ...createReads(reader, jsonTable),
    ...monitorReads(reader, jsonTable),
    ...trafficReads(reader, jsonTable),
    ...alone(() => options.clock.now()),
    ...writes,
    installation,
    async close() {
      if (closing) return
      const closed = close()
      closing = true
      await closed
      await reader.destroy()
    },
  }
}

/** An arrival on its way between threads: bodies and keys are `[start, end]` in one block of bytes. */
type Packed = Omit<Arrival, 'body' | 'events'> & {
  body: [number, number]
  events: (Omit<Arrival['events'][number], 'key'> & { key: [number, number] })[]
}

/**
 * Buffers are views of larger blocks (a socket's, the pool's), and copying one between threads copies the
 * whole block. So all bytes of a batch go into one block of their own, which is handed over.
 */
function pack(batch: readonly Arrival[]): { arrivals: Packed[]; bytes: Uint8Array<ArrayBuffer> } {
  let size = 0
  for (const { body, events } of batch) {
    size += body.length
    for (const { key } of events) size += key.length
  }
  const bytes = new Uint8Array(size)
  let end = 0
  const put = (part: Uint8Array): [number, number] => {
    bytes.set(part, end)
    end += part.length
    return [end - part.length, end]
  }
  const arrivals = batch.map((arrival) => ({
    ...arrival,
    body: put(arrival.body),
    events: arrival.events.map((event) => ({ ...event, key: put(event.key) })),
  }))
  return { arrivals, bytes }
}

/** The inverse of `pack`: views into the block. */
export function unpack(arrivals: readonly Packed[], bytes: Uint8Array): Arrival[] {
  const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return arrivals.map((arrival) => ({
    ...arrival,
    body: block.subarray(...arrival.body),
    events: arrival.events.map((event) => ({ ...event, key: block.subarray(...event.key) })),
  }))
}

/**
 * Beside this file, as TypeScript in a checkout and as JavaScript in the package. What takes the types out of
 * TypeScript is WebAssembly, and when two threads optimise its calls into JavaScript at once V8 (13.6, in Node 24.21)
 * frees code that belongs to no module, and the process dies: seen in one of three runs of the store's tests. So
 * these calls stay as they are.
 */
function workerFile(): URL {
  if (!import.meta.url.endsWith('.ts')) return new URL('./worker.js', import.meta.url)
  setFlagsFromString(`--wasm-wrapper-tiering-budget=${2 ** 31 - 1}`)
  return new URL('./worker.ts', import.meta.url)
}

function revived({ message, stack, code, details }: PortableError): Error {
  const error = code ? new HubError(code, message, details ? { details } : {}) : new Error(message)
  if (stack !== undefined) error.stack = stack
  return error
}
