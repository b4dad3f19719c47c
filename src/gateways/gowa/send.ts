import { z } from 'zod'
import type { Command, SendResult } from '../../core/commands.ts'
import type { ClientContext, GatewayClient, ServerClient } from '../../core/gateway.ts'
import { asking } from './client/asking.ts'
import { plan } from './client/commands.ts'
import { administration, devices } from './client/devices.ts'
import { directory } from './client/directory.ts'
import { isRouteMissing, judge, reject, toSendResult, unknown } from './client/endings.ts'
import { groupInfo, groups } from './client/groups.ts'
import { download, search } from './client/history.ts'
import { ASK_TIMEOUT_MS, type Link, link } from './client/http.ts'
import { pair } from './client/pairing.ts'
import { profile } from './client/profile.ts'
import { type Versions, versions } from './client/versions.ts'
import { webhooks } from './client/webhooks.ts'
import type { GowaSettings } from './config.ts'
import { formatJid } from './wire/address.ts'
import { flag } from './wire/fields.ts'

/** GOWA answers 504 after its own 45 s; whoever gives up earlier cannot know what became of the send. */
const REQUESTS_TIMEOUT_MS = 50_000
/** What the server is may have to be found out, before the send or after it did not know a request. */
const LOOK_TIMEOUT_MS = 5_000
const SEND_TIMEOUT_MS = LOOK_TIMEOUT_MS + REQUESTS_TIMEOUT_MS + LOOK_TIMEOUT_MS

/**
 * Speaks to one GOWA number (REST of 5.x to 9.x). Addresses come from the configuration and the command,
 * never from a delivery. All times are ms.
 */
export function connect(settings: GowaSettings, context: ClientContext): GatewayClient {
  const to = link(settings, context)
  const book = versions(to, context.clock)
  const asked = asking(to, book, context.clock)
  const slots = devices(asked, to)
  return {
    sendTimeoutMs: SEND_TIMEOUT_MS,
    send: (command) => send(command, to, book, context),
    /** GOWA shows typing until a message follows or WhatsApp's own limit passes; it takes no duration. */
    async typing(chat, state) {
      const phone = formatJid(chat)
      if (phone === undefined) return
      await to.call(
        { method: 'POST', path: '/send/chat-presence', body: { phone, action: state } },
        ASK_TIMEOUT_MS,
      )
    },
    groupInfo: (group) => groupInfo(asked, group),
    groups: groups(asked),
    async status() {
      const status = await asked.ask({ path: '/app/status' }, Status)
      if (!status.ok) return status
      const { is_connected: socket, is_logged_in: paired } = status.value
      if (socket) return { ok: true, value: paired ? 'connected' : 'logged-out' }
      // Both are false while the socket is down; whether the login is gone the list of devices tells, from 8.0.
      const login = await slots.paired()
      const isGone = login.ok && !login.value
      return { ok: true, value: isGone ? 'logged-out' : 'disconnected' }
    },
    version: (fresh) => book.version(fresh),
    search: (wanted) => search(asked, wanted),
    download: (message) => download(asked, to, message),
    directory: directory(asked, context.clock),
    profile: profile(asked),
    webhooks: webhooks(asked, slots),
    pair: (phone) => pair(asked, to, phone),
    disconnect: () => asked.tell({ path: '/app/logout' }),
  }
}

/** GOWA has no admin token: whoever passes its basic auth may do everything. */
export function administer({ settings }: { settings?: GowaSettings }, context: ClientContext): ServerClient {
  const to = link(settings ?? {}, context)
  return administration(asking(to, versions(to, context.clock), context.clock))
}

const Status = z.object({
  is_connected: z.boolean(),
  is_logged_in: flag,
})

async function send(
  command: Command,
  to: Link,
  book: Versions,
  { clock }: ClientContext,
): Promise<SendResult> {
  const steps = plan(command)
  if (!Array.isArray(steps)) return toSendResult(steps)
  for (const { need } of steps) {
    if (need?.always && (await within(book.has(need), clock)) === false) {
      const reason = await book.lacks(need)
      if (reason !== undefined) return toSendResult(reject('unsupported', reason))
    }
  }
  const deadline = clock.monotonic() + REQUESTS_TIMEOUT_MS
  let result: SendResult = { end: 'unknown', reason: 'nothing was asked' }
  for (const step of steps) {
    const left = deadline - clock.monotonic()
    if (left <= 0) return toSendResult(unknown('no time left for every message of this command'))
    const outcome = await to.call(step, left)
    if (step.need && isRouteMissing(outcome)) {
      const reason = await within(book.lacks(step.need), clock)
      if (reason !== undefined) return toSendResult(reject('unsupported', reason))
    }
    result = toSendResult(judge(outcome, clock.now(), step))
    if (result.end !== 'sent') return result
  }
  return result
}

/** What `found` says, if it says so soon. */
function within<T>(found: Promise<T>, clock: ClientContext['clock']): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(() => resolve(undefined), LOOK_TIMEOUT_MS)
    void found.then((value) => {
      timer.cancel()
      resolve(value)
    })
  })
}
