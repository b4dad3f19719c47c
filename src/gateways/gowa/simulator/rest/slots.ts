import { addressValue } from '../../../../core/address.ts'
import type { SimulatedNumber, World } from '../../../../simulator/port.ts'
import { parseLoose } from '../../wire/address.ts'
import { ownJid } from '../names.ts'

/** A device of the simulated GOWA server. At most one of them is our number's. */
export interface Slot {
  id: string
  /** ms since 1970 */
  createdAt: number
  /** It is the number's: it has tried to log in at least once. Others have no WhatsApp behind them. */
  client: boolean
  webhook?: SlotWebhook
}
export interface SlotWebhook {
  url: string
  secret: string
  events: string
  insecure: boolean
}

/** Where the devices are in {@link World.memory}; an empty list is a server that was just installed. */
export const SLOTS = 'devices'

/** The server's devices. A number that was never asked about has one: itself. */
export function slots(number: SimulatedNumber, world: World): Slot[] {
  const kept = world.memory.get(SLOTS)
  if (Array.isArray(kept)) return kept as Slot[]
  return [{ id: number.device ?? ownJid(number), createdAt: 1_767_225_600_000, client: true }]
}
export const keepSlots = (world: World, list: readonly Slot[]): void => void world.memory.set(SLOTS, list)

/** The device a selector names, by slot or by the number's full form. */
export function slotOf(selector: string, number: SimulatedNumber, world: World): Slot | undefined {
  const phone = parseLoose(selector.includes('@') ? selector : undefined)?.address
  const own = phone !== undefined && addressValue(phone) === number.digits
  return slots(number, world).find((one) => one.id === selector || (own && one.client))
}
