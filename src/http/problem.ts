import type { ServerResponse } from 'node:http'
import { ERRORS, type ErrorCode, HubError } from '../core/errors.ts'

/** RFC 9457 problem details: the body of every answer that is not a success. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: ErrorCode
  /** Finds the fault in the log; only on E_INTERNAL. */
  requestId?: string
  /** One line per field at fault; only on E_INVALID. */
  errors?: unknown
  /** May the same request work later? Only on answers about a gateway. */
  retry?: boolean
  /** What stands now, or in the way: only on E_CONFLICT. */
  conflict?: Readonly<Record<string, unknown>>
}

/** `status` overrides the code's own where HTTP has a finer one (415, 431). */
export interface ProblemOptions {
  status?: number
  requestId?: string
  errors?: unknown
}

export function problem(code: ErrorCode, detail: string, options: ProblemOptions = {}): Problem {
  return {
    type: `urn:pombo:error:${code}`,
    title: ERRORS[code].about,
    status: options.status ?? ERRORS[code].status,
    detail,
    code,
    ...(options.requestId === undefined ? {} : { requestId: options.requestId }),
    ...(options.errors === undefined ? {} : { errors: options.errors }),
  }
}

/** What a client may know of a fault. Faults nobody foresaw are told by `requestId` alone. */
export function problemOf(error: unknown, requestId: string): Problem {
  if (error instanceof HubError) {
    const { errors, retry, conflict } = error.details
    return {
      ...problem(error.code, error.message, { errors }),
      ...(typeof retry === 'boolean' && { retry }),
      ...(typeof conflict === 'object' && { conflict: { ...conflict } }),
    }
  }
  const detail = `Pombo met a fault of its own. The log has it under request ${requestId}.`
  return problem('E_INTERNAL', detail, { requestId })
}

export const PROBLEM_TYPE = 'application/problem+json'

/** Headers every answer of the hub carries, whoever made it. It serves data, never a document to run. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
}

/**
 * An answer made ahead of time: flat header list (`[name, value, …]`) and body. The body is text because
 * Node sends head and text in one write, but head and buffer in two.
 */
export interface Prepared {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: string
}

export function prepareProblem(
  code: ErrorCode,
  detail: string,
  headers: readonly string[] = [],
  options: ProblemOptions = {},
): Prepared {
  const about = problem(code, detail, options)
  const body = JSON.stringify(about)
  const fixed = ['Content-Type', PROBLEM_TYPE, 'Content-Length', String(Buffer.byteLength(body))]
  return {
    status: about.status,
    headers: [...fixed, ...Object.entries(SECURITY_HEADERS).flat(), ...headers],
    body,
  }
}

/** Writes a prepared answer. Does nothing when the client has gone or an answer has begun. */
export function answer(res: ServerResponse, prepared: Prepared): void {
  if (res.headersSent || res.destroyed) return
  // Node only reads the list; copying it would cost the hot path for nothing.
  res.writeHead(prepared.status, prepared.headers as string[])
  res.end(prepared.body)
}

/** The same answer as bytes of HTTP/1.1, for a connection whose request could not be parsed. */
export function rawAnswer(prepared: Prepared, reason: string): Buffer {
  let head = `HTTP/1.1 ${prepared.status} ${reason}\r\nConnection: close\r\n`
  for (let i = 0; i < prepared.headers.length; i += 2) {
    head += `${prepared.headers[i]}: ${prepared.headers[i + 1]}\r\n`
  }
  return Buffer.from(`${head}\r\n${prepared.body}`)
}
