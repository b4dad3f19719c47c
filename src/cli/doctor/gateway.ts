import type { HubConfig, InstanceConfig } from '../../core/config.ts'
import type {
  Answer,
  Capability,
  Gateway,
  GatewayClient,
  GatewayVersion,
  WebhookRegistration,
} from '../../core/gateway.ts'
import type { Clock, HttpClient, HttpOutcome, Logger } from '../../core/ports.ts'
import { type Finding, fail, ok, warn } from './finding.ts'
import { webhookFindings } from './webhook.ts'

export interface GatewayParts {
  http: HttpClient
  clock: Clock
  log: Logger
  gateway: Gateway
  config: HubConfig
  /** Where gateways reach the hub. */
  hubUrl: string
}

/** How long (ms) a gateway has for one question. */
const PATIENCE_MS = 15_000
/** A clock that is off by more than this (ms) shows in the order of messages, and by more than that in all else. */
const SKEW_WARN_MS = 10_000
const SKEW_FAIL_MS = 5 * 60_000

/** Everything a gateway can be asked about one number. One question after another: some serve no two at once. */
export async function gatewayFindings(instance: InstanceConfig, parts: GatewayParts): Promise<Finding[]> {
  const { http, clock, log, gateway } = parts
  const about = { check: 'gateway', instance: instance.id } as const
  const asked = clock.now()
  const outcome = await http({ method: 'GET', url: `${instance.baseUrl}/`, timeoutMs: PATIENCE_MS })
  if (outcome.type !== 'answered')
    return [
      fail(
        about,
        `${gateway.name} does not answer at ${instance.baseUrl}: ${outcome.reason}. Nothing can be sent.`,
        'Check that it runs, that baseUrl is right, and that nothing stands between (firewall, network of the container).',
      ),
      ...capabilityFindings(instance, gateway, undefined),
    ]
  const client = gateway.connect(instance.settings, {
    baseUrl: instance.baseUrl,
    http,
    clock,
    log,
    ...(instance.device !== undefined && { device: instance.device }),
  })
  const version = client.version && (await within(clock, client.version(true)))
  return [
    ok(about, `${gateway.name} answers at ${instance.baseUrl}.`),
    ...versionFindings(instance, version),
    ...clockFindings(instance, outcome, (asked + clock.now()) / 2),
    ...(await statusFindings(instance, client, clock)),
    ...(await registrationFindings(instance, client, parts)),
    ...capabilityFindings(instance, gateway, version?.ok ? version.value : undefined),
  ]
}

function versionFindings({ id }: InstanceConfig, answer: Answer<GatewayVersion> | undefined): Finding[] {
  const about = { check: 'gateway', instance: id } as const
  if (!answer) return []
  if (!answer.ok)
    return [
      warn(
        about,
        `Its version could not be found out: ${answer.reason}.`,
        'Nothing, unless other lines here fail too.',
      ),
    ]
  const { version, source, features } = answer.value
  const has = Object.entries(features)
    .filter(([name]) => !(name in LACKS))
    .map(([name, present]) => (present ? name : `no ${name.replace(/^an? /, '')}`))
  return [
    ok(
      about,
      `Version ${version ?? 'not told'} (from ${source})${has.length > 0 ? `: ${has.join(', ')}` : ''}.`,
    ),
  ]
}

/** @param now ms since 1970, in the middle of the request */
function clockFindings({ id }: InstanceConfig, outcome: HttpOutcome, now: number): Finding[] {
  const about = { check: 'clock', instance: id } as const
  const theirs = outcome.type === 'answered' ? Date.parse(outcome.headers.date ?? '') : Number.NaN
  if (Number.isNaN(theirs)) return []
  // The header holds whole seconds, cut off.
  const skew = Math.abs(theirs + 500 - now)
  if (skew <= SKEW_WARN_MS) return [ok(about, 'This clock and the gateway’s agree.')]
  const seconds = Math.round(skew / 1000)
  const far = `This clock and the gateway’s are ${seconds} s apart: messages seem older or newer than they are.`
  const what = 'Let both machines set their clocks by NTP (timedatectl set-ntp true).'
  return [skew > SKEW_FAIL_MS ? fail(about, far, what) : warn(about, far, what)]
}

