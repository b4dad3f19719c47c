import { setTimeout } from 'node:timers/promises'
import type { ClaimedLane, TurnCommit } from '../../src/core/store.ts'
import { arrivalOf } from '../lib/arrivals.ts'
import { openStore } from '../lib/store.ts'
import { type Contender, consumers, type Setting } from './contender.ts'

const LEASE_MS = 8_000
const EMPTY_MS = 5
/** More than two found nothing more to do on two cores. */
const CONSUMERS = 2
const ARRIVALS = 500

/** Pombo's lanes, through the port its pipeline uses. @param perLane most items of one key in a claim */
export async function pombo(
  { url, claim, connections }: Setting,
  { perLane }: { perLane: number },
): Promise<Contender> {
  const { store } = await openStore({ engine: 'postgres', url, poolSize: connections })
  return {
    async add(keys, number) {
      for (let i = 0; i < keys.length; i += ARRIVALS)
        await store.accept(keys.slice(i, i + ARRIVALS).map((key) => arrivalOf(key, number)))
    },
    async drain(watch, signal) {
      await consumers(CONSUMERS, async () => {
        while (!signal.aborted) {
          const begun = performance.now()
          const lanes = await store.claimLanes({ holder: 'bench', limit: claim, perLane, leaseMs: LEASE_MS })
          watch.claimed(
            performance.now() - begun,
            lanes.reduce((sum, lane) => sum + lane.events.length, 0),
          )
          if (lanes.length === 0) await setTimeout(EMPTY_MS)
          // One turn of every lane at a time, as lanes go on side by side.
          for (let turn = 0; lanes.some((lane) => turn < lane.events.length); turn++) {
            const turns = lanes.filter((lane) => turn < lane.events.length)
            for (const lane of turns) watch.handle(...itemOf(lane, turn))
            await store.commitTurns(turns.map((lane) => done(lane, turn)))
            if (signal.aborted) return
          }
        }
      })
    },
    close: () => store.close(),
  }
}

function itemOf(lane: ClaimedLane, turn: number): [key: string, number: number] {
  const { fact, chat } = lane.events[turn]!
  if (fact.kind !== 'message' || fact.message.content.type !== 'text' || !chat)
    throw new Error(`${fact.kind} is nothing this bench put in`)
  return [chat.address.slice(chat.address.indexOf(':') + 1), Number(fact.message.content.text)]
}

/** Handled, with nothing to show for it: what the others do when a job is complete. */
function done(lane: ClaimedLane, turn: number): TurnCommit {
  const event = lane.events[turn]!
  return {
    lane: lane.lane,
    fence: lane.fence,
    instance: lane.instance,
    event: event.id,
    place: event.place,
    more: turn < lane.events.length - 1,
    leaseMs: LEASE_MS,
    log: [],
    commands: [],
    state: new Map(),
    timers: [],
    outcome: 'done',
  }
}
