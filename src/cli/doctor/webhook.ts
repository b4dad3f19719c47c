import type { HubConfig, InstanceConfig } from '../../core/config.ts'
import type { WebhookRegistration } from '../../core/gateway.ts'
import { filterFaults, judgeWebhook, webhookPathOf } from '../../core/webhook.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/**
 * Does one of a gateway's webhooks lead to this hub, and does it let through what the hub lives on?
 * @param hubUrl where gateways reach the hub, as far as the configuration tells
 */
export function webhookFindings(
  instance: InstanceConfig,
  registered: readonly WebhookRegistration[],
  config: Pick<HubConfig, 'servers' | 'publicUrl'>,
  hubUrl: string,
): Finding[] {
  const about = { check: 'webhook', instance: instance.id } as const
  const wanted = `${hubUrl}${webhookPathOf(instance, '<webhook.key>')}`
  const registering = `Register ${wanted} at the gateway.`
  if (registered.length === 0)
    return [fail(about, 'The gateway has no webhook: nothing it hears reaches this hub.', registering)]

  const judged = registered.map((webhook) => ({
    webhook,
    verdict: judgeWebhook(webhook.url, instance, config.servers),
  }))
  const right = judged.filter(({ verdict }) => verdict === 'this').map(({ webhook }) => webhook)
  const enabled = right.find(({ enabled }) => enabled)
  if (enabled) return [...addressFindings(enabled, about, config), ...filterFindings(enabled, about)]
  if (right.length > 0)
    return [
      fail(about, 'The webhook that leads to this hub is switched off.', 'Switch it on at the gateway.'),
    ]
  const wrongKey = judged.some(({ verdict }) => verdict === 'other-key')
  if (wrongKey)
    return [
      fail(
        about,
        'A webhook leads to this instance, but the key in its URL is missing or not webhook.key: its deliveries are refused with 401.',
        registering,
      ),
    ]
  const origins = [...new Set(registered.map(({ url }) => URL.parse(url)?.origin ?? 'no URL'))]
  const path = judged.some(({ verdict }) => verdict === 'other-instance')
    ? 'they name another instance'
    : `they lead to ${origins.join(', ')}`
  return [
    fail(
      about,
      `None of the gateway’s ${registered.length} webhooks leads to this instance: ${path}.`,
      registering,
    ),
  ]
}

type About = { check: 'webhook'; instance: string }

function addressFindings(
  { url }: WebhookRegistration,
  about: About,
  { publicUrl }: Pick<HubConfig, 'publicUrl'>,
): Finding[] {
  const origin = URL.parse(url)?.origin
  if (publicUrl !== undefined && origin !== URL.parse(publicUrl)?.origin)
    return [
      warn(
        about,
        `The gateway’s webhook leads to ${origin}, and publicUrl is ${publicUrl}. Whether that is this hub too, nobody can tell from here.`,
        'Make the two alike, unless the gateway reaches the hub under a name of its own.',
      ),
    ]
  return [ok(about, `The gateway posts to this instance at ${origin}.`)]
}

const filterFindings = (registration: WebhookRegistration, about: About): Finding[] =>
  filterFaults(registration).map(({ grave, problem, mend }) => (grave ? fail : warn)(about, problem, mend))
