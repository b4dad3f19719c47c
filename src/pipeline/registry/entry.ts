import type { InstanceConfig, ServerConfig } from '../../core/config.ts'
import { HubError } from '../../core/errors.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { EntryKind, NewEntry, SecretBox, StoredEntry } from '../../core/registry.ts'
import { hashParts } from '../../core/signature.ts'

/** How an instance or server becomes a row and back: what is secret goes into the box, the rest stays readable. */

type Config = InstanceConfig | ServerConfig
/** As the configuration file would hold it. */
export type Draft = Record<string, unknown>

export interface Readers {
  secrets: SecretBox
  /** By the rules of the configuration. @throws HubError E_CONFIG with `details.faults` */
  readInstance(value: unknown): InstanceConfig
  readServer(value: unknown): ServerConfig
}

/** What a box was sealed for. */
export const aboutOf = (kind: EntryKind, id: string): string => `${kind} ${id}`

/** A configuration in the form it is written in. */
export function draftOf(config: Config): Draft {
  const { settings, ...common } = config
  return { ...common, ...(settings as object | undefined) }
}

export function toRow(
  kind: EntryKind,
  config: Config,
  { secrets, gateway, request }: Pick<Readers, 'secrets'> & { gateway: Gateway; request?: string },
): NewEntry {
  const { settings, webhook, ...common } = config
  const { adminToken, ...open } = common as typeof common & { adminToken?: string }
  const hidden = { settings, secrets: webhook.secrets, key: webhook.key, adminToken }
  return {
    id: config.id,
    settings: JSON.stringify({ ...open, allow: webhook.allow, request }),
    box: secrets.seal(JSON.stringify(hidden), aboutOf(kind, config.id)),
    claim: kind === 'instance' ? deviceClaim(config as InstanceConfig, gateway) : keyClaim(config),
  }
}

/** @throws HubError E_SECRET_KEY when its box does not open; E_CONFIG for one that this build cannot read */
export function fromRow(
  kind: EntryKind,
  entry: StoredEntry,
  readers: Readers,
): { config: Config; request?: string } {
  const { allow, request, ...open } = JSON.parse(entry.settings) as Draft
  const { settings, secrets, key, adminToken } = JSON.parse(
    readers.secrets.open(entry.box, aboutOf(kind, entry.id)),
  ) as Draft
  const draft = {
    ...open,
    ...(settings as object | undefined),
    ...(adminToken !== undefined && { adminToken }),
    webhook: { secrets, allow, ...(key !== undefined && { key }) },
  }
  const config = kind === 'instance' ? readers.readInstance(draft) : readers.readServer(draft)
  return { config, ...(typeof request === 'string' && { request }) }
}

/** Two instances of one claim would be the same number twice. Tells nothing of a credential. */
export function deviceClaim(config: InstanceConfig, gateway: Gateway): string {
  const credential = gateway.credential?.(config.settings)
  const device =
    credential === undefined ? ['device', plainDevice(config.device ?? '')] : ['credential', credential]
  return hashParts([config.gateway, config.baseUrl, ...device]).toString('hex')
}

const keyClaim = ({ webhook }: Config): string | null =>
  webhook.key === undefined ? null : hashParts(['key', webhook.key]).toString('hex')

const plainDevice = (device: string): string =>
  /^\+?[0-9]{6,}$/.test(device) ? device.replace('+', '') : device

/** The faults of a configuration, told as those of a request. */
export function asRequestFault(error: unknown, prefix = 'body'): unknown {
  if (!(error instanceof HubError) || !Array.isArray(error.details.faults)) return error
  const faults = error.details.faults as { path: string; problem: string; mend: string }[]
  const field = (path: string) => (path === '' ? prefix : `${prefix}.${path}`)
  return new HubError(
    'E_INVALID',
    faults.map(({ path, problem, mend }) => `${field(path)} ${problem}. ${mend}`).join(' '),
    {
      details: {
        errors: faults.map(({ path, problem, mend }) => ({
          field: field(path),
          message: `${problem}. ${mend}`,
        })),
      },
    },
  )
}
