import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Address } from '../src/core/address.ts'
import type { ConnectionState, Fact, Party } from '../src/core/events.ts'
import type { ChatId, CommandId, EventId, InstanceId, LaneId, MessageId } from '../src/core/ids.ts'
import { hashParts } from '../src/core/signature.ts'
import type {
  Arrival,
  ArrivingEvent,
  ClaimedLane,
  ClaimedSend,
  NewCommand,
  Store,
  TurnCommit,
} from '../src/core/store.ts'

/** What an engine provides: stores over one database, with a clock the suite moves. */
export interface StoreFixture {
  store: Store
  /** Milliseconds; the store reads it through the injected clock. */
  clock: { now: number }
  /** Ends the process of this store, as `kill -9` would, and opens the database again. */
  reopen(): Promise<Store>
  close(): Promise<void>
}

const SUPPORT = 'support' as InstanceId
const LEASE = 8_000
const HOLD = 60_000
const DAY = 24 * 3_600_000

export const person = (digits: string, ...aliases: string[]): Party => ({
  address: `phone:${digits}` as Address,
  aliases: aliases as Address[],
})

let serial = 0
export function textEvent(
  chat: Party,
  id: string,
  options: Partial<ArrivingEvent> & { text?: string } = {},
): ArrivingEvent {
  const { text = 'hello', ...rest } = options
  return {
    fact: { kind: 'message', message: { id: id as MessageId, content: { type: 'text', text } } },
    author: 'other',
    chat,
    sender: chat,
    identity: 'fact',
    key: hashParts(['message', chat.address, id]),
    disposition: 'handle',
    claims: false,
    ...rest,
  }
}
const factEvent = (
  chat: Party | undefined,
  fact: Fact,
  options: Partial<ArrivingEvent> = {},
): ArrivingEvent => ({
  fact,
  author: 'other',
  chat,
  sender: chat,
  identity: 'fact',
  key: hashParts([String(++serial)]),
  disposition: 'handle',
  claims: false,
  ...options,
})
export const arrival = (...events: ArrivingEvent[]): Arrival => ({
  instance: SUPPORT,
  receivedAt: 0,
  source: '127.0.0.1',
  headers: {},
  body: Buffer.from('{}'),
  reorderMs: 0,
  events,
})
const state = (connection: ConnectionState): ArrivingEvent =>
  factEvent(
    undefined,
    { kind: 'connection', state: connection },
    { identity: 'state', key: hashParts([connection]) },
  )

