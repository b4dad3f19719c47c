import { type Address, addressKind, addressValue } from '../core/address.ts'
import type { GatewayClient } from '../core/gateway.ts'
import type { InstanceId } from '../core/ids.ts'
import { otherAddress } from '../core/phone.ts'
import type { Logger } from '../core/ports.ts'
import type { LaneStore } from '../core/store.ts'
import type { Wake } from './wake.ts'

export interface NumberCheckParts {
  store: Pick<LaneStore, 'hasSeen' | 'learn'>
  clients: ReadonlyMap<InstanceId, GatewayClient>
  log: Logger
  wake: Wake
}

/** Numbers remembered as asked; beyond that some are asked again. */
const REMEMBERED = 10_000

/**
 * Asks a gateway's directory under which form it knows a number that was written to, where the numbering plan
 * leaves open whether the two forms are one line. Once per number, behind the send, and best effort: without an
 * answer the two stay apart until a delivery proves them one.
 * @returns a function that never throws and need not be awaited
 */
export function createNumberCheck(parts: NumberCheckParts) {
  const { store, clients, log } = parts
  const asked = new Set<string>()
  return async (instance: InstanceId, to: Address): Promise<void> => {
    const other = otherAddress(to)
    const directory = clients.get(instance)?.directory
    const key = `${instance} ${to}`
    if (!other || other.oneLine || !directory || asked.has(key)) return
    if (asked.size >= REMEMBERED) asked.clear()
    asked.add(key)
    try {
      if (await store.hasSeen(to)) return
      const answer = await directory.check([addressValue(to)])
      if (!answer.ok) {
        asked.delete(key)
        return
      }
      const party = answer.value[0]?.exists ? answer.value[0].party : undefined
      if (!party) return
      // A phone that is neither form is somebody else's, whatever the directory means by it.
      const named = [party.address, ...party.aliases]
      if (named.some((a) => addressKind(a) === 'phone' && a !== to && a !== other.address)) return
      const aliases = [...party.aliases, to].filter((alias) => alias !== party.address)
      await store.learn({ ...party, aliases })
      // Contacts may have to be merged.
      parts.wake(['timers'], [instance])
    } catch (err) {
      asked.delete(key)
      log.debug({ err, instance }, 'a number could not be checked')
    }
  }
}
