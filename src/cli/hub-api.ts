import { ERRORS, type ErrorCode, HubError } from '../core/errors.ts'
import type { HttpClient, HttpOutcome } from '../core/ports.ts'
import { loadHub } from '../main.ts'
import { environment } from './environment.ts'
import { usage } from './flags.ts'
import type { Io } from './io.ts'

/** A running hub's API. Answers are JSON of any form: narrow them. */
export interface HubApi {
  readonly url: string
  /** @throws HubError as the hub told it; E_HUB_UNREACHABLE when there is no hub */
  get(path: string): Promise<unknown>
  /** With an `idempotencyKey` it asks again, a few times, when an answer was lost. Throws as `get` does. */
  post(path: string, body?: object, idempotencyKey?: string): Promise<unknown>
}

export interface HubFlags {
  hub?: string | undefined
  key?: string | undefined
  config?: string | undefined
}

const TIMEOUT_MS = 20_000
const TRIES = 3

/**
 * The hub that flags, environment or configuration name.
 * @throws HubError E_USAGE for a URL that is none, E_UNAUTHENTICATED without a key
 */
export async function openHubApi(io: Io, flags: HubFlags, http: HttpClient): Promise<HubApi> {
  const env = environment(io)
  const url = flags.hub === undefined ? await configuredUrl(io, flags.config) : hubUrl(flags.hub)
  const key = flags.key ?? env.POMBO_API_KEY
  if (!key)
    throw new HubError(
      'E_UNAUTHENTICATED',
      'No API key is known. Set POMBO_API_KEY to the one the hub was started with, or give it with --key.',
    )
  return createHubApi(http, url, key)
}

export function createHubApi(http: HttpClient, url: string, key: string): HubApi {
  const ask = (method: 'GET' | 'POST', path: string, body?: object, headers?: Record<string, string>) =>
    http({
      method,
      url: `${url}/api/v1${path}`,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
      timeoutMs: TIMEOUT_MS,
    })
  return {
    url,
    get: async (path) => read(await ask('GET', path), url),
    async post(path, body, idempotencyKey) {
      const headers = idempotencyKey === undefined ? undefined : { 'idempotency-key': idempotencyKey }
      let outcome = await ask('POST', path, body, headers)
      for (let tried = 1; tried < TRIES && idempotencyKey !== undefined; tried += 1) {
        if (outcome.type !== 'unanswered') break
        outcome = await ask('POST', path, body, headers)
      }
      return read(outcome, url)
    },
  }
}

/**
 * A hub's URL out of a flag, without a slash at the end.
 * @throws HubError E_USAGE
 */
export function hubUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw usage(`--hub must be the URL of a hub, as in http://127.0.0.1:3001.`)
  return text.replace(/\/+$/, '')
}

async function configuredUrl(io: Io, file: string | undefined): Promise<string> {
  const { config } = await loadHub({ file, cwd: io.cwd, env: environment(io) })
  return localUrl(config)
}

/** Where this machine reaches a hub that listens so. */
export function localUrl({ host, port }: { host: string; port: number }): string {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${name.includes(':') ? `[${name.replace(/^\[|\]$/g, '')}]` : name}:${port}`
}

/**
 * Asks whether anything answers there, before work that would only wait for it.
 * @throws HubError E_HUB_UNREACHABLE
 */
export async function requireHub(http: HttpClient, url: string): Promise<void> {
  const outcome = await http({ method: 'GET', url: `${url}/health`, timeoutMs: TIMEOUT_MS })
  if (outcome.type !== 'answered') throw noHub(url, outcome.reason)
}

const noHub = (url: string, reason: string): HubError =>
  new HubError(
    'E_HUB_UNREACHABLE',
    `No hub answers at ${url}: ${reason}. Start it with "pombo serve", or say where it is with --hub URL.`,
  )

function read(outcome: HttpOutcome, url: string): unknown {
  if (outcome.type !== 'answered') throw noHub(url, outcome.reason)
  const answer = parse(outcome.body)
  if (outcome.status >= 200 && outcome.status < 300 && answer !== undefined) return answer
  if (isProblem(answer)) throw new HubError(answer.code, answer.detail)
  throw new HubError(
    'E_HUB_UNREACHABLE',
    `What answers at ${url} is no Pombo (status ${outcome.status}). Check the address with --hub URL.`,
  )
}

const isProblem = (answer: unknown): answer is { code: ErrorCode; detail: string } =>
  typeof answer === 'object' &&
  answer !== null &&
  'code' in answer &&
  typeof answer.code === 'string' &&
  Object.hasOwn(ERRORS, answer.code) &&
  'detail' in answer &&
  typeof answer.detail === 'string'

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