/** The suite every engine passes. */
export function storeConformance(
  name: string,
  open: () => Promise<StoreFixture>,
  options: { modelRuns: number } = { modelRuns: 25 },
): void {
  const { modelRuns } = options
  describe(`store on ${name}`, () => {
    let fixture: StoreFixture
    let store: Store
    beforeEach(async () => {
      fixture = await open()
      store = fixture.store
    })
    afterEach(() => fixture.close())

    const claim = (limit = 100, perLane = 50) =>
      store.claimLanes({ holder: 'a', limit, perLane, leaseMs: LEASE })
    const claimOne = async (): Promise<ClaimedLane> => {
      const [lane] = await claim()
      if (!lane) throw new Error('nothing to claim')
      return lane
    }
    const commit = (lane: ClaimedLane, i = 0, extra: Partial<TurnCommit> = {}): TurnCommit => {
      const event = lane.events[i]!
      return {
        lane: lane.lane,
        fence: lane.fence,
        instance: lane.instance,
        event: event.id,
        place: event.place,
        more: i < lane.events.length - 1,
        leaseMs: LEASE,
        log:
          event.fact.kind === 'message'
            ? [
                {
                  type: 'message',
                  message: event.fact.message,
                  author: event.author,
                  at: event.at,
                  status: 'delivered',
                  live: true,
                },
              ]
            : [],
        commands: [],
        state: new Map(),
        timers: [],
        outcome: 'done',
        ...(lane.chat ? { epoch: lane.chat.epoch } : {}),
        ...extra,
      }
    }
    const command = (
      text: string,
      chat: ClaimedLane['chat'],
      extra: Partial<NewCommand> = {},
    ): NewCommand => {
      const id = `00000000-0000-7000-8000-${String(++serial).padStart(12, '0')}` as CommandId
      return {
        id,
        key: id,
        command: { type: 'text', to: chat?.address ?? ('phone:5511900000000' as Address), text },
        typingMs: 0,
        ignoreOwner: false,
        ...extra,
      }
    }
    const claimSends = (options: Partial<Parameters<Store['claimSends']>[0]> = {}) =>
      store.claimSends({
        holder: 'a',
        limit: 100,
        leaseMs: 65_000,
        pacing: new Map(),
        dice: 0.5,
        unknownHoldMs: HOLD,
        exclude: [],
        ...options,
      })
    const settle = (
      send: ClaimedSend,
      result: Parameters<Store['settle']>[0][number]['result'],
      retryAt: number | null = null,
    ) =>
      store.settle([
        {
          id: send.id,
          chat: send.chat,
          fence: send.fence,
          at: fixture.clock.now,
          result,
          retryAt,
        },
      ])
    /** Accepts one message and commits its turn with these replies. */
    const reply = async (chat: Party, id: string, ...texts: string[]) => {
      await store.accept([arrival(textEvent(chat, id))])
      const lane = await claimOne()
      const commands = texts.map((text) => command(text, lane.chat))
      await store.commitTurns([commit(lane, 0, { commands })])
      return { chat: lane.chat!.id, commands }
    }
    const stateOf = async (id: CommandId) => (await store.getCommand(id))?.state
    const ana = person('5511911110001')
    const bia = person('5511911110002')

    describe('accepting', () => {
      test('an event is new once: in a batch, in a later one, and after the process died', async () => {
        const first = await store.accept([
          arrival(textEvent(ana, 'M1'), textEvent(ana, 'M1')),
          arrival(textEvent(ana, 'M1')),
        ])
        expect(first).toEqual([
          { accepted: 1, duplicates: 1 },
          { accepted: 0, duplicates: 1 },
        ])
        store = await fixture.reopen()
        expect(await store.accept([arrival(textEvent(ana, 'M1'))])).toEqual([{ accepted: 0, duplicates: 1 }])
        expect((await store.listEvents({ limit: 10 })).data).toHaveLength(1)
      })

      test('facts without identity are repeats only inside the retry window', async () => {
        const seen = async (s: ConnectionState) => (await store.accept([arrival(state(s))]))[0]!.accepted
        expect([await seen('connected'), await seen('connected')]).toEqual([1, 0])
        expect([await seen('disconnected'), await seen('connected')]).toEqual([1, 0])
        fixture.clock.now += 5 * 60_000
        expect([await seen('connected'), await seen('disconnected')]).toEqual([1, 1])
        fixture.clock.now += 7 * DAY
        expect(await seen('connected')).toBe(1)
      })

      test('one event the engine refuses becomes unknown; the other 63 of its batch are as they were', async () => {
        const batch = Array.from({ length: 64 }, (_, i) =>
          arrival(textEvent(ana, `P${i}`, i === 20 ? { at: Number.NaN } : {})),
        )
        const outcomes = await store.accept(batch)
        expect(outcomes.every((o) => o.accepted === 1)).toBe(true)
        const kinds = (await store.listEvents({ limit: 200 })).data.map((e) => e.kind)
        expect(kinds.filter((kind) => kind === 'message')).toHaveLength(63)
        expect(kinds.filter((kind) => kind === 'unknown')).toHaveLength(1)
      })

      test('an unrouted event is stored and shown, and is in no lane', async () => {
        await store.accept([arrival(textEvent(ana, 'M1', { disposition: 'unrouted' }))])
        expect((await store.listEvents({ limit: 10 })).data[0]).toMatchObject({
          status: 'unrouted',
          kind: 'message',
        })
        expect(await claim()).toEqual([])
      })

      test('a person who writes by hand owns the chat from that commit on', async () => {
        const { chat } = await reply(ana, 'M1', 'from the bot')
        await store.accept([arrival(textEvent(ana, 'OWN', { author: 'person', claims: true }))])
        expect(await store.getChat(chat)).toMatchObject({ owner: 'person', epoch: 1 })
        expect(await claimSends()).toMatchObject({ sends: [], refused: 1 })
      })
    })

    describe('lanes', () => {
      test('order within a chat is the order of accepting, whatever happens to the turns', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.array(
              fc.oneof(
                fc.record({ do: fc.constant('accept' as const), chat: fc.nat(2), repeat: fc.boolean() }),
                fc.record({
                  do: fc.constant('work' as const),
                  turns: fc.nat(4),
                  end: fc.constantFrom('release', 'fail', 'vanish'),
                }),
                fc.record({ do: fc.constant('time' as const), ms: fc.integer({ min: 0, max: 2 * LEASE }) }),
              ),
              { maxLength: 40 },
            ),
            async (actions) => {
              const world = await open()
              try {
                await runLaneModel(world, actions)
              } finally {
                await world.close()
              }
            },
          ),
          { numRuns: modelRuns },
        )
      })

      test('a lease that ran out makes the old holder stale, and nothing of its turn is written', async () => {
        await store.accept([arrival(textEvent(ana, 'M1'))])
        const old = await claimOne()
        fixture.clock.now += LEASE + 1
        const fresh = await claimOne()
        expect(fresh.fence).toBeGreaterThan(old.fence)
        const stale = commit(old, 0, { commands: [command('twice?', old.chat)], state: new Map([['x', 1]]) })
        expect(await store.commitTurns([stale])).toEqual([{ type: 'stale' }])
        expect((await store.listCommands({ limit: 10 })).data).toEqual([])
        expect(await store.renewLanes([old], LEASE)).toEqual([])
        expect(await store.commitTurns([commit(fresh)])).toEqual([
          { type: 'committed', commands: 0, refused: 0 },
        ])
      })

      test('a stale claim in the same batch as the one that replaced it writes nothing', async () => {
        await store.accept([arrival(textEvent(ana, 'M1'))])
        const old = await claimOne()
        fixture.clock.now += LEASE + 1
        const fresh = await claimOne()
        expect(await store.renewLanes([old, fresh], LEASE)).toEqual([
          { lane: fresh.lane, fence: fresh.fence },
        ])
        const turn = (lane: ClaimedLane, text: string) =>
          commit(lane, 0, { commands: [command(text, lane.chat)] })
        const outcomes = await store.commitTurns([turn(fresh, 'fresh'), turn(old, 'stale')])
        expect(outcomes.map((outcome) => outcome.type)).toEqual(['committed', 'stale'])
        expect((await store.listCommands({ limit: 10 })).data).toHaveLength(1)
      })

      test('a dead letter leaves what the customer wrote in the chat, and its timer goes', async () => {
        await store.accept([arrival(textEvent(ana, 'M1'))])
        const lane = await claimOne()
        const { log } = commit(lane)
        const event = lane.events[0]!
        const failure = {
          lane: lane.lane,
          fence: lane.fence,
          instance: lane.instance,
          event: event.id,
          place: event.place,
        }
        await store.failTurn({ ...failure, attempt: 8, error: 'x', retryAt: null, log })
        expect((await store.listMessages(lane.chat!.id, { limit: 9 })).data).toHaveLength(1)
      })

      test('what only history told is not known as news', async () => {
        await store.accept([
          arrival(textEvent(ana, 'M1', { key: hashParts(['history', 'M1']), disposition: 'store' })),
        ])
        const lane = await claimOne()
        const { log } = commit(lane)
        const told = log.map((change) => (change.type === 'message' ? { ...change, live: false } : change))
        await store.commitTurns([commit(lane, 0, { log: told })])
        const known = async () =>
          (await store.lookUp([{ chat: lane.chat!.id, message: 'M1' as MessageId }]))[0]?.known
        expect(await known()).toBe('history')
        await store.accept([arrival(textEvent(ana, 'M1'))])
        await store.commitTurns([commit(await claimOne())])
        expect(await known()).toBe('live')
        expect((await store.listMessages(lane.chat!.id, { limit: 9 })).data).toHaveLength(1)
      })

      test('without the fence a holder that lost its lease would decide for the one that has it (control)', async () => {
        await store.accept([arrival(textEvent(ana, 'M1'))])
        const old = await claimOne()
        fixture.clock.now += LEASE + 1
        const fresh = await claimOne()
        const forged = commit({ ...old, fence: fresh.fence }, 0, { commands: [command('a', old.chat)] })
        await store.commitTurns([forged])
        const late = await store.commitTurns([commit(fresh, 0, { commands: [command('b', fresh.chat)] })])
        expect(late).toEqual([{ type: 'stale' }])
        const [only, ...more] = (await store.listCommands({ limit: 10 })).data
        expect(more).toEqual([])
        expect(only?.command).toMatchObject({ text: 'a' })
      })

      test('a commit that is repeated because its answer was lost does nothing more', async () => {
        await store.accept([arrival(textEvent(ana, 'M1')), arrival(textEvent(ana, 'M2'))])
        const lane = await claimOne()
        const turn = commit(lane, 0, { commands: [command('a', lane.chat)] })
        expect(await store.commitTurns([turn])).toMatchObject([{ type: 'committed' }])
        expect(await store.commitTurns([turn])).toEqual([{ type: 'stale' }])
        expect((await store.listCommands({ limit: 10 })).data).toHaveLength(1)
      })

      test('a failing chat waits alone, then becomes a dead letter that can run again at the tail', async () => {
        await store.accept([
          arrival(textEvent(ana, 'A1')),
          arrival(textEvent(ana, 'A2')),
          arrival(textEvent(bia, 'B1')),
        ])
        const lanes = await claim()
        const a = lanes.find((lane) => lane.events.length === 2)!
        const b = lanes.find((lane) => lane.events.length === 1)!
        const failure = {
          lane: a.lane,
          fence: a.fence,
          event: a.events[0]!.id,
          place: a.events[0]!.place,
          error: 'Error: no',
          instance: a.instance,
          log: [],
        }
        await store.failTurn({ ...failure, attempt: 1, retryAt: fixture.clock.now + 1000 })
        await store.commitTurns([commit(b)])
        expect(await claim()).toEqual([])
        fixture.clock.now += 1000
        const again = await claimOne()
        expect(again.events.map((e) => [e.id, e.attempt])).toEqual([
          [a.events[0]!.id, 2],
          [a.events[1]!.id, 1],
        ])
        await store.failTurn({ ...failure, fence: again.fence, attempt: 2, retryAt: null })
        const next = await claimOne()
        expect(next.events.map((e) => e.id)).toEqual([a.events[1]!.id])
        await store.commitTurns([commit(next)])
        expect((await store.listEvents({ limit: 10, status: 'dead' })).data.map((e) => e.id)).toEqual([
          a.events[0]!.id,
        ])
        const replay = await store.retryEvent(a.events[0]!.id)
        const last = await claimOne()
        expect(last.events.map((e) => [e.id, e.generation, e.attempt])).toEqual([[replay, 1, 1]])
        expect(await store.retryEvent(a.events[0]!.id)).toBeUndefined()
        await store.commitTurns([commit(last)])

        // What was handled runs again only when asked for, and stays as it was.
        expect(await store.retryEvent(replay!)).toBeUndefined()
        const oncemore = await store.retryEvent(replay!, true)
        expect((await claimOne()).events.map((e) => [e.id, e.generation])).toEqual([[oncemore, 2]])
        expect((await store.getEvent(replay!))?.status).toBe('done')
        expect(await store.retryEvent(oncemore!, true)).toBeUndefined()
      })

      test('state, commands, timers and done commit together', async () => {
        await store.accept([arrival(textEvent(ana, 'M1'), textEvent(ana, 'M2'))])
        const lane = await claimOne()
        await store.commitTurns([
          commit(lane, 0, {
            state: new Map([['session', { step: 2 }]]),
            commands: [command('one', lane.chat), command('two', lane.chat)],
            timers: [{ key: 'later', at: fixture.clock.now + 5000, data: { n: 1 } }],
          }),
        ])
        fixture.clock.now += LEASE + 1
        const again = await claimOne()
        expect(again.events).toHaveLength(1)
        expect(again.state.get('session')).toEqual({ step: 2 })
        expect((await store.listCommands({ limit: 10 })).data.map((c) => c.state)).toEqual([
          'queued',
          'queued',
        ])
        await store.commitTurns([commit(again, 0, { state: new Map([['session', null]]) })])
        await store.accept([arrival(textEvent(ana, 'M3'))])
        expect((await claimOne()).state.size).toBe(0)
      })

      test('a step is kept once; the first writer wins, a lost lease writes nothing', async () => {
        await store.accept([arrival(textEvent(ana, 'M1'))])
        const lane = await claimOne()
        const step = { event: lane.events[0]!.id, generation: 0, name: 'pay' }
        expect(await store.beginStep(step, 3)).toBeUndefined()
        expect(
          await store.finishStep(
            step,
            { lane: lane.lane, fence: lane.fence - 1 },
            { value: 'stale', epoch: 3 },
          ),
        ).toBe('stale')
        expect(await store.beginStep(step, 3)).toBeUndefined()
        expect(await store.finishStep(step, lane, { value: { id: 1 }, epoch: 3 })).toEqual({ id: 1 })
        expect(await store.finishStep(step, lane, { value: { id: 2 }, epoch: 3 })).toEqual({ id: 1 })
        expect(await store.beginStep(step, 9)).toEqual({ value: { id: 1 }, epoch: 3 })
        fixture.clock.now += LEASE + 1
        expect((await claimOne()).events[0]!.epoch).toBe(3)
      })
    })

    describe('timers', () => {
      test('they move, cancel and fire as the last decision said', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.array(
              fc.oneof(
                fc.record({
                  do: fc.constant('set' as const),
                  key: fc.constantFrom('a', 'b'),
                  in: fc.integer({ min: 1, max: 50 }),
                }),
                fc.record({ do: fc.constant('cancel' as const), key: fc.constantFrom('a', 'b') }),
                fc.record({
                  do: fc.constant('fire' as const),
                  ms: fc.integer({ min: 0, max: 40 }),
                  run: fc.boolean(),
                }),
              ),
              { maxLength: 30 },
            ),
            async (actions) => {
              const world = await open()
              try {
                await runTimerModel(world, actions)
              } finally {
                await world.close()
              }
            },
          ),
          { numRuns: modelRuns },
        )
      })
    })

    describe('the log', () => {
      test('an edit before its message waits beside the lane, then takes effect', async () => {
        const edit = factEvent(ana, { kind: 'edit', target: 'M1' as MessageId, text: 'new' })
        await store.accept([arrival(edit)])
        const lane = await claimOne()
        const chat = lane.chat!.id
        await store.commitTurns([
          commit(lane, 0, {
            outcome: 'parked',
            parked: { target: 'M1' as MessageId, until: fixture.clock.now + HOLD },
          }),
        ])
        expect(await claim()).toEqual([])
        await store.accept([arrival(textEvent(ana, 'M1', { text: 'old' }))])
        await store.commitTurns([commit(await claimOne())])
        const waited = await claimOne()
        expect(waited.events[0]).toMatchObject({ id: lane.events[0]!.id, orphan: false })
        await store.commitTurns([
          commit(waited, 0, { log: [{ type: 'edit', target: 'M1' as MessageId, text: 'new', at: 5 }] }),
        ])
        expect(await store.getMessage(chat, 'M1' as MessageId)).toMatchObject({
          content: { text: 'new' },
          editedAt: 5,
        })
      })

      test('an edit whose message never comes is kept; the message may still come later', async () => {
        await store.accept([
          arrival(factEvent(ana, { kind: 'edit', target: 'M1' as MessageId, text: 'new' })),
        ])
        const lane = await claimOne()
        const until = fixture.clock.now + HOLD
        await store.commitTurns([
          commit(lane, 0, { outcome: 'parked', parked: { target: 'M1' as MessageId, until } }),
        ])
        fixture.clock.now = until
        expect(await store.fireDue(10)).toBe(1)
        const orphan = await claimOne()
        expect(orphan.events[0]!.orphan).toBe(true)
        const target = 'M1' as MessageId
        await store.commitTurns([commit(orphan, 0, { log: [{ type: 'edit', target, text: 'new', at: 5 }] })])
        expect(await store.getMessage(lane.chat!.id, target)).toMatchObject({
          content: { type: 'unsupported', text: 'new' },
        })
        expect(await store.lookUp([{ chat: lane.chat!.id, message: target }])).toMatchObject([
          { chat: { id: lane.chat!.id }, known: undefined },
        ])
        await store.accept([arrival(textEvent(ana, 'M1', { text: 'late' }))])
        await store.commitTurns([commit(await claimOne())])
        expect(await store.getMessage(lane.chat!.id, target)).toMatchObject({
          content: { type: 'text', text: 'late' },
        })
      })

      test('receipts move a message forward only, and may come before the answer to its send', async () => {
        const { chat, commands } = await reply(ana, 'M1', 'hi')
        const [send] = (await claimSends()).sends
        const receipt = async (receiptState: 'delivered' | 'read') => {
          const target = 'S1' as MessageId
          await store.accept([arrival(factEvent(ana, { kind: 'receipt', target, state: receiptState }))])
          const lane = await claimOne()
          await store.commitTurns([
            commit(lane, 0, { log: [{ type: 'receipt', target, state: receiptState, at: 1 }] }),
          ])
        }
        await receipt('read')
        expect(await store.getMessage(chat, 'S1' as MessageId)).toBeUndefined()
        await settle(send!, { end: 'sent', messageId: 'S1' as MessageId })
        expect(await store.getMessage(chat, 'S1' as MessageId)).toMatchObject({
          status: 'read',
          content: { text: 'hi' },
        })
        await receipt('delivered')
        expect(await store.getMessage(chat, 'S1' as MessageId)).toMatchObject({ status: 'read' })
        expect(await stateOf(commands[0]!.id)).toBe('sent')
      })

      test('one reaction a person, the last one stands', async () => {
        await store.accept([arrival(textEvent(ana, 'M1'), textEvent(ana, 'M2'), textEvent(ana, 'M3'))])
        const lane = await claimOne()
        const contact = lane.events[0]!.contact!.id
        const react = (emoji: string, author: 'other' | 'person') => ({
          type: 'reaction' as const,
          target: 'M1' as MessageId,
          author,
          emoji,
          at: 1,
          ...(author === 'other' ? { contact } : {}),
        })
        const reactions = async () => (await store.getMessage(lane.chat!.id, 'M1' as MessageId))?.reactions
        await store.commitTurns([commit(lane)])
        await store.commitTurns([
          commit(lane, 1, { log: [react('a', 'other'), react('b', 'other'), react('c', 'person')] }),
        ])
        expect(await reactions()).toEqual({ [`con_${contact}`]: 'b', self: 'c' })
        await store.commitTurns([commit(lane, 2, { log: [react('', 'other')] })])
        expect(await reactions()).toEqual({ self: 'c' })
      })
    })

    describe('identity', () => {
      const lid = 'private:998877665544' as Address
      const byLid: Party = { address: lid, aliases: [] }
      const both = person('5511911110001', lid)

      test('phone and private id become one contact and one chat as soon as an event shows both', async () => {
        await store.accept([arrival(textEvent(byLid, 'L1'))])
        await store.accept([arrival(textEvent(ana, 'P1'))])
        expect((await store.listChats({ limit: 10 })).data).toHaveLength(2)
        await store.accept([arrival(textEvent(both, 'X1'))])
        const chats = (await store.listChats({ limit: 10 })).data
        expect(chats).toHaveLength(1)
        expect(chats[0]!.address).toBe('phone:5511911110001')
        const lane = await claimOne()
        expect(lane.events.map((e) => e.fact.kind === 'message' && e.fact.message.id)).toEqual([
          'L1',
          'P1',
          'X1',
        ])
        const contact = await store.getContact(chats[0]!.contact!)
        expect(contact?.addresses).toEqual(['phone:5511911110001', lid])
        await store.accept([arrival(textEvent(byLid, 'L2'))])
        expect((await store.getChat(chats[0]!.id))?.id).toBe(chats[0]!.id)
        expect(await store.findChat(SUPPORT, lid)).toBe(chats[0]!.id)
      })

      test('a merge waits while a lane is leased, and loses nothing', async () => {
        await store.accept([arrival(textEvent(byLid, 'L1'))])
        const leased = await claimOne()
        await store.accept([arrival(textEvent(ana, 'P1'))])
        await store.accept([arrival(textEvent(both, 'X1'))])
        expect((await store.listChats({ limit: 10 })).data).toHaveLength(2)
        expect(await store.mergePending()).toBe(1)
        expect(await store.commitTurns([commit(leased)])).toMatchObject([{ type: 'committed' }])
        expect(await store.mergePending()).toBe(0)
        expect((await store.listChats({ limit: 10 })).data).toHaveLength(1)
        const rest = await claimOne()
        expect(rest.events.map((e) => e.fact.kind === 'message' && e.fact.message.id)).toEqual(['P1', 'X1'])
      })

      test('three contacts proved one by one fact are one', async () => {
        const numbers = ['5511900000001', '5511900000002', '5511900000003']
        for (const [i, n] of [1, 0, 2].entries())
          await store.accept([arrival(textEvent(person(numbers[n]!), `T${i}`))])
        const [x, y, z] = numbers
        await store.accept([
          arrival(textEvent(person(y!, `phone:${x}`, `phone:${z}`), 'ALL', { sender: undefined })),
        ])
        const chats = (await store.listChats({ limit: 10 })).data
        expect(chats).toHaveLength(1)
        expect((await store.getContact(chats[0]!.contact!))?.addresses).toHaveLength(3)
        expect((await claimOne()).events).toHaveLength(4)
      })

      test('what the bot has queued in both chats still goes out after they are joined', async () => {
        await reply(byLid, 'L1', 'one')
        await reply(ana, 'P1', 'two')
        await store.accept([arrival(textEvent(both, 'X1'))])
        const said: string[] = []
        for (let i = 0; i < 2; i++) {
          for (const send of (await claimSends()).sends) {
            if (send.command.type === 'text') said.push(send.command.text)
            await settle(send, { end: 'sent', messageId: send.id as string as MessageId })
          }
        }
        expect(said).toEqual(['one', 'two'])
      })

      test("a person's ownership wins, and the epoch moves past both", async () => {
        await reply(byLid, 'L1', 'queued by the bot')
        await store.accept([arrival(textEvent(ana, 'P1', { author: 'person', claims: true }))])
        await store.commitTurns([commit(await claimOne())])
        await store.accept([arrival(textEvent(both, 'X1'))])
        const [chat] = (await store.listChats({ limit: 10 })).data
        expect(chat).toMatchObject({ owner: 'person', epoch: 2 })
        expect(await claimSends()).toMatchObject({ sends: [], refused: 1 })
      })
    })

    describe('outbox', () => {
      test('commands of a chat go one after the other; chats go side by side', async () => {
        const a = await reply(ana, 'M1', 'a1', 'a2')
        const b = await reply(bia, 'M2', 'b1')
        const first = (await claimSends()).sends
        expect(first.map((s) => s.id).sort()).toEqual([a.commands[0]!.id, b.commands[0]!.id].sort())
        expect(await stateOf(a.commands[0]!.id)).toBe('sending')
        expect((await claimSends()).sends).toEqual([])
        for (const send of first) await settle(send, { end: 'sent', messageId: `S-${send.id}` as MessageId })
        expect((await claimSends()).sends.map((s) => s.id)).toEqual([a.commands[1]!.id])
      })

      test('what was decided under an old epoch is refused when it would be sent', async () => {
        const { chat, commands } = await reply(ana, 'M1', 'a1', 'a2')
        await store.setOwner(chat, 'person')
        expect(await claimSends()).toMatchObject({ sends: [], refused: 1 })
        expect(await claimSends()).toMatchObject({ sends: [], refused: 1 })
        expect([await stateOf(commands[0]!.id), await stateOf(commands[1]!.id)]).toEqual([
          'refused',
          'refused',
        ])
      })

      test('a turn whose chat changed hands meanwhile records its bot commands as refused', async () => {
        await store.accept([arrival(textEvent(ana, 'M1'))])
        const lane = await claimOne()
        await store.setOwner(lane.chat!.id, 'person')
        await store.setOwner(lane.chat!.id, 'bot')
        const commands = [command('bot', lane.chat), command('moderation', lane.chat, { ignoreOwner: true })]
        expect(await store.commitTurns([commit(lane, 0, { commands })])).toMatchObject([
          { commands: 2, refused: 1 },
        ])
        expect((await claimSends()).sends.map((s) => s.id)).toEqual([commands[1]!.id])
      })

      test('an unknown send holds its chat for a minute, then waits for a person while the chat goes on', async () => {
        const { commands } = await reply(ana, 'M1', 'a1', 'a2')
        const [send] = (await claimSends()).sends
        await settle(send!, { end: 'unknown', reason: 'no answer' })
        expect((await claimSends()).sends).toEqual([])
        fixture.clock.now += HOLD - 1
        expect((await claimSends()).sends).toEqual([])
        fixture.clock.now += 1
        expect((await claimSends()).sends).toEqual([])
        expect(await stateOf(commands[0]!.id)).toBe('held')
        expect((await claimSends()).sends.map((s) => s.id)).toEqual([commands[1]!.id])
        expect(await store.resolveCommand(commands[0]!.id, 'resend')).toBe(true)
        expect(await store.resolveCommand(commands[0]!.id, 'discard')).toBe(false)
      })

      test('a process that dies while sending leaves an unknown, never a retry', async () => {
        const { commands } = await reply(ana, 'M1', 'a1')
        await claimSends()
        store = await fixture.reopen()
        expect(await store.recover()).toMatchObject({ unknown: 1 })
        expect(await stateOf(commands[0]!.id)).toBe('unknown')
        for (const wait of [0, HOLD, HOLD]) {
          fixture.clock.now += wait
          expect((await claimSends()).sends).toEqual([])
        }
        expect(await stateOf(commands[0]!.id)).toBe('held')
      })

      test('a lost lease makes the send unknown; a late `sent` still stands', async () => {
        const { chat, commands } = await reply(ana, 'M1', 'a1')
        const [send] = (await claimSends()).sends
        fixture.clock.now += 65_001
        expect((await claimSends()).sends).toEqual([])
        expect(await stateOf(commands[0]!.id)).toBe('unknown')
        await settle(send!, { end: 'retry', reason: 'too late to say so' }, fixture.clock.now)
        expect(await stateOf(commands[0]!.id)).toBe('unknown')
        await settle(send!, { end: 'sent', messageId: 'S1' as MessageId })
        expect(await stateOf(commands[0]!.id)).toBe('sent')
        expect(await store.getMessage(chat, 'S1' as MessageId)).toMatchObject({ status: 'sent' })
      })

      test('an echo settles what nobody knew', async () => {
        const { chat, commands } = await reply(ana, 'M1', 'a1')
        const [send] = (await claimSends()).sends
        await settle(send!, { end: 'unknown', reason: 'no answer' })
        const id = 'S1' as MessageId
        await store.accept([arrival(textEvent(ana, 'S1', { author: 'api' }))])
        const lane = await claimOne()
        const own = commit(lane, 0)
        await store.commitTurns([
          { ...own, log: [...own.log, { type: 'echo', messageId: id, command: commands[0]!.id }] },
        ])
        expect(await store.getCommand(commands[0]!.id)).toMatchObject({ state: 'sent', messageId: 'S1' })
        expect((await store.listMessages(chat, { limit: 10 })).data).toHaveLength(2)
      })

      test('retry waits as long as it was told and ends as a dead letter', async () => {
        const { commands } = await reply(ana, 'M1', 'a1')
        const [send] = (await claimSends()).sends
        await settle(send!, { end: 'retry', reason: 'refused' }, fixture.clock.now + 3000)
        fixture.clock.now += 2999
        expect((await claimSends()).sends).toEqual([])
        fixture.clock.now += 1
        const [again] = (await claimSends()).sends
        expect(again).toMatchObject({ attempt: 2, task: 'send' })
        await settle(again!, { end: 'retry', reason: 'refused' }, null)
        expect(await store.getCommand(commands[0]!.id)).toMatchObject({ state: 'dead', reason: 'refused' })
        expect((await claimSends()).sends).toEqual([])
      })

      test('a number that is not connected holds all its chats, then one command probes', async () => {
        await reply(ana, 'M1', 'a1')
        await reply(bia, 'M2', 'b1')
        const sends = (await claimSends()).sends
        const until = fixture.clock.now + 5000
        await store.holdInstance(SUPPORT, { reason: 'not connected', until })
        for (const send of sends) await settle(send, { end: 'hold', reason: 'not connected' }, until)
        expect((await claimSends()).sends).toEqual([])
        fixture.clock.now = until
        const probe = (await claimSends()).sends
        expect(probe).toHaveLength(1)
        expect((await claimSends()).sends).toEqual([])
        await settle(probe[0]!, { end: 'sent', messageId: 'S1' as MessageId })
        expect((await claimSends()).sends).toHaveLength(1)
      })

      test('pacing reserves the next slot of the number', async () => {
        await reply(ana, 'M1', 'a1')
        await reply(bia, 'M2', 'b1')
        const pacing = new Map([[SUPPORT, { minDelayMs: 1000, maxDelayMs: 3000 }]])
        expect((await claimSends({ pacing })).sends).toHaveLength(1)
        expect((await claimSends({ pacing })).sends).toHaveLength(0)
        fixture.clock.now += 1999
        expect((await claimSends({ pacing })).sends).toHaveLength(0)
        fixture.clock.now += 1
        expect((await claimSends({ pacing })).sends).toHaveLength(1)
      })

      test('typing comes first, as a call of its own, and a person may take over meanwhile', async () => {
        await store.accept([arrival(textEvent(ana, 'M1'))])
        const lane = await claimOne()
        const slow = command('slowly', lane.chat, { typingMs: 2000 })
        await store.commitTurns([commit(lane, 0, { commands: [slow] })])
        const [typing] = (await claimSends()).sends
        expect(typing).toMatchObject({ task: 'typing', typingMs: 2000 })
        expect(await stateOf(slow.id)).toBe('queued')
        await store.typed(typing!, fixture.clock.now + 2000)
        expect((await claimSends()).sends).toEqual([])
        await store.setOwner(lane.chat!.id, 'person')
        fixture.clock.now += 2000
        expect(await claimSends()).toMatchObject({ sends: [], refused: 1 })
      })

      test("what a handler says in a chat that is a person's is refused", async () => {
        const { chat } = await reply(ana, 'M1')
        await store.setOwner(chat, 'person')
        await store.accept([arrival(textEvent(ana, 'M2'))])
        const lane = await claimOne()
        const said = command('over you', lane.chat)
        expect(await store.commitTurns([commit(lane, 0, { commands: [said] })])).toMatchObject([
          { refused: 1 },
        ])
        expect(await store.getCommand(said.id)).toMatchObject({
          state: 'refused',
          reason: 'a person owns this chat',
        })
      })

      test('a late answer to an earlier attempt changes nothing about the one under way', async () => {
        const { chat, commands } = await reply(ana, 'M1', 'a1')
        const [first] = (await claimSends()).sends
        expect(await store.sendInFlight(chat)).toBe(commands[0]!.id)
        fixture.clock.now += 65_001
        await claimSends()
        await store.resolveCommand(commands[0]!.id, 'resend')
        fixture.clock.now += 65_001
        const [second] = (await claimSends()).sends
        expect(second).toMatchObject({ task: 'send', id: first!.id })
        await settle(first!, { end: 'retry', reason: 'late' }, fixture.clock.now)
        expect(await stateOf(commands[0]!.id)).toBe('sending')
      })

      test('a reaction that came before the answer to the send does not wait for its minute', async () => {
        await reply(ana, 'M1', 'a1')
        const [send] = (await claimSends()).sends
        const target = 'OUT1' as MessageId
        await store.accept([arrival(factEvent(ana, { kind: 'reaction', target, emoji: '+' }))])
        const until = fixture.clock.now + HOLD
        await store.commitTurns([
          commit(await claimOne(), 0, { outcome: 'parked', parked: { target, until } }),
        ])
        await settle(send!, { end: 'sent', messageId: target })
        expect((await claimOne()).events[0]!.fact.kind).toBe('reaction')
      })

      test('pacing takes chats in the order they wait', async () => {
        const pacing = new Map([[SUPPORT, { minDelayMs: 1000, maxDelayMs: 1000 }]])
        await reply(ana, 'M1', 'a0')
        await reply(bia, 'M2', 'waits')
        const said: string[] = []
        for (let i = 1; i < 5; i++) {
          for (const send of (await claimSends({ pacing })).sends) {
            if (send.command.type === 'text') said.push(send.command.text)
            await settle(send, { end: 'sent', messageId: send.id as string as MessageId })
          }
          // The first chat always has something newer to say.
          fixture.clock.now += 1
          await reply(ana, `N${i}`, `a${i}`)
          expect((await claimSends({ pacing })).sends).toEqual([])
          fixture.clock.now += 999
        }
        expect(said.slice(0, 2)).toEqual(['a0', 'waits'])
        expect(await store.nextDue('outbox')).toBeDefined()
      })

      test("a held number's probe is not used up by typing", async () => {
        await store.accept([arrival(textEvent(ana, 'M1'))])
        const lane = await claimOne()
        await store.commitTurns([
          commit(lane, 0, { commands: [command('slow', lane.chat, { typingMs: 500 })] }),
        ])
        await store.holdInstance(SUPPORT, { reason: 'x', until: fixture.clock.now + 1000 })
        fixture.clock.now += 1500
        const [typing] = (await claimSends()).sends
        expect(typing!.task).toBe('typing')
        await store.typed(typing!, fixture.clock.now + 500)
        fixture.clock.now += 1000
        expect((await claimSends()).sends.map((send) => send.task)).toEqual(['send'])
      })

      test('the same idempotency key is one command', async () => {
        const request = (key: string) => ({
          instance: SUPPORT,
          to: ana,
          claim: false,
          command: { ...command('hi', undefined), key },
        })
        const first = await store.enqueue(request('order-1'))
        expect(await store.enqueue(request('order-1'))).toEqual({ id: first.id, created: false })
        expect((await store.enqueue(request('order-2'))).created).toBe(true)
        expect((await store.listCommands({ limit: 10 })).data).toHaveLength(2)
        const other = { ...request('order-1'), command: { ...command('bye', undefined), key: 'order-1' } }
        await expect(store.enqueue(other)).rejects.toMatchObject({ code: 'E_CONFLICT' })
        expect((await store.listCommands({ limit: 10 })).data).toHaveLength(2)
      })

      test('a medium’s own bytes go to the send alone, and no more of them at once than is asked for', async () => {
        const url = `data:image/png;base64,${'A'.repeat(1000)}`
        for (const [i, to] of [ana, person('5511955550002')].entries()) {
          await store.enqueue({
            instance: SUPPORT,
            to,
            claim: false,
            command: {
              ...command('', undefined),
              key: `picture-${i}`,
              command: { type: 'media', media: 'image', to: to.address, url },
            },
          })
        }
        const [first, ...none] = (await claimSends({ maxCarried: 1500 })).sends
        expect(first?.command).toMatchObject({ url })
        expect(none).toEqual([])
        for (const row of (await store.listCommands({ limit: 10 })).data)
          expect(row.command).toMatchObject({ url: 'data:image/png;base64,' })
        await settle(first!, { end: 'sent', messageId: 'S1' as MessageId })
        fixture.clock.now += 1000
        const [second] = (await claimSends({ maxCarried: 1500 })).sends
        expect(second).toMatchObject({ command: { url }, attempt: 1 })
        expect(second?.chat).not.toBe(first?.chat)
      })

      test('of many paced numbers the one that has something to send gets its turn', async () => {
        const numbers = Array.from({ length: 60 }, (_, i) => `n${String(i).padStart(2, '0')}` as InstanceId)
        await store.enqueue({
          instance: numbers.at(-1)!,
          to: ana,
          claim: false,
          command: { ...command('hello', undefined), key: 'last' },
        })
        const pacing = new Map(numbers.map((id) => [id, { minDelayMs: 1_000, maxDelayMs: 1_000 }]))
        expect((await claimSends({ limit: 4, pacing })).sends).toMatchObject([{ instance: numbers.at(-1) }])
      })

      test('bytes that a turn sends arrive whole, also by another attempt', async () => {
        await store.accept([arrival(textEvent(ana, 'M1'))])
        const lane = await claimOne()
        const url = `data:text/csv;base64,${'QUJD'.repeat(100)}`
        const to = lane.chat!.address
        await store.commitTurns([
          commit(lane, 0, {
            commands: [
              command('', lane.chat, {
                command: { type: 'media', media: 'document', to, url, text: 'list' },
              }),
            ],
          }),
        ])
        const [send] = (await claimSends()).sends
        expect(send?.command).toMatchObject({ url, text: 'list' })
        await settle(send!, { end: 'retry', reason: 'refused' }, fixture.clock.now + 10)
        fixture.clock.now += 20
        expect((await claimSends()).sends).toMatchObject([{ attempt: 2, command: { url } }])
      })
    })

    describe('keeping house', () => {
      test('lists page newest first without gaps or repeats', async () => {
        await store.accept(Array.from({ length: 25 }, (_, i) => arrival(textEvent(ana, `M${i}`))))
        const ids: EventId[] = []
        let cursor: string | undefined
        do {
          const page = await store.listEvents({ limit: 10, ...(cursor === undefined ? {} : { cursor }) })
          ids.push(...page.data.map((e) => e.id))
          cursor = page.next ?? undefined
        } while (cursor !== undefined)
        expect(ids).toEqual([...ids].sort((a, b) => b - a))
        expect(new Set(ids).size).toBe(25)
        await expect(store.listEvents({ limit: 10, cursor: 'nonsense' })).rejects.toMatchObject({
          code: 'E_INVALID',
        })
      })

      test('retention removes what is done and old, never what waits, and ids are not given twice', async () => {
        await store.accept([arrival(textEvent(ana, 'M1')), arrival(textEvent(bia, 'M2'))])
        const lanes = await claim()
        await store.commitTurns([commit(lanes[0]!)])
        const last = (await store.listEvents({ limit: 1 })).data[0]!.id
        fixture.clock.now += 31 * DAY
        const limits = { deliveriesMs: 7 * DAY, dedupeMs: 30 * DAY, eventsMs: 30 * DAY, commandsMs: 30 * DAY }
        await store.prune(limits)
        expect((await store.listEvents({ limit: 10 })).data.map((e) => e.status)).toEqual(['pending'])
        expect(await store.getDelivery(1 as never)).toBeUndefined()
        expect((await store.listMessages(lanes[0]!.lane as ChatId, { limit: 10 })).data).toHaveLength(1)
        await store.accept([arrival(textEvent(ana, 'M3'))])
        expect((await store.listEvents({ limit: 1 })).data[0]!.id).toBeGreaterThan(last)
      })

      test('backlog and states tell what waits', async () => {
        await store.accept([arrival(textEvent(ana, 'M1'))])
        expect(await store.backlog()).toEqual({ events: 1, commands: 0, deadEvents: 0, unknownCommands: 0 })
        expect(await store.instanceStates()).toMatchObject([{ instance: SUPPORT, queued: 0 }])
        expect(await store.nextDue('lanes')).toBeLessThanOrEqual(fixture.clock.now)
        expect(await store.nextDue('outbox')).toBeUndefined()
      })
    })
  })
}

