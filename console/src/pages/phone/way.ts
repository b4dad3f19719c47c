import type { Way as WayOf, WayStage } from '../../../../src/simulator/hub-ways.ts'

export type Way = WayOf

/** Every stage, in order: a stage the simulator knows and this list does not is a fault of the compiler. */
const PLACES: Record<WayStage, number> = {
  received: 0,
  verified: 1,
  stored: 2,
  ordered: 3,
  handled: 4,
  sent: 5,
}
export const WAY_STAGES = Object.keys(PLACES) as readonly WayStage[]
