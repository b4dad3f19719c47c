import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CommandId, EventId, InstanceId } from '../src/core/ids.ts'
import type { Store, TurnCommit } from '../src/core/store.ts'
import { ALL_INSTANCES, LAGS, lagQuantile, TRAFFIC_SLOTS, type TrafficRow } from '../src/core/traffic.ts'
import { arrival, person, type StoreFixture, textEvent } from './store-conformance.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const ana = person('5511900000001')
const bia = person('5511900000002')
const SALES = 'sales' as InstanceId

/** Counts of a minute: deliveries, handled, and lags by class. */
function counted(
  at: number,
  instance: string,
  deliveries: number,
  lags: Record<number, number> = {},
): TrafficRow {
  const values = new Array<number>(TRAFFIC_SLOTS).fill(0)
  values[0] = deliveries
  for (const [place, n] of Object.entries(lags)) values[LAGS.lag + Number(place)] = n
  return { instance, at, values }
}

/** What the monitor asks of a store. */
export function monitorConformance(name: string, open: () => Promise<StoreFixture>): void {
  describe(`monitor on ${name}`, () => {
    let fixture: StoreFixture
    let store: Store
    beforeEach(async () => {
      fixture = await open()
      store = fixture.store
    })
    afterEach(() => fixture.close())

    /** Accepts, handles everything that waits, and says which commands each turn intends. */
    async function handleAll(more: (event: EventId) => Partial<TurnCommit> = () => ({})): Promise<EventId[]> {
      const done: EventId[] = []
      for (;;) {
        const lanes = await store.claimLanes({ holder: 'a', limit: 50, perLane: 50, leaseMs: 8_000 })
        if (lanes.length === 0) return done
        for (const lane of lanes) {
          for (const [i, event] of lane.events.entries()) {
            await store.commitTurns([
              {
                lane: lane.lane,
                fence: lane.fence,
                instance: lane.instance,
                event: event.id,
                place: event.place,
                more: i < lane.events.length - 1,
                leaseMs: 8_000,
                log: [],
                commands: [],
                state: new Map(),
                timers: [],
                outcome: 'done',
                ...more(event.id),
              },
            ])
            done.push(event.id)
          }
        }
      }
    }
    const command = (n: number) => ({
      id: `00000000-0000-7000-8000-00000000000${n}` as CommandId,
      command: { type: 'text', to: ana.address, text: 'hi' } as const,
      typingMs: 0,
      ignoreOwner: false,
    })

    describe('traffic', () => {
      const noon = Date.UTC(2026, 10, 1, 12)

      test('adds up by minute, hour and day, for each number and for all', async () => {
        await store.addTraffic([counted(noon, 'support', 2), counted(noon, 'sales', 3)])
        await store.addTraffic([counted(noon, 'support', 5), counted(noon + 61 * MINUTE, 'support', 1)])
        const read = (step: 'minute' | 'hour' | 'day', instances: string[], more = {}) =>
          store
            .readTraffic({ step, from: noon - DAY, to: noon + DAY, instances, ...more })
            .then((rows) =>
              rows.map(({ instance, at, values }) => [instance, (at - noon) / MINUTE, values[0]]),
            )
        expect(await read('minute', [ALL_INSTANCES])).toEqual([
          ['', 0, 10],
          ['', 61, 1],
        ])
        expect(await read('hour', ['support'])).toEqual([
          ['', 0, 7],
          ['', 60, 1],
        ])
        expect(await read('day', ['support', 'sales'])).toEqual([['', -720, 11]])
        expect((await read('day', ['support', 'sales'], { each: true })).sort()).toEqual([
          ['sales', -720, 3],
          ['support', -720, 8],
        ])
        expect(await read('hour', ['support', 'sales'], { each: true, whole: true })).toHaveLength(2)
        expect(await read('minute', ['nobody'])).toEqual([])
      })

      test('lags are told by the class they fall into', async () => {
        await store.addTraffic([counted(noon, 'support', 0, { 0: 90, 3: 9, 13: 1 })])
        const [row] = await store.readTraffic({
          step: 'minute',
          from: noon,
          to: noon + MINUTE,
          instances: ['support'],
        })
        const quantile = (share: number) => lagQuantile(row!.values, 'lag', share)
        expect([quantile(0.5), quantile(0.95), quantile(1)]).toEqual([5, 50, 300_000])
        expect(lagQuantile(row!.values, 'sendLag', 0.5)).toBeUndefined()
      })

      test('retention takes minutes before hours before days', async () => {
        await store.addTraffic([counted(noon, 'support', 1)])
        const limits = { deliveriesMs: DAY, dedupeMs: DAY, eventsMs: DAY, commandsMs: DAY }
        const left = async () => {
          await store.prune(limits)
          const spans = ['minute', 'hour', 'day'] as const
          const rows = await Promise.all(
            spans.map((step) => store.readTraffic({ step, from: 0, to: noon + DAY, instances: ['support'] })),
          )
          return rows.map((found) => found.length)
        }
        fixture.clock.now = noon + DAY
        expect(await left()).toEqual([1, 1, 1])
        fixture.clock.now = noon + 3 * DAY
        expect(await left()).toEqual([0, 1, 1])
        fixture.clock.now = noon + 100 * DAY
        expect(await left()).toEqual([0, 0, 1])
      })
    })

    test('what needs a person is counted and shown, and nothing else', async () => {
      await store.accept([
        arrival(textEvent(ana, 'M1')),
        arrival(textEvent(bia, 'M2', { author: 'person', claims: true })),
      ])
      const lanes = await store.claimLanes({ holder: 'a', limit: 9, perLane: 9, leaseMs: 8_000 })
      const dead = lanes.find((lane) => lane.chat?.address === ana.address)!
      const event = dead.events[0]!
      await store.failTurn({
        instance: dead.instance,
        lane: dead.lane,
        fence: dead.fence,
        event: event.id,
        place: event.place,
        attempt: 1,
        error: 'no',
        retryAt: null,
        log: [],
      })
      await store.releaseLanes(lanes.filter((lane) => lane !== dead))
      await handleAll(() => ({
        log: [
          {
            type: 'message',
            message: { id: 'M2' as never, content: { type: 'text', text: 'x' } },
            author: 'other',
            at: 1,
            status: 'delivered',
            live: true,
          },
        ],
      }))
      const seen = await store.attention(5)
      expect(seen).toMatchObject({
        deadLetters: { count: 1, first: [{ id: event.id, status: 'dead' }] },
        waitingChats: { count: 1, first: [{ address: bia.address, owner: 'person' }] },
        unknownSends: { count: 0, first: [] },
        failedSends: { count: 0, first: [] },
      })
      expect(await store.laneHealth(fixture.clock.now)).toEqual({ held: 0, waiting: 0, later: 0 })
      await store.accept([arrival(textEvent(bia, 'M3'))])
      expect(await store.laneHealth(fixture.clock.now)).toEqual({
        held: 0,
        waiting: 1,
        later: 0,
        oldestEventAt: fixture.clock.now,
      })
    })

    test('around an event are its trace, its commands, its delivery and its replays', async () => {
      await store.accept([
        { ...arrival(textEvent(ana, 'M1'), textEvent(ana, 'M2')), receivedAt: fixture.clock.now },
      ])
      const trace = { handlers: [{ handler: 'bot', outcome: 'ran' as const, ran: ['command help'] }] }
      const startedAt = fixture.clock.now + 3
      fixture.clock.now += 10
      let n = 0
      const [first, second] = await handleAll(() => ({ trace, startedAt, commands: [command(++n)] }))
      const again = await store.retryEvent(first!, true)
      const row = (await store.getEvent(first!))!
      expect(await store.surroundings(row)).toMatchObject({
        trace,
        startedAt,
        chat: ana,
        sender: ana,
        commands: [{ id: command(1).id, event: first, state: 'queued' }],
        generations: [
          { id: first, generation: 0 },
          { id: again, generation: 1 },
        ],
        siblings: [first, second],
      })
      const replayed = (await store.getEvent(again!))!
      expect((await store.surroundings(replayed)).generations).toHaveLength(2)
      expect((await store.listDeliveries({ limit: 5 })).data).toMatchObject([{ events: 2, bytes: 2 }])
      expect((await store.listCommands({ limit: 5, event: second! })).data).toHaveLength(1)
    })

    test('a delivery that told nothing new is listed with no events', async () => {
      const deliver = () =>
        store.accept([{ ...arrival(textEvent(ana, 'M1')), receivedAt: fixture.clock.now }])
      await deliver()
      fixture.clock.now += MINUTE
      await deliver()
      expect((await store.listDeliveries({ limit: 5 })).data.map(({ events }) => events)).toEqual([0, 1])
    })

    test('events are found by number, kind, status, author, time and any id in them', async () => {
      await store.accept([arrival(textEvent(ana, 'M_1%')), arrival(textEvent(bia, 'M21', { author: 'api' }))])
      fixture.clock.now += HOUR
      const from = fixture.clock.now
      await store.accept([{ ...arrival(textEvent(ana, 'M3')), instance: SALES }])
      const ids = async (filter: object) =>
        (await store.listEvents({ limit: 9, ...filter })).data.map(({ fact }) =>
          fact.kind === 'message' ? fact.message.id : fact.kind,
        )
      expect(await ids({ instance: ['sales', 'support'] })).toEqual(['M3', 'M21', 'M_1%'])
      expect(await ids({ instance: 'sales' })).toEqual(['M3'])
      expect(await ids({ author: ['api'] })).toEqual(['M21'])
      expect(await ids({ kind: ['receipt', 'vote'] })).toEqual([])
      expect(await ids({ status: ['pending', 'done'], to: from })).toEqual(['M21', 'M_1%'])
      expect(await ids({ from })).toEqual(['M3'])
      expect(await ids({ from: from + 1 })).toEqual([])
      expect(await ids({ id: 'M_1%' })).toEqual(['M_1%'])
      expect(await ids({ id: 'M_21' })).toEqual([])
      const [last] = (await store.listEvents({ limit: 1 })).data
      expect(await ids({ id: `evt_${last!.id}` })).toEqual(['M3'])
      expect(await ids({ id: `dlv_${last!.delivery}` })).toEqual(['M3'])
    })

    describe('a replay of many', () => {
      const filter = { instance: ['support' as InstanceId] }

      test('runs each event that has ended once, in batches, and nothing that it makes itself', async () => {
        await store.accept([1, 2, 3, 4, 5].map((n) => arrival(textEvent(n % 2 ? ana : bia, `M${n}`))))
        await store.accept([{ ...arrival(textEvent(ana, 'M6')), instance: SALES }])
        const handled = await handleAll()
        await store.accept([arrival(textEvent(ana, 'M7'))])
        expect(await store.matchReplay(filter, { limit: 2, count: 100 })).toMatchObject({
          matched: 5,
          events: [{ status: 'done' }, { status: 'done' }],
        })
        const replay = await store.beginReplay(filter, 100)
        expect(replay).toMatchObject({ state: 'running', matched: 5, queued: 0 })
        expect(await store.advanceReplay(2)).toMatchObject({ replay: { queued: 2 }, instances: ['support'] })
        const reopened = await fixture.reopen()
        store = reopened
        // Somebody else was quicker with one of them.
        await store.retryEvent(handled[3]!, true)
        while ((await store.advanceReplay(2))?.replay.state === 'running');
        expect(await store.getReplay(replay.id)).toMatchObject({ state: 'done', queued: 5, skipped: 0 })
        expect(await store.advanceReplay(2)).toBeUndefined()
        const events = (await store.listEvents({ limit: 50 })).data
        expect(events.filter((event) => event.generation === 1)).toHaveLength(6)
      })

      test('takes at most so many, and stops where it is cancelled', async () => {
        await store.accept([1, 2, 3, 4].map((n) => arrival(textEvent(ana, `M${n}`))))
        await handleAll()
        const { id } = await store.beginReplay({}, 3)
        await store.advanceReplay(1)
        expect(await store.cancelReplay(id)).toMatchObject({ state: 'cancelled', matched: 3, queued: 1 })
        expect(await store.advanceReplay(1)).toBeUndefined()
        expect(await store.cancelReplay(99 as never)).toBeUndefined()
        expect((await store.listReplays({ limit: 5 })).data).toMatchObject([{ id, state: 'cancelled' }])
      })

      test('of nothing is done at once; what went meanwhile is skipped', async () => {
        expect(await store.beginReplay({ ids: [5 as EventId] }, 9)).toMatchObject({
          state: 'done',
          matched: 0,
        })
        await store.accept([arrival(textEvent(ana, 'M1'))])
        const handled = await handleAll()
        const { id } = await store.beginReplay({ ids: handled }, 9)
        fixture.clock.now += 40 * DAY
        await store.prune({ deliveriesMs: DAY, dedupeMs: DAY, eventsMs: DAY, commandsMs: DAY })
        await store.advanceReplay(5)
        expect(await store.getReplay(id)).toMatchObject({ state: 'done', queued: 0, skipped: 1 })
      })
    })

    test('a command that failed says so in the words of whoever decided', async () => {
      await store.accept([arrival(textEvent(ana, 'M1'))])
      await handleAll(() => ({ commands: [command(1)] }))
      const { sends } = await store.claimSends({
        holder: 'a',
        limit: 5,
        leaseMs: 8_000,
        pacing: new Map(),
        dice: 0,
        unknownHoldMs: 60_000,
        exclude: [],
      })
      const { id, chat, fence } = sends[0]!
      await store.settle([
        { id, chat, fence, at: 0, result: { end: 'unknown', reason: 'lost' }, retryAt: null },
      ])
      expect((await store.attention(5)).unknownSends).toMatchObject({ count: 1, first: [{ id }] })
      expect(await store.resolveCommand(id, 'failed', 'the customer never got it')).toBe(true)
      expect(await store.getCommand(id)).toMatchObject({
        state: 'rejected',
        reason: 'a person saw that it was not sent: the customer never got it',
      })
    })
  })
}
