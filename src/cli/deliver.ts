import { z } from 'zod'
import type { InstanceConfig } from '../core/config.ts'
import { ERRORS, type ErrorCode, HubError } from '../core/errors.ts'
import type { Gateway, WebhookCredentials } from '../core/gateway.ts'
import type { HttpClient, HttpOutcome } from '../core/ports.ts'
import { gateways } from '../gateways/index.ts'
import type { SavedDelivery } from './delivery-file.ts'

/** How a hub took a delivery. */
export type DeliveryReceipt =
  | { type: 'taken'; accepted: number; duplicates: number }
  /** A hub refused it, and said why. */
  | { type: 'refused'; status: number; error: HubError }
  /** Whatever answered, it was no hub. `outcome` is what came. */
  | { type: 'no-hub'; outcome: HttpOutcome; error: HubError }

const TIMEOUT_MS = 20_000
const MASKED = '***'

const taken = z.object({ accepted: z.number(), duplicates: z.number() })
const problem = z.object({ code: z.string(), detail: z.string() })

/** Posts a delivery to an instance's webhook as its gateway would, proved with what is configured. */
export async function deliver(
  http: HttpClient,
  hubUrl: string,
  instance: InstanceConfig,
  delivery: SavedDelivery,
): Promise<DeliveryReceipt> {
  const gateway = gatewayOf(instance)
  const credentials = { ...instance.webhook, insecure: instance.insecure }
  const body = withCredential(gateway, instance, delivery.body, credentials)
  const { headers, urlKey } = gateway.prove?.(body, credentials) ?? { headers: {} }
  const outcome = await http({
    method: 'POST',
    url: `${hubUrl.replace(/\/+$/, '')}${webhookPath(instance, urlKey)}`,
    headers: { 'content-type': delivery.contentType, ...headers },
    body,
    timeoutMs: TIMEOUT_MS,
  })
  return receiptOf(outcome, hubUrl)
}

export const gatewayOf = ({ gateway: name }: InstanceConfig): Gateway => {
  const gateway = gateways.find((candidate) => candidate.name === name)
  if (!gateway) throw new HubError('E_CONFIG', `This build has no gateway "${name}".`)
  return gateway
}

export const webhookPath = ({ id }: InstanceConfig, urlKey: string | undefined): string =>
  `/webhooks/${id}${urlKey === undefined ? '' : `/${urlKey}`}`

/**
 * Gateways that put the number's credential into every body: the hub keeps it masked, and another installation's
 * delivery holds another one. In its place goes the instance's own, or the hub would refuse the delivery.
 */
function withCredential(
  gateway: Gateway,
  instance: InstanceConfig,
  body: Buffer,
  credentials: WebhookCredentials,
): Buffer {
  const own = gateway.credential?.(instance.settings)
  if (own === undefined) return body
  const proof = gateway.prove?.(body, credentials)
  const proved = gateway.verify(
    { headers: proof?.headers ?? {}, body, ...(proof?.urlKey !== undefined && { urlKey: proof.urlKey }) },
    credentials,
  )
  if (!proved.ok) return body
  const { credential } = gateway.normalise(proved.verified, { own: [], referencePrefix: MASKED })
  if (credential === undefined || credential === own) return body
  return Buffer.from(body.toString('utf8').replaceAll(JSON.stringify(credential), () => JSON.stringify(own)))
}

function receiptOf(outcome: HttpOutcome, hubUrl: string): DeliveryReceipt {
  if (outcome.type !== 'answered')
    return {
      type: 'no-hub',
      outcome,
      error: new HubError(
        'E_HUB_UNREACHABLE',
        `No hub answers at ${hubUrl}: ${outcome.reason}. Start it with "pombo serve", or say where it is with --hub URL.`,
      ),
    }
  const json = parse(outcome.body)
  const receipt = taken.safeParse(json).data
  if (outcome.status === 200 && receipt) return { type: 'taken', ...receipt }
  const refused = problem.safeParse(json).data
  if (refused && Object.hasOwn(ERRORS, refused.code))
    return {
      type: 'refused',
      status: outcome.status,
      error: new HubError(refused.code as ErrorCode, refused.detail),
    }
  return {
    type: 'no-hub',
    outcome,
    error: new HubError(
      'E_HUB_UNREACHABLE',
      `What answers at ${hubUrl} is no Pombo (status ${outcome.status}). Check the address with --hub URL.`,
    ),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
