import { z } from 'zod'
import type { Answer, WebhookError, WebhookRegistration, WebhooksClient } from '../../../core/gateway.ts'
import { count, flag, moment, text, texts } from '../wire/fields.ts'
import { type Asking, done, refuse, toVoid, UNREADABLE } from './asking.ts'
import type { Json } from './caller.ts'

/** What the hub reads, of the events every version knows. */
export const HUB_EVENTS = [
  'connection',
  'history',
  'messages',
  'messages_update',
  'groups',
  'call',
  'contacts',
  'presence',
  'labels',
  'chats',
  'chat_labels',
  'blocks',
]
/** Names that came and one that went; a server may refuse a list with a name it does not know. */
const NEWER_EVENTS = [...HUB_EVENTS, 'sender', 'newsletter_messages']
const OLDER_EVENTS = [...HUB_EVENTS, 'leads']

/** `excludeMessages` stays empty: any filter would hide own messages or echoes, and the hub goes by both. */
const wanted = (url: string, events: readonly string[]): Json => ({
  url,
  events,
  excludeMessages: [],
  addUrlEvents: false,
  addUrlTypesMessages: false,
})

const webhook = z.object({ id: text, enabled: flag, url: text, events: texts, excludeMessages: texts })
function readWebhook(body: unknown): WebhookRegistration[] {
  const read = webhook.safeParse(body)
  if (!read.success || read.data.url === '') return []
  const { id, enabled, url, events, excludeMessages } = read.data
  return [{ ...(id !== '' && { id }), url, enabled, events, excludes: excludeMessages }]
}
const readWebhooks = (body: unknown): WebhookRegistration[] | undefined =>
  Array.isArray(body) ? body.flatMap(readWebhook) : undefined

const errorRow = z.object({
  created: moment,
  url: text,
  event: text,
  status_code: count,
  attempts: count,
  error: text,
})
const rows = z.union([z.array(z.unknown()), z.object({ errors: z.array(z.unknown()) })])
/** The last 20 deliveries that failed for good. Their payloads, and addresses in the words, are left out. */
function readErrors(body: unknown): WebhookError[] | undefined {
  const read = rows.safeParse(body)
  if (!read.success) return undefined
  const list = Array.isArray(read.data) ? read.data : read.data.errors
  return list.flatMap((row): WebhookError[] => {
    const one = errorRow.safeParse(row).data
    if (one === undefined) return []
    const { created: at, url, event, status_code: status, attempts, error } = one
    return [
      {
        ...(at !== undefined && { at }),
        ...(url !== '' && { url }),
        ...(event !== '' && { event }),
        ...(status !== undefined && { status }),
        ...(attempts !== undefined && { attempts }),
        error: error.replace(/https?:\/\/[^\s"']+/g, '<url>').slice(0, 300) || 'uazapi does not say why.',
      },
    ]
  })
}

/** Posts with the hub's events, in the names of newer servers, else in those of older ones. */
async function post(
  { ask }: Asking,
  path: string,
  about: 'instance' | 'server',
  url: string,
  more: Json,
): Promise<Answer<unknown>> {
  const attempt = (events: readonly string[]) =>
    ask<unknown>({ method: 'POST', path, body: { ...more, ...wanted(url, events) }, about }, (body) => body)
  const answer = await attempt(NEWER_EVENTS)
  return !answer.ok && answer.code === 'invalid' ? attempt(OLDER_EVENTS) : answer
}

/** Webhooks of one instance. */
export function webhooksClient(asking: Asking): WebhooksClient {
  const { ask } = asking
  const path = '/webhook'
  const list = () => ask({ method: 'GET', path, about: 'instance' }, readWebhooks)
  return {
    list,
    async register({ url }) {
      const before = await list()
      if (!before.ok) return before
      const same = before.value.find((one) => one.url === url)
      // Without `action` and `id` uazapi makes the only webhook, or writes over the one there is.
      const alone = before.value.length === 0 || (same !== undefined && before.value.length === 1)
      if (same !== undefined && same.id === undefined && !alone) {
        return refuse('unsupported', 'uazapi names no id of this webhook, so that it cannot be changed.')
      }
      const mode = alone ? {} : same ? { action: 'update', id: same.id } : { action: 'add' }
      const answer = await post(asking, path, 'instance', url, { enabled: true, ...mode })
      if (!answer.ok) return answer
      const found = readWebhooks(answer.value)?.find((one) => one.url === url)
      return found ? { ok: true, value: found } : UNREADABLE
    },
    remove: async (id) =>
      toVoid(await ask({ method: 'POST', path, body: { action: 'delete', id }, about: 'instance' }, done)),
    errors: () => ask({ method: 'GET', path: '/webhook/errors', about: 'instance' }, readErrors),
  }
}

/** The one webhook of a whole server, delivered besides those of its instances. Demo servers refuse it. */
export function globalWebhookClient(asking: Asking): WebhooksClient {
  const { ask } = asking
  const path = '/globalwebhook'
  const readOne = (body: unknown) => readWebhooks(Array.isArray(body) ? body : [body])
  return {
    async list() {
      // Where there is none uazapi answers 404.
      const answer = await ask({ method: 'GET', path, about: 'server' }, readOne)
      return answer.ok || answer.code !== 'unsupported' ? answer : { ok: true, value: [] }
    },
    async register({ url }) {
      const answer = await post(asking, path, 'server', url, {})
      if (!answer.ok) return answer
      const [found] = readOne(answer.value) ?? []
      return found ? { ok: true, value: { ...found, enabled: true } } : UNREADABLE
    },
    remove: async () => refuse('unsupported', 'uazapi documents no way to remove a global webhook.'),
    errors: () => ask({ method: 'GET', path: '/globalwebhook/errors', about: 'server' }, readErrors),
  }
}
