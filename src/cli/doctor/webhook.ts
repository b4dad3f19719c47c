import type { HubConfig, InstanceConfig } from '../../core/config.ts'
import type { WebhookRegistration } from '../../core/gateway.ts'
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
  const wanted = `${hubUrl}${shownPath(instance)}`
  const registering = `Register ${wanted} at the gateway.`
  if (registered.length === 0)
    return [fail(about, 'The gateway has no webhook: nothing it hears reaches this hub.', registering)]

  const judged = registered.map((webhook) => ({ webhook, verdict: judge(webhook, instance, config) }))
  const right = judged.filter(({ verdict }) => verdict === 'right').map(({ webhook }) => webhook)
  const enabled = right.find(({ enabled }) => enabled)
  if (enabled) return [...addressFindings(enabled, about, config), ...filterFindings(enabled, about)]
  if (right.length > 0)
    return [
      fail(about, 'The webhook that leads to this hub is switched off.', 'Switch it on at the gateway.'),
    ]
  const wrongKey = judged.some(({ verdict }) => verdict === 'wrong-key')
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

/** How the URL has to look, without its key. */
const shownPath = ({ id, webhook }: InstanceConfig): string =>
  `/webhooks/${id}${webhook.key === undefined ? '' : '/<webhook.key>'}`

type Verdict = 'right' | 'wrong-key' | 'other-instance' | 'elsewhere'

/** By its path alone: through which name and proxy a gateway comes, this machine cannot know. */
function judge(
  { url }: WebhookRegistration,
  instance: InstanceConfig,
  config: Pick<HubConfig, 'servers'>,
): Verdict {
  const [, path] = /\/webhooks\/([^?#]*)/.exec(URL.parse(url)?.pathname ?? '') ?? []
  if (path === undefined) return 'elsewhere'
  const [id, key] = path.split('/')
  if (id === 'global') {
    const server = config.servers.find(
      ({ gateway, baseUrl }) => gateway === instance.gateway && baseUrl === instance.baseUrl,
    )
    return server?.webhook.key !== undefined && server.webhook.key === key ? 'right' : 'wrong-key'
  }
  if (id !== instance.id) return 'other-instance'
  return instance.webhook.key === undefined || instance.webhook.key === key ? 'right' : 'wrong-key'
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

function filterFindings({ events, excludes }: WebhookRegistration, about: About): Finding[] {
  const findings: Finding[] = []
  if (events.length > 0 && !events.some((event) => /^messages?$/i.test(event)))
    findings.push(
      fail(
        about,
        `Its events are only ${events.join(', ')}: no message ever arrives.`,
        'Add messages to them, best all events the gateway has.',
      ),
    )
  else if (events.length > 0 && !events.some((event) => /ack|update/i.test(event)))
    findings.push(
      warn(
        about,
        `Its events are only ${events.join(', ')}: the hub never learns that a message was delivered or read.`,
        'Add the events of message status.',
      ),
    )
  if (excludes.length > 0)
    findings.push(
      warn(
        about,
        `It leaves out ${excludes.join(', ')}. Echoes of our own messages settle sends whose answer was lost and show when a person writes by hand; without them such sends are held for a person, and the bot talks over people.`,
        'Take the filters away: the hub itself keeps such messages from bots.',
      ),
    )
  return findings
}
