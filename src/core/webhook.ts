import type { HubConfig, InstanceConfig, ServerConfig } from './config.ts'
import type { WebhookRegistration } from './gateway.ts'
import { sameText } from './signature.ts'

/** What a webhook that a gateway has registered means for an instance. */

/**
 * - `this`: it leads to the instance, or to the webhook of its server, with the right key.
 * - `other-key`: it leads there with a key that is none, or another one.
 * - `other-instance`: it leads to a hub, and names another instance.
 * - `foreign`: it leads elsewhere.
 */
export type WebhookVerdict = 'this' | 'other-key' | 'other-instance' | 'foreign'

/** By its path alone: through which name and proxy a gateway comes, this machine cannot know. */
export function judgeWebhook(
  url: string,
  instance: InstanceConfig,
  servers: readonly ServerConfig[],
): WebhookVerdict {
  const [, path] = /\/webhooks\/([^?#]*)/.exec(URL.parse(url)?.pathname ?? '') ?? []
  if (path === undefined) return 'foreign'
  const [id, key = ''] = path.split('/')
  if (id === 'global') {
    const server = servers.find(
      ({ gateway, baseUrl }) => gateway === instance.gateway && baseUrl === instance.baseUrl,
    )
    return server !== undefined && isKey(server.webhook.key, key) ? 'this' : 'other-key'
  }
  if (id !== instance.id) return 'other-instance'
  return instance.webhook.key === undefined || isKey(instance.webhook.key, key) ? 'this' : 'other-key'
}

const isKey = (key: string | undefined, given: string): boolean =>
  key !== undefined && sameText(key, decoded(given))
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export interface WebhookFault {
  problem: string
  mend: string
  /** Without it nothing works; otherwise something is missed. */
  grave: boolean
}

/** What keeps the hub from hearing all that it lives on. */
export function filterFaults({ events, excludes }: WebhookRegistration): WebhookFault[] {
  const faults: WebhookFault[] = []
  if (events.length > 0 && !events.some((event) => /^messages?$/i.test(event)))
    faults.push({
      grave: true,
      problem: `Its events are only ${events.join(', ')}: no message ever arrives.`,
      mend: 'Add messages to them, best all events the gateway has.',
    })
  else if (events.length > 0 && !events.some((event) => /ack|update/i.test(event)))
    faults.push({
      grave: false,
      problem: `Its events are only ${events.join(', ')}: the hub never learns that a message was delivered or read.`,
      mend: 'Add the events of message status.',
    })
  if (excludes.length > 0)
    faults.push({
      grave: false,
      problem: `It leaves out ${excludes.join(', ')}. Echoes of our own messages settle sends whose answer was lost and show when a person writes by hand; without them such sends are held for a person, and the bot talks over people.`,
      mend: 'Take the filters away: the hub itself keeps such messages from bots.',
    })
  return faults
}

/** Path of an instance's webhook; `shownKey` in place of its key. */
export function webhookPathOf(
  { id, webhook }: Pick<InstanceConfig, 'id' | 'webhook'>,
  shownKey?: string,
): string {
  if (webhook.key === undefined) return `/webhooks/${id}`
  return `/webhooks/${id}/${shownKey ?? encodeURIComponent(webhook.key)}`
}

/** The URL without the key in its path, which opens the hub. */
export const withoutKey = (url: string): string => url.replace(/(\/webhooks\/[^/?#]+\/)[^/?#]+/, '$1***')

/** Where gateways reach the hub, without a slash at its end. */
export const publicUrlOf = ({ publicUrl }: Pick<HubConfig, 'publicUrl'>): string | undefined =>
  publicUrl?.replace(/\/+$/, '')