async function statusFindings(
  { id }: InstanceConfig,
  client: GatewayClient,
  clock: Clock,
): Promise<Finding[]> {
  const about = { check: 'number', instance: id } as const
  if (!client.status) return [ok(about, 'This gateway does not tell whether the number is logged in.')]
  const answer = await within(clock, client.status())
  if (!answer.ok) {
    const refused = answer.code === 'unauthorized'
    return [
      fail(
        about,
        `The gateway does not tell whether the number is logged in: ${answer.reason}.`,
        refused
          ? 'Check the credential of the instance in the configuration (token, or basicAuth).'
          : 'Check baseUrl, credential and device of the instance, then the gateway’s own log.',
      ),
    ]
  }
  switch (answer.value) {
    case 'connected':
      return [ok(about, 'Logged in and connected to WhatsApp.')]
    case 'connecting':
      return [warn(about, 'Connecting to WhatsApp.', 'Wait a moment, then ask again.')]
    case 'disconnected':
      return [
        fail(
          about,
          'Not connected to WhatsApp: what is sent waits, and nothing is received.',
          'Look at the gateway’s log and the phone’s network; reconnect it in the gateway.',
        ),
      ]
    case 'logged-out':
      return [
        fail(about, 'Logged out.', 'Log it in at the gateway: scan the QR code, or type the pairing code.'),
      ]
  }
}

async function registrationFindings(
  instance: InstanceConfig,
  client: GatewayClient,
  parts: GatewayParts,
): Promise<Finding[]> {
  const { clock, config, hubUrl } = parts
  const about = { check: 'webhook', instance: instance.id } as const
  const byHand = `Check by hand that it posts to ${hubUrl}/webhooks/${instance.id}${instance.webhook.key === undefined ? ', signed with webhook.secrets[0]' : '/<webhook.key>'}.`
  if (!client.webhooks)
    return [warn(about, 'This gateway’s webhook settings cannot be read through its API.', byHand)]
  const own = await within(clock, client.webhooks.list())
  if (!own.ok)
    return [warn(about, `The gateway’s webhook settings could not be read: ${own.reason}.`, byHand)]
  const registered = [...own.value, ...(await serverWebhooks(instance, parts))]
  if (registered.length === 0 && client.webhooks.inherits)
    return [
      warn(
        about,
        'The number has no webhook of its own, so the one the gateway was started with applies; its API does not show that.',
        byHand,
      ),
    ]
  return webhookFindings(instance, registered, config, hubUrl)
}

/** Those of the whole server, where it is configured as one. */
async function serverWebhooks(
  { gateway: name, baseUrl, settings }: InstanceConfig,
  { gateway, config, http, clock, log }: GatewayParts,
): Promise<WebhookRegistration[]> {
  const server = config.servers.find((one) => one.gateway === name && one.baseUrl === baseUrl)
  if (server?.adminToken === undefined || !gateway.administer) return []
  const { globalWebhook } = gateway.administer(
    { adminToken: server.adminToken, settings },
    { baseUrl, http, clock, log },
  )
  const answer = globalWebhook && (await within(clock, globalWebhook.list()))
  return answer?.ok ? answer.value : []
}

/** What a gateway lacks and its owner should know. */
const LACKS: Partial<Record<Capability, string>> = {
  'sees-own-messages':
    'does not show what a person writes by hand on the phone, so the bot does not fall silent by itself: take chats over in the console or by API',
  references:
    'carries no reference of ours, so a send whose answer was lost is settled by other signs, and otherwise held for a person',
  'connection-events': 'does not tell when the number loses its connection: ask doctor or the gateway',
}

function capabilityFindings(
  { id }: InstanceConfig,
  { name: gateway, capabilities }: Gateway,
  version: GatewayVersion | undefined,
): Finding[] {
  const about = { check: 'capabilities', instance: id } as const
  const findings = Object.entries(LACKS).flatMap(([name, what]) => {
    if (!capabilities.has(name as Capability)) return [ok(about, `Good to know: ${gateway} ${what}.`)]
    if (version?.features[name] !== false) return []
    const which = version.version === undefined ? 'of this version' : version.version
    return [warn(about, `${gateway} ${which}, as far as it can be told, ${what}.`, 'Upgrade the gateway.')]
  })
  return findings.length > 0 ? findings : [ok(about, `${gateway} lacks nothing the hub builds on.`)]
}

/** The answer, or that there was none; also for a client that breaks its promise never to throw. */
async function within<T>(clock: Clock, question: Promise<Answer<T>>): Promise<Answer<T>> {
  const late = Promise.withResolvers<Answer<T>>()
  const timer = clock.setTimeout(
    () => late.resolve({ ok: false, retry: true, reason: `no answer within ${PATIENCE_MS / 1000} s` }),
    PATIENCE_MS,
  )
  try {
    return await Promise.race([question, late.promise])
  } catch (error) {
    const kind = error instanceof Error ? error.name : 'fault'
    return { ok: false, retry: false, reason: `the client failed (${kind})` }
  } finally {
    timer.cancel()
  }
}
