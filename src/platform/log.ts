import pino from 'pino'
import type { HubConfig } from '../core/config.ts'
import type { Logger } from '../core/ports.ts'
import { createScrubber, type Scrubber } from './scrub.ts'

export interface LogOptions {
  level: HubConfig['logLevel']
  /** Short lines for people instead of JSON. */
  human?: boolean
  /** Colours in the lines for people. */
  colour?: boolean
  /** Values that are hidden wherever they occur. */
  secrets?: readonly string[]
  /** Takes each finished line, newline included. Default: standard error. */
  write?: (line: string) => void
}

/**
 * A {@link Logger} over pino. Phone numbers, message text and credentials are taken out of messages and
 * fields before pino sees them; errors keep their code, scrubbed message and the places of their stack.
 */
export function createLogger(options: LogOptions): Logger {
  const sink =
    options.write === undefined ? pino.destination({ fd: 2, sync: true }) : { write: options.write }
  const target = options.human
    ? { write: (line: string) => void sink.write(humanLine(line, options.colour ?? false)) }
    : sink
  const root = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      // Errors are already plain objects when they arrive here.
      serializers: { err: (err: unknown) => err },
    },
    target,
  )
  return wrap(root, createScrubber(options.secrets))
}

/** Fields no caller may overwrite. */
const RESERVED = new Set(['level', 'time', 'msg'])

function wrap(logger: pino.Logger, scrub: Scrubber): Logger {
  const clean = (fields: object): object =>
    Object.fromEntries(
      Object.entries(scrub.value(fields instanceof Error ? { err: fields } : fields) ?? {}).map(
        ([name, value]) => [RESERVED.has(name) ? `${name}_` : name, value],
      ),
    )
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: object, message: string) => {
    if (logger.isLevelEnabled(level)) logger[level](clean(fields), scrub.text(message))
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => wrap(logger.child(clean(fields)), scrub),
    hide: (secrets) => scrub.hide(secrets),
  }
}

const COLOURS: Record<string, string> = {
  debug: '\x1b[2m',
  info: '\x1b[36m',
  warn: '\x1b[33m',
  error: '\x1b[31m',
}

/** `12:30:05 warn  instance held instance=sales reason="not connected"`, errors with their stack below. */
function humanLine(json: string, colour: boolean): string {
  const { level, time, msg, ...fields } = JSON.parse(json) as Record<string, unknown>
  const stacks: string[] = []
  const pairs = Object.entries(fields).map(([name, value]) => {
    const { stack, ...rest } = isRecord(value) ? value : {}
    if (typeof stack !== 'string') return `${name}=${inline(value)}`
    stacks.push(stack)
    return `${name}=${inline(typeof rest.message === 'string' ? [rest.code, rest.message].filter(Boolean).join(': ') : rest)}`
  })
  const name = String(level).padEnd(5)
  const head = `${String(time).slice(11, 19)} ${colour ? `${COLOURS[String(level)] ?? ''}${name}\x1b[0m` : name}`
  return `${[`${head} ${String(msg)}`, ...pairs].join(' ')}\n${stacks.map((stack) => `${stack}\n`).join('')}`
}

const inline = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return typeof value === 'string' && /[\s"=]/.test(text) ? JSON.stringify(text) : text
}
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