type LaneAction =
  | { do: 'accept'; chat: number; repeat: boolean }
  | { do: 'work'; turns: number; end: string }
  | { do: 'time'; ms: number }

/** Every message is handled exactly once and in its chat's order, by workers that fail, vanish and come late. */
async function runLaneModel(world: StoreFixture, actions: readonly LaneAction[]): Promise<void> {
  const { store, clock } = world
  const accepted = new Map<number, string[]>()
  const done = new Map<number, string[]>()
  let n = 0
  const work = async (turns: number, end: string) => {
    for (const lane of await store.claimLanes({ holder: 'm', limit: 10, perLane: 5, leaseMs: LEASE })) {
      for (const [i, event] of lane.events.entries()) {
        const base = { lane: lane.lane, fence: lane.fence, event: event.id, place: event.place }
        if (i >= turns) {
          if (end === 'release') await store.releaseLanes([lane])
          if (end === 'fail')
            await store.failTurn({
              ...base,
              instance: lane.instance,
              log: [],
              attempt: event.attempt,
              error: 'x',
              retryAt: clock.now + 500,
            })
          break
        }
        if (event.fact.kind !== 'message') throw new Error('only messages here')
        const { message } = event.fact
        const [outcome] = await store.commitTurns([
          {
            ...base,
            instance: lane.instance,
            more: i < lane.events.length - 1,
            leaseMs: LEASE,
            log: [],
            commands: [],
            state: new Map(),
            timers: [],
            outcome: 'done',
          },
        ])
        if (outcome?.type === 'committed') {
          const chat = Number(event.chat!.address.slice(-1))
          done.set(chat, [...(done.get(chat) ?? []), message.id])
        }
      }
    }
  }
  for (const action of actions) {
    if (action.do === 'accept') {
      const ids = accepted.get(action.chat) ?? []
      const repeat = action.repeat && ids.length > 0
      const id = repeat ? ids[ids.length - 1]! : `m${n++}`
      const [outcome] = await store.accept([arrival(textEvent(person(`55119111100${action.chat}`), id))])
      expect(outcome!.accepted).toBe(repeat ? 0 : 1)
      if (!repeat) accepted.set(action.chat, [...ids, id])
    } else if (action.do === 'work') await work(action.turns, action.end)
    else clock.now += action.ms
  }
  for (let i = 0; i < 200 && (await store.backlog()).events > 0; i++) {
    clock.now += LEASE + 1
    await work(100, 'release')
  }
  expect(Object.fromEntries(done)).toEqual(Object.fromEntries(accepted))
}

