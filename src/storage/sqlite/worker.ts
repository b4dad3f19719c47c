import { parentPort, workerData } from 'node:worker_threads'
import { HubError } from '../../core/errors.ts'
import type { Clock, Logger } from '../../core/ports.ts'
import type { Store } from '../../core/store.ts'
import { openSqliteStore } from './open.ts'
import { type FromWorker, type ToWorker, unpack, type WorkerStart } from './thread.ts'

/** The writer's thread: a store that answers calls, one message each. */
const port = parentPort
if (!port) throw new Error('this file runs in a worker thread only')
const start = workerData as WorkerStart
/** Told with the next answer: a message of its own would cost as much as the commit. */
let commits: number[] = []
const tell = (message: FromWorker) => port.postMessage(message)

const shared = start.sharedClock && new Float64Array(start.sharedClock)
const clock: Clock = {
  now: () => shared?.[0] ?? Date.now(),
  monotonic: () => performance.now(),
  setTimeout() {
    throw new Error('the store sets no timers')
  },
}
const logger = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: object, message: string) =>
  tell({ type: 'log', level, fields, message })
const log: Logger = {
  debug: logger('debug'),
  info: logger('info'),
  warn: logger('warn'),
  error: logger('error'),
  child: () => log,
}

try {
  const store = await openSqliteStore({
    ...start.options,
    clock,
    log,
    onCommit: (seconds) => void commits.push(seconds),
    onFatal: (error) => tell({ type: 'fatal', message: error.message }),
  })
  port.on('message', (call: ToWorker) => void answer(store, call))
  tell({ type: 'ready', installation: store.installation })
} catch (error) {
  tell({ type: 'failed', error: portable(error) })
}

async function answer(store: Store, { id, method, args, bytes }: ToWorker): Promise<void> {
  try {
    if (bytes) args[0] = unpack(args[0] as Parameters<typeof unpack>[0], bytes)
    const run = store[method] as (...args: unknown[]) => Promise<unknown>
    const value = await run.apply(store, args)
    tell({ type: 'value', id, value, commits })
    commits = []
    if (method === 'close') port?.close()
  } catch (error) {
    tell({ type: 'error', id, error: portable(error) })
  }
}

/** What survives a trip between threads of an error. */
function portable(error: unknown) {
  const { message, stack } = error as Error
  return {
    message,
    ...(stack === undefined ? {} : { stack }),
    ...(error instanceof HubError
      ? { code: error.code, details: error.details as Record<string, unknown> }
      : {}),
  }
}
