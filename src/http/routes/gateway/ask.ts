import { z } from 'zod'
import { HubError } from '../../../core/errors.ts'
import type { Answer, Capability, GatewayClient } from '../../../core/gateway.ts'
import type { InstanceId } from '../../../core/ids.ts'
import type { GatewayOf } from '../../../hub.ts'
import type { EdgeHub } from '../../edge.ts'
import { instanceIdSchema } from '../../validation.ts'

/** What every route that asks a gateway shares: how it is reached, and what its answers become. */

export const MAX_NAME = 255
export const MAX_PEOPLE = 256
export const name = z.string().min(1).max(MAX_NAME)
export const idParams = z.strictObject({ id: instanceIdSchema })

/** @throws HubError E_NOT_FOUND for a number that is not configured */
export function gatewayOf(hub: EdgeHub, id: InstanceId): GatewayOf {
  const gateway = hub.gateway(id)
  if (!gateway) throw new HubError('E_NOT_FOUND', 'There is no such instance in the hub.')
  return gateway
}

/**
 * A part of the client that this gateway must have.
 * @throws HubError E_NOT_FOUND as {@link gatewayOf}; E_UNSUPPORTED before the gateway is asked
 */
export function need<K extends keyof GatewayClient>(
  hub: EdgeHub,
  id: InstanceId,
  part: K,
  capability: Capability,
): NonNullable<GatewayClient[K]> {
  const { client, capabilities, name: gateway } = gatewayOf(hub, id)
  const found = client[part]
  if (!found || !capabilities.has(capability)) throw lacking(gateway, capability)
  // Bound, so that a method of the client stays one.
  return (typeof found === 'function' ? found.bind(client) : found) as NonNullable<GatewayClient[K]>
}

/** E_UNSUPPORTED that names the capability. */
export const lacking = (gateway: string, capability: Capability): HubError =>
  new HubError('E_UNSUPPORTED', `The gateway of this number (${gateway}) does not have "${capability}".`, {
    details: { capability },
  })

/** A gateway's page in the form of every list. */
export const paged = <T>({ items, next }: { items: T[]; next?: string }) => ({
  data: items,
  next: next ?? null,
})

/** An answer that is shown beside others: a failure is part of what is shown. */
export const told = <T>(answer: Answer<T> | undefined) =>
  answer === undefined
    ? null
    : answer.ok
      ? { known: true as const, value: answer.value }
      : { known: false as const, reason: answer.reason }

export { answered } from '../../../core/answered.ts'