type TimerAction =
  | { do: 'set'; key: string; in: number }
  | { do: 'cancel'; key: string }
  | { do: 'fire'; ms: number; run: boolean }

/** A timer is heard exactly when its last setting came due and was not taken back before its turn. */
async function runTimerModel(world: StoreFixture, actions: readonly TimerAction[]): Promise<void> {
  const { store, clock } = world
  const model = new Map<string, { at: number; n: number }>()
  const heard: number[] = []
  const expected: number[] = []
  const pending: { key: string; n: number }[] = []
  let n = 0
  const turn = async (change: { key: string; at: number | null; data: unknown } | undefined) => {
    if (change) await store.accept([arrival(textEvent(person('5511911110009'), `t${++n}`))])
    for (const lane of await store.claimLanes({ holder: 'm', limit: 10, perLane: 100, leaseMs: LEASE })) {
      for (const [i, event] of lane.events.entries()) {
        const { fact } = event
        const current =
          fact.kind === 'timer' &&
          (await store.timerIsCurrent(lane.lane as LaneId, fact.key, fact.generation))
        if (current && fact.kind === 'timer') heard.push(fact.data as number)
        await store.commitTurns([
          {
            lane: lane.lane,
            fence: lane.fence,
            instance: lane.instance,
            event: event.id,
            place: event.place,
            more: i < lane.events.length - 1,
            leaseMs: LEASE,
            log: [],
            commands: [],
            state: new Map(),
            timers: fact.kind === 'message' && change ? [change] : [],
            outcome: 'done',
            ...(current && fact.kind === 'timer'
              ? { firedTimer: { key: fact.key, generation: fact.generation } }
              : {}),
          },
        ])
      }
    }
  }
  /** Fired events lie before a later message in the lane, so they are heard before it changes them. */
  const hearPending = () => {
    for (const { n: id } of pending.splice(0)) expected.push(id)
  }
  for (const action of actions) {
    if (action.do === 'set') {
      hearPending()
      const id = n + 1
      model.set(action.key, { at: clock.now + action.in, n: id })
      await turn({ key: action.key, at: clock.now + action.in, data: id })
    } else if (action.do === 'cancel') {
      hearPending()
      model.delete(action.key)
      await turn({ key: action.key, at: null, data: null })
    } else {
      clock.now += action.ms
      await store.fireDue(100)
      const due = [...model].filter(([, timer]) => timer.at <= clock.now).sort(([, a], [, b]) => a.at - b.at)
      for (const [key, timer] of due) {
        model.delete(key)
        pending.push({ key, n: timer.n })
      }
      if (action.run) {
        hearPending()
        await turn(undefined)
      }
    }
  }
  hearPending()
  await turn(undefined)
  expect([...heard].sort((a, b) => a - b)).toEqual([...expected].sort((a, b) => a - b))
}
