import type { HubConfig, InstanceConfig } from '../../core/config.ts'
import { HubError } from '../../core/errors.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Clock } from '../../core/ports.ts'
import type { RegistryStore } from '../../core/registry.ts'
import type { InboxStore, LogStore } from '../../core/store.ts'
import { prepare } from '../ingest.ts'
import { sanitize } from '../sanitize.ts'
import type { Wake } from '../wake.ts'

export interface HandOverParts {
  store: RegistryStore & Pick<InboxStore, 'accept'> & Pick<LogStore, 'getDelivery'>
  gateways: ReadonlyMap<string, Gateway>
  retention: HubConfig['retention']
  referencePrefix: string
  clock: Clock
  wake: Wake
}

const BATCH = 100

/**
 * Lets the stored events of an unrouted number go to an instance: their deliveries are read once more, in their
 * order, as if they had come for it. What it has already is a duplicate, so that one that stopped half way can be
 * asked for again.
 * @returns how many events were taken in
 * @throws HubError E_INVALID when the instance has nothing to prove deliveries with
 */
export async function handOver(
  parts: HandOverParts,
  group: number,
  instance: InstanceConfig,
): Promise<number> {
  const { store, gateways, referencePrefix } = parts
  const gateway = gateways.get(instance.gateway)
  if (!gateway) return 0
  let taken = 0
  for (;;) {
    const rows = await store.unroutedEvents(group, 0, BATCH)
    if (rows.length === 0) return taken
    for (const id of new Set(rows.map(({ delivery }) => delivery))) {
      const delivery = await store.getDelivery(id as never)
      if (!delivery) continue
      const credentials = { ...instance.webhook, insecure: instance.insecure }
      // It was proved when it came; what is kept of it is proved anew, the one way there is to read it.
      const proof = gateway.prove?.(delivery.body, credentials)
      const { headers = {}, urlKey } = proof ?? {}
      const verified = gateway.verify(
        {
          headers: { ...delivery.headers, ...headers },
          body: delivery.body,
          ...(urlKey !== undefined && { urlKey }),
        },
        credentials,
      )
      if (!verified.ok)
        throw new HubError(
          'E_INVALID',
          'This instance has nothing to prove stored deliveries with: give it a key or secret.',
        )
      const { events } = gateway.normalise(verified.verified, { own: [], referencePrefix })
      const [end] = await store.accept([
        {
          instance: instance.id,
          receivedAt: delivery.receivedAt,
          source: delivery.source,
          headers: delivery.headers,
          body: delivery.body,
          reorderMs: instance.reorderWindowMs ?? 0,
          events: events.map((event) =>
            prepare(sanitize(event), {
              instance: instance.id,
              // Words that waited for long are kept, and no bot answers them any more.
              now: parts.clock.now(),
              routed: true,
              dedupeMs: parts.retention.dedupeMs,
              claimsByApi: instance.apiMessagesClaim,
              referencePrefix,
            }),
          ),
        },
      ])
      taken += end?.accepted ?? 0
    }
    await store.handedOver(
      group,
      rows.map(({ event }) => event),
      instance.id,
    )
    parts.wake(['lanes'], [instance.id])
  }
}
