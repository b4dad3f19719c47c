import type { HubConfig, InstanceConfig, WebhookConfig } from './config.ts'

/** What the security check list looks at, from the most to the least important. */
export const SECURITY_CHECKS = [
  'login',
  'owner',
  'transport',
  'proof',
  'secrets-differ',
  'secrets-strong',
  'environment-key',
  'secret-key',
] as const
export type SecurityCheck = (typeof SECURITY_CHECKS)[number]

/** `advice`: fine as it is, and better otherwise. */
export type SecurityLevel = 'good' | 'advice' | 'attention' | 'bad'

/** Holds no secret. */
export interface SecurityFinding {
  check: SecurityCheck
  level: SecurityLevel
  /** What it is about: instances, servers or settings by name. */
  where: string[]
}

export interface SecurityFacts {
  config: Pick<HubConfig, 'host' | 'publicUrl' | 'apiKey' | 'secretKey' | 'servers'>
  /** All that deliveries are taken for. */
  instances: readonly Pick<InstanceConfig, 'id' | 'insecure' | 'webhook'>[]
  /** Whoever reaches the hub may do everything. Undefined: not known. */
  open?: boolean
  /** Is there an owner who may sign in? Undefined: not known. */
  hasOwner?: boolean
}

/** The security check list of an installation: what the console and `pombo doctor` both show. */
export function securityFindings(facts: SecurityFacts): SecurityFinding[] {
  const { config, instances, open, hasOwner } = facts
  const insecure = instances.filter((instance) => instance.insecure).map(({ id }) => id)
  const secrets = secretsOf(facts)
  const shared = secrets.filter(({ value }, at) => secrets.findIndex((other) => other.value === value) !== at)
  const weak = secrets.filter(({ value }) => isEasilyGuessed(value))
  const names = (some: readonly Secret[]) => some.map(({ name }) => name)
  return [
    ...(open === undefined ? [] : [finding('login', open ? 'attention' : 'good')]),
    ...(hasOwner === undefined || open ? [] : [finding('owner', hasOwner ? 'good' : 'attention')]),
    finding('transport', isPrivate(config) ? 'good' : 'bad', config.publicUrl ? [config.publicUrl] : []),
    finding('proof', insecure.length > 0 ? 'bad' : 'good', insecure),
    finding('secrets-differ', shared.length > 0 ? 'attention' : 'good', names(shared)),
    finding('secrets-strong', weak.length > 0 ? 'attention' : 'good', names(weak)),
    finding('environment-key', config.apiKey === undefined ? 'good' : 'advice'),
    finding('secret-key', config.secretKey === undefined ? 'advice' : 'good'),
  ]
}

const finding = (check: SecurityCheck, level: SecurityLevel, where: string[] = []): SecurityFinding => ({
  check,
  level,
  where,
})

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])
/** Does what people say cross no network in the clear? */
const isPrivate = ({ host, publicUrl }: Pick<HubConfig, 'host' | 'publicUrl'>): boolean => {
  if (publicUrl === undefined) return LOOPBACK.has(host)
  const { protocol, hostname } = new URL(publicUrl)
  return protocol === 'https:' || LOOPBACK.has(hostname.replace(/^\[|\]$/g, ''))
}

const LEAST_SIGNS = 6
/** Is a secret made of so few different characters that it is guessed sooner or later? */
export const isEasilyGuessed = (value: string): boolean => new Set(value).size < LEAST_SIGNS

interface Secret {
  name: string
  value: string
}

/** Every secret that proves something to the hub, by the name of its setting. */
export function secretsOf({ config, instances }: Pick<SecurityFacts, 'config' | 'instances'>): Secret[] {
  const webhooks: { of: string; webhook: WebhookConfig }[] = [
    ...instances.map(({ id, webhook }) => ({ of: id, webhook })),
    ...config.servers.map(({ id, webhook }) => ({ of: id, webhook })),
  ]
  return [
    ...(config.apiKey === undefined ? [] : [{ name: 'POMBO_API_KEY', value: config.apiKey }]),
    ...webhooks.flatMap(({ of, webhook: { secrets, key } }) => [
      ...secrets.map((value, index) => ({ name: `${of}: webhook.secrets[${index}]`, value })),
      ...(key === undefined ? [] : [{ name: `${of}: webhook.key`, value: key }]),
    ]),
  ]
}
