import { z } from 'zod'
import type { Answer, WebhookRegistration, WebhooksClient } from '../../../core/gateway.ts'
import { flag, text, word } from '../wire/fields.ts'
import { type Asking, given } from './asking.ts'
import type { Devices } from './devices.ts'
import { NEEDS } from './needs.ts'

const Webhook = z.object({
  webhook_url: text,
  /** Never shown. */
  webhook_secret: text,
  webhook_events: word,
  webhook_insecure_skip_verify: flag,
})
type Webhook = z.output<typeof Webhook>

const path = (id: string): string => `/devices/${encodeURIComponent(id.toWellFormed())}/webhook`

/**
 * GOWA's webhook of one device (8.10.0), which takes the place of the server's own. There is at most one, so
 * registering replaces it; its events are left at GOWA's default: all that the server is set to send.
 */
export function webhooks({ ask }: Asking, devices: Devices): WebhooksClient {
  const read = async (id: string): Promise<Answer<Webhook>> =>
    ask({ path: path(id), need: NEEDS.webhook }, Webhook)
  const write = (id: string, body: object): Promise<Answer<Webhook>> =>
    ask({ method: 'PATCH', path: path(id), body, need: NEEDS.webhook }, Webhook)

  return {
    // What GOWA was started with (`--webhook`) is not to be seen through its API.
    inherits: true,
    async list() {
      const id = await devices.own()
      if (!id.ok) return id
      const found = await read(id.value)
      if (!found.ok) return found
      return given(found.value.webhook_url ? [registration(id.value, found.value)] : [])
    },
    async register({ url, secret }) {
      const id = await devices.own()
      if (!id.ok) return id
      const old = await read(id.value)
      if (!old.ok) return old
      const made = await write(id.value, {
        webhook_url: url,
        webhook_secret: secret ?? old.value.webhook_secret ?? '',
        webhook_events: '',
        webhook_insecure_skip_verify: old.value.webhook_insecure_skip_verify ?? false,
      })
      return made.ok ? given(registration(id.value, { ...made.value, webhook_url: url })) : made
    },
    async remove(id) {
      const done = await write(id, { webhook_url: '' })
      return done.ok ? given(undefined) : done
    },
  }
}

const registration = (id: string, webhook: Webhook): WebhookRegistration => ({
  id,
  url: webhook.webhook_url ?? '',
  enabled: true,
  events: (webhook.webhook_events ?? '').split(',').flatMap((one) => one.trim() || []),
  excludes: [],
})
