import type { InstanceConfig, ServerConfig } from '../../../core/config.ts'
import { HubError } from '../../../core/errors.ts'
import type { Gateway, SetupValue } from '../../../core/gateway.ts'
import type { InstanceId } from '../../../core/ids.ts'
import type { KnownInstance } from '../../../core/registry.ts'
import { publicUrlOf } from '../../../core/webhook.ts'
import { asRequestFault } from '../../../pipeline/registry/entry.ts'
import type { EdgeHub } from '../../edge.ts'
import { presentInstance } from '../../present.ts'

/** What the routes of instances and servers share. */

/** @throws HubError E_NOT_FOUND */
export function knownInstance(hub: EdgeHub, id: InstanceId): KnownInstance {
  const known = hub.registry.instances.get(id)
  if (!known) throw new HubError('E_NOT_FOUND', 'There is no such instance in the hub.')
  return known
}

/** As the API shows it, with how it stands now. */
export async function shownInstance(hub: EdgeHub, known: KnownInstance) {
  const state = (await hub.store.instanceStates()).find(({ instance }) => instance === known.config.id)
  return presentInstance(known, state, hub.registry.serverOf(known.config)?.id)
}

/** Runs what reads by the rules of the configuration, and tells its faults as those of the request. */
export async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw asRequestFault(error)
  }
}

/** Where it stands that no public URL is set, in a value to be copied. */
const UNKNOWN_URL = 'https://<where gateways reach the hub>'
const HIDDEN = '***'

/** What to enter at the gateway; without `reveal` secrets are masked. */
export function setupOf(
  hub: EdgeHub,
  { gateway: name, webhook }: Pick<InstanceConfig | ServerConfig, 'gateway' | 'webhook'>,
  place: string,
  reveal: boolean,
): SetupValue[] {
  const gateway = hub.kinds.find((one) => one.name === name)
  const url = webhookUrl(hub, webhook, place, reveal) ?? `${UNKNOWN_URL}${pathOf(webhook, place, reveal)}`
  const [secret] = webhook.secrets
  const shown = secret === undefined ? {} : { secret: reveal ? secret : HIDDEN }
  return (
    gateway?.setup?.({ url, ...shown }) ?? [
      { kind: 'url', name: 'URL', value: url, secret: webhook.key !== undefined },
    ]
  )
}

const pathOf = ({ key }: InstanceConfig['webhook'], place: string, reveal: boolean): string =>
  key === undefined ? `/webhooks/${place}` : `/webhooks/${place}/${reveal ? encodeURIComponent(key) : HIDDEN}`

function webhookUrl(
  hub: EdgeHub,
  webhook: InstanceConfig['webhook'],
  place: string,
  reveal: boolean,
): string | undefined {
  const base = publicUrlOf(hub.config)
  return base === undefined ? undefined : base + pathOf(webhook, place, reveal)
}

/** Shown once, when they were made. */
export function madeSecrets(
  hub: EdgeHub,
  config: Pick<InstanceConfig | ServerConfig, 'gateway' | 'webhook'>,
  place: string,
) {
  const { key, secrets } = config.webhook
  return {
    urlKey: key,
    signingSecret: secrets[0],
    webhookUrl: webhookUrl(hub, config.webhook, place, true),
    setup: setupOf(hub, config, place, true),
  }
}

/** Of a gateway's kind: whether somebody may be asked about its servers. */
export const kindOf = (hub: EdgeHub, name: string): Gateway | undefined =>
  hub.kinds.find((one) => one.name === name)

/** A change that came too late says what stands now. */
export async function orStale<T>(hub: EdgeHub, id: InstanceId, work: () => Promise<T>): Promise<T> {
  try {
    return await asked(work)
  } catch (error) {
    const known = hub.registry.instances.get(id)
    if (!(error instanceof HubError) || !isStale(error) || !known) throw error
    const conflict = { ...(error.details.conflict as object), current: await shownInstance(hub, known) }
    throw new HubError(error.code, error.message, { details: { conflict } })
  }
}

const isStale = ({ details: { conflict } }: HubError): boolean =>
  typeof conflict === 'object' && conflict !== null && 'revision' in conflict

/** Gateway settings of a draft are replaced as a whole. */
export function withoutSettings(draft: Record<string, unknown>, settings: unknown): Record<string, unknown> {
  const names = Object.keys((settings as object | undefined) ?? {})
  return Object.fromEntries(Object.entries(draft).filter(([name]) => !names.includes(name)))
}

/** What is given replaces, null takes away. */
export const changed = (
  draft: Record<string, unknown>,
  changes: Record<string, unknown>,
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries({
      ...draft,
      ...Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)),
    }).filter(([, value]) => value !== null && value !== undefined),
  )
