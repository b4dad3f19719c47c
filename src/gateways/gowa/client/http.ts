import type { ClientContext } from '../../../core/gateway.ts'
import type { HttpOutcome, HttpRequest } from '../../../core/ports.ts'
import type { GowaSettings } from '../config.ts'
import { codeOf } from './endings.ts'
import { Form, type Step } from './step.ts'

/** How long a question may take (ms). */
export const ASK_TIMEOUT_MS = 10_000

type Request = Pick<Step, 'method' | 'path' | 'body'>

/** The way to one GOWA server and device. */
export interface Link {
  /** No slash at its end. */
  readonly base: string
  /** Basic auth, where configured. */
  readonly login: Readonly<Record<string, string>>
  /** `device` as configured. */
  readonly device: string | undefined
  /** One exchange; a device named by its number is found. `timeoutMs` bounds everything together. */
  call(request: Request, timeoutMs: number): Promise<HttpOutcome>
  /** A GET beside the base path, at the same host. Without credentials. */
  root(path: string, timeoutMs: number): Promise<HttpOutcome>
  /** False: this server is older than 8.0 and has one number only, so no device is named to it. */
  hasDevices: boolean
}

/**
 * Adds base URL, basic auth and device. A device given as bare digits is either a slot's name or the own
 * number; GOWA knows the latter only in its full form, which is tried once the first is not found (nothing
 * was sent then) and kept when it works.
 */
export function link({ basicAuth }: GowaSettings, context: ClientContext): Link {
  const { http, clock, device } = context
  const base = context.baseUrl.replace(/\/+$/, '')
  const login: Link['login'] = basicAuth
    ? {
        authorization: `Basic ${Buffer.from(`${basicAuth.username}:${basicAuth.password}`).toString('base64')}`,
      }
    : {}
  let selector = device
  const ask = (request: Request, timeoutMs: number, slot: string | undefined): Promise<HttpOutcome> => {
    const form = request.body instanceof Form ? request.body.encode() : undefined
    const made: HttpRequest = {
      method: request.method,
      url: base + request.path,
      headers: {
        accept: 'application/json',
        ...(request.body && { 'content-type': form?.contentType ?? 'application/json' }),
        ...login,
        ...(slot !== undefined && self.hasDevices && { 'x-device-id': headerValue(slot) }),
      },
      timeoutMs,
    }
    if (request.body) made.body = form?.body ?? JSON.stringify(request.body)
    return http(made)
  }
  const self: Link = {
    base,
    login,
    device,
    hasDevices: true,
    root: (path, timeoutMs) =>
      http({ method: 'GET', url: URL.canParse(path, base) ? new URL(path, base).href : base, timeoutMs }),
    async call(request, timeoutMs) {
      const deadline = clock.monotonic() + timeoutMs
      let first = await ask(request, timeoutMs, selector)
      if (!self.hasDevices && selector !== undefined && isAnswered(first, 400, 'DEVICE_ID_REQUIRED')) {
        // It was upgraded meanwhile; nothing was done.
        self.hasDevices = true
        first = await ask(request, Math.max(1, deadline - clock.monotonic()), selector)
      }
      if (selector === undefined || !/^[0-9]{5,20}$/.test(selector) || !isDeviceUnknown(first)) return first
      const full = `${selector}@s.whatsapp.net`
      const second = await ask(request, Math.max(1, deadline - clock.monotonic()), full)
      if (isDeviceUnknown(second)) return first
      selector = full
      return second
    },
  }
  return self
}

/** GOWA decodes the header (≥ 8.1.0), so plain names go as they are and work everywhere. */
const headerValue = (slot: string): string =>
  /^[\x21-\x24\x26-\x7e]+$/.test(slot) ? slot : encodeURIComponent(slot.toWellFormed())

const isAnswered = (outcome: HttpOutcome, status: number, code: string): boolean =>
  outcome.type === 'answered' && outcome.status === status && codeOf(outcome.body) === code
const isDeviceUnknown = (outcome: HttpOutcome): boolean => isAnswered(outcome, 404, 'DEVICE_NOT_FOUND')
