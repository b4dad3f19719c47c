import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CommandState } from '../src/core/commands.ts'
import type { ChatId, CommandId, InstanceId, MessageId } from '../src/core/ids.ts'
import { hashParts } from '../src/core/signature.ts'
import type {
  ArrivingEvent,
  ClaimedEvent,
  ClaimedSend,
  Finding,
  LogChange,
  Store,
  UnknownSend,
} from '../src/core/store.ts'
import { logChanges } from '../src/pipeline/record.ts'
import { arrival, person, type StoreFixture, textEvent } from './store-conformance.ts'

const SUPPORT = 'support' as InstanceId
const HOLD = 60_000
/** No search proves anything before this long after an attempt (ms). */
const PROVABLE = 70_000
const ana = person('5511911110001')

/** One chat in which we speak, seen from the store. */
class Chat {
  readonly store: Store
  readonly clock: { now: number }
  #serial = 0

  constructor({ store, clock }: StoreFixture) {
    this.store = store
    this.clock = clock
  }

  /** Queues a reply, as a turn does. */
  async queue(text: string): Promise<CommandId> {
    const id = `00000000-0000-7000-8000-${String(++this.#serial).padStart(12, '0')}` as CommandId
    await this.store.enqueue({
      instance: SUPPORT,
      to: ana,
      claim: false,
      command: { id, command: { type: 'text', to: ana.address, text }, typingMs: 0, ignoreOwner: true },
    })
    return id
  }

  async claim(): Promise<ClaimedSend[]> {
    const { sends } = await this.store.claimSends({
      holder: 'a',
      limit: 10,
      leaseMs: 65_000,
      pacing: new Map(),
      dice: 0.5,
      unknownHoldMs: HOLD,
      exclude: [],
    })
    return sends
  }

  settle(
    { id, chat, fence }: ClaimedSend,
    result: Parameters<Store['settle']>[0][number]['result'],
    retryAt: number | null = null,
  ): Promise<void> {
    return this.store.settle([{ id, chat, fence, at: this.clock.now, result, retryAt }])
  }

  async unknown(): Promise<UnknownSend[]> {
    return this.store.claimUnknown({ limit: 10, leaseMs: 1_000 })
  }

  conclude(send: UnknownSend, finding: Finding, again: number | null = this.clock.now + HOLD) {
    const { id, chat, instance, attempt, sentAt } = send
    const notBefore = send.sentAt + PROVABLE
    return this.store.conclude({ send: { id, chat, instance, attempt, sentAt }, finding, again, notBefore })
  }

  async accept(event: ArrivingEvent): Promise<void> {
    await this.store.accept([arrival(event)])
  }
  /** Commits the turns of all that waits in the lane; `logOf` says what the hub's log keeps of each event. */
  async handle(logOf: (event: ClaimedEvent) => LogChange[] = told): Promise<void> {
    for (const lane of await this.store.claimLanes({ holder: 'a', limit: 10, perLane: 50, leaseMs: 8_000 })) {
      for (const [i, event] of lane.events.entries()) {
        await this.store.commitTurns([
          {
            lane: lane.lane,
            fence: lane.fence,
            instance: lane.instance,
            event: event.id,
            place: event.place,
            more: i < lane.events.length - 1,
            leaseMs: 8_000,
            log: logOf(event),
            commands: [],
            state: new Map(),
            timers: [],
            outcome: 'done',
          },
        ])
      }
    }
  }
  /** A receipt arrives, and waits in the lane. */
  async receipt(target: MessageId): Promise<void> {
    await this.accept({
      ...textEvent(ana, target),
      fact: { kind: 'receipt', target, state: 'delivered' },
      key: hashParts(['receipt', target, String(++this.#serial)]),
    })
  }
  /** A person writes by hand on our own number; the event waits in the lane. */
  async byHand(id: string, text: string): Promise<void> {
    await this.accept(textEvent(ana, id, { author: 'person', text }))
  }

  async state(id: CommandId): Promise<CommandState | undefined> {
    return (await this.store.getCommand(id))?.state
  }
}

/** What any turn writes into the log, whatever its handlers do. An echo refers to its command by the bare id. */
const told = (event: ClaimedEvent): LogChange[] => logChanges(event, event.reference as CommandId | undefined)

/** What becomes of sends: the part of the suite that every engine passes on it. */
export function sendConformance(
  name: string,
  open: () => Promise<StoreFixture>,
  { modelRuns }: { modelRuns: number } = { modelRuns: 25 },
): void {
  describe(`unknown sends on ${name}`, () => {
    let fixture: StoreFixture
    let chat: Chat
    beforeEach(async () => {
      fixture = await open()
      chat = new Chat(fixture)
    })
    afterEach(() => fixture.close())

    /** A send that became unknown, due for its first look. */
    const inDoubt = async (text: string) => {
      const id = await chat.queue(text)
      const [send] = await chat.claim()
      await chat.settle(send!, { end: 'unknown', reason: 'no answer' })
      fixture.clock.now += 2_000
      const unknown = (await chat.unknown()).find((one) => one.id === id)
      return { id, send: send!, unknown: unknown! }
    }
    const messages = async (id: ChatId) => (await fixture.store.listMessages(id, { limit: 10 })).data
    const alike = (...ids: string[]): Finding => ({
      type: 'alike',
      messages: ids.map((id) => ({ id: id as MessageId, at: fixture.clock.now })),
    })

    test('are leased for one look at a time, and looked for again when asked', async () => {
      const { unknown } = await inDoubt('one')
      expect(unknown).toMatchObject({ command: { text: 'one' }, attempt: 1, absences: 0, strangers: [] })
      expect(await chat.unknown()).toEqual([])
      await chat.conclude(unknown, { type: 'nothing', absences: 2 })
      expect(await fixture.store.nextDue('searches')).toBe(fixture.clock.now + HOLD)
      fixture.clock.now += HOLD
      expect(await chat.unknown()).toMatchObject([{ id: unknown.id, absences: 2 }])
    })

    test('found by reference are sent, held or not, with the id that receipts and echoes carry', async () => {
      const { id, send, unknown } = await inDoubt('one')
      const next = await chat.queue('two')
      fixture.clock.now += HOLD
      expect(await chat.claim()).toEqual([])
      expect(await chat.state(id)).toBe('held')
      const [later] = await chat.claim()
      expect(later!.id).toBe(next)
      await chat.receipt('S1' as MessageId)
      await chat.handle()
      expect(await chat.conclude(unknown, { type: 'ours', messageId: 'S1' as MessageId, at: 7 })).toBe('sent')
      expect(await fixture.store.getCommand(id)).toMatchObject({ state: 'sent', messageId: 'S1' })
      expect(await messages(send.chat)).toMatchObject([
        { messageId: 'S1', content: { text: 'one' }, status: 'delivered', at: 7 },
      ])
      // The answer that was lost comes after all.
      await chat.settle(send, { end: 'sent', messageId: 'S1' as MessageId })
      expect(await messages(send.chat)).toHaveLength(1)
    })

    test('seen under another name of the chat lets it go on at once, too', async () => {
      const { id } = await inDoubt('one')
      const next = await chat.queue('two')
      await chat.accept(textEvent(person('5511922220002'), 'S1', { author: 'api', reference: id }))
      await chat.handle()
      expect(await chat.state(id)).toBe('sent')
      expect((await chat.claim()).map((send) => send.id)).toEqual([next])
    })

    test('found lets the chat go on at once', async () => {
      const { unknown } = await inDoubt('one')
      const next = await chat.queue('two')
      expect(await chat.claim()).toEqual([])
      await chat.conclude(unknown, { type: 'ours', messageId: 'S1' as MessageId })
      expect((await chat.claim()).map(({ id }) => id)).toEqual([next])
      expect(await fixture.store.nextDue('searches')).toBeUndefined()
    })

    test('settled in another way are not looked for again', async () => {
      const { send, unknown } = await inDoubt('one')
      await chat.conclude(unknown, { type: 'nothing', absences: 0 })
      await chat.settle(send, { end: 'sent', messageId: 'S1' as MessageId })
      fixture.clock.now += HOLD
      expect(await chat.unknown()).toEqual([])
      expect(await fixture.store.nextDue('searches')).toBeUndefined()
    })

    test('by likeness: only one candidate, that nobody else has, and no other send that could be it', async () => {
      const { id, unknown } = await inDoubt('yes')
      expect(await chat.conclude(unknown, alike('A', 'B'))).toBe('open')
      // One of them is a person's; first its event waits in the lane, then it is in the log.
      await chat.byHand('A', 'yes')
      expect(await chat.conclude(unknown, alike('A'))).toBe('open')
      await chat.handle()
      expect(await chat.conclude(unknown, alike('A'))).toBe('open')
      expect(await chat.conclude(unknown, alike('A', 'B'))).toBe('sent')
      expect(await fixture.store.getCommand(id)).toMatchObject({ state: 'sent', messageId: 'B' })

      const second = await inDoubt('yes')
      fixture.clock.now += HOLD
      await chat.claim()
      const third = await inDoubt('yes')
      for (const { unknown: one } of [second, third]) {
        expect(await chat.conclude(one, alike('B', 'C'))).toBe('open')
      }
      expect(await chat.conclude(third.unknown, { type: 'ours', messageId: 'D' as MessageId })).toBe('sent')
      expect(await chat.conclude(second.unknown, alike('B', 'C', 'D'))).toBe('sent')
      expect(await fixture.store.getCommand(second.id)).toMatchObject({ messageId: 'C' })
    })

    test('by likeness: of what a person sent again an earlier attempt may still be in the chat', async () => {
      const { id } = await inDoubt('yes')
      await fixture.store.resolveCommand(id, 'resend')
      const [again] = await chat.claim()
      await chat.settle(again!, { end: 'unknown', reason: 'no answer' })
      fixture.clock.now += HOLD
      await chat.settle(again!, { end: 'sent', messageId: 'B' as MessageId })
      expect(await chat.state(id)).toBe('sent')

      const next = await inDoubt('yes')
      expect(await chat.conclude(next.unknown, alike('A', 'B'))).toBe('open')
      expect(await chat.state(next.id)).toBe('unknown')
    })

    test('by likeness: a person who types the same words is not taken for us, whatever else tells of it', async () => {
      const id = await chat.queue('yes')
      await chat.byHand('H', 'yes')
      await chat.receipt('H' as MessageId)
      await chat.claim()
      await fixture.store.recover()
      for (const handled of [false, true]) {
        if (handled) await chat.handle()
        fixture.clock.now += PROVABLE
        const [unknown] = await chat.unknown()
        expect(await chat.conclude(unknown!, alike('H'))).toBe('open')
      }
      await chat.claim()
      expect(await fixture.store.getCommand(id)).toMatchObject({ state: 'held' })
    })

    test('not sent: tried again while the chat waits, left to a person once it has gone on', async () => {
      const { id, unknown } = await inDoubt('one')
      const retryAt = fixture.clock.now + 500
      const notSent: Finding = { type: 'not-sent', retryAt, reason: 'it failed' }
      expect(await chat.conclude(unknown, notSent)).toBe('retry')
      expect(await chat.claim()).toEqual([])
      fixture.clock.now = retryAt
      const [again] = await chat.claim()
      expect(again).toMatchObject({ id, attempt: 2 })
      // What was found of the first attempt says nothing about the second.
      expect(await chat.conclude(unknown, notSent)).toBe('open')
      expect(await chat.conclude(unknown, alike('X'))).toBe('open')
      expect(await chat.state(id)).toBe('sending')
      await chat.settle(again!, { end: 'unknown', reason: 'no answer' })
      await chat.queue('two')
      fixture.clock.now += HOLD
      await chat.claim()
      const [late] = await chat.unknown()
      await chat.settle((await chat.claim())[0]!, { end: 'sent', messageId: 'S2' as MessageId })
      expect(await chat.conclude(late!, { ...notSent, retryAt: fixture.clock.now })).toBe('open')
      expect(await fixture.store.getCommand(id)).toMatchObject({
        state: 'held',
        reason: expect.stringMatching(/^it failed; the chat has gone on/),
      })
      expect(await chat.claim()).toEqual([])
    })

    test('a look that began before a person sent it again says nothing about that', async () => {
      const { id, unknown } = await inDoubt('one')
      const resend = () => fixture.store.resolveCommand(id, 'resend')
      expect(await resend()).toBe(true)
      fixture.clock.now += HOLD
      const [again] = await chat.claim()
      expect(again).toMatchObject({ id, attempt: 2 })
      await chat.settle(again!, { end: 'unknown', reason: 'no answer' })
      const notSent: Finding = { type: 'not-sent', retryAt: fixture.clock.now, reason: 'it failed' }
      expect(await chat.conclude(unknown, notSent)).toBe('open')
      expect(await chat.conclude(unknown, alike('X'))).toBe('open')
      expect(await chat.state(id)).toBe('unknown')
    })

    test('a receipt for an id nobody knows is a hint, and brings a held send up again', async () => {
      const { id, unknown } = await inDoubt('one')
      await chat.conclude(unknown, { type: 'nothing', absences: 0 }, null)
      await chat.receipt('S1' as MessageId)
      await chat.handle()
      // Not before anything can be proved.
      expect(await chat.unknown()).toEqual([])
      fixture.clock.now = unknown.sentAt + PROVABLE
      await chat.claim()
      expect(await chat.state(id)).toBe('held')
      expect(await chat.unknown()).toMatchObject([{ id, strangers: ['S1'] }])
    })

    test('a person who decided is not overruled, except by proof that it went out', async () => {
      const { id, unknown } = await inDoubt('one')
      await fixture.store.resolveCommand(id, 'discard')
      const retry: Finding = { type: 'not-sent', retryAt: fixture.clock.now, reason: 'x' }
      expect(await chat.conclude(unknown, retry)).toBe('open')
      expect(await chat.conclude(unknown, alike('S1'))).toBe('open')
      expect(await chat.state(id)).toBe('discarded')
      expect(await chat.conclude(unknown, { type: 'ours', messageId: 'S1' as MessageId })).toBe('sent')
    })

    test('what was said instead of a command is what the log keeps', async () => {
      await chat.queue('one')
      const [send] = await chat.claim()
      await fixture.store.settle([
        {
          id: send!.id,
          chat: send!.chat,
          fence: send!.fence,
          at: fixture.clock.now,
          retryAt: null,
          result: { end: 'sent', messageId: 'S1' as MessageId },
          said: { type: 'text', to: ana.address, text: 'in other words' },
        },
      ])
      expect(await messages(send!.chat)).toMatchObject([{ content: { text: 'in other words' } }])
    })

    test('votes, pins and names are kept with what they are about', async () => {
      await chat.accept(textEvent(ana, 'P1'))
      const target = 'P1' as MessageId
      const vote = (...options: string[]): LogChange => ({
        type: 'vote',
        target,
        options,
        author: 'person',
        at: 1,
      })
      const pin = (pinned: boolean): LogChange => ({ type: 'pin', target, pinned, at: 5 })
      await chat.handle(({ fact }) => [
        ...(fact.kind === 'message'
          ? [
              {
                type: 'message' as const,
                message: fact.message,
                author: 'other' as const,
                at: 1,
                status: 'delivered' as const,
                live: true,
              },
            ]
          : []),
        vote('a'),
        vote('a', 'b'),
        pin(true),
        { type: 'name', name: 'Ana' },
        { type: 'name', name: 'Aninha', spare: true },
        { type: 'vote', target: 'NONE' as MessageId, options: ['a'], author: 'person', at: 1 },
      ])
      const id = (await fixture.store.findChat(SUPPORT, ana.address))!
      // Log changes of one turn are written before its message, so they come with the next.
      await chat.receipt(target)
      await chat.handle()
      await chat.accept(textEvent(ana, 'P2'))
      await chat.handle(() => [vote('a', 'b'), pin(true)])
      expect(await fixture.store.getMessage(id, target)).toMatchObject({
        votes: { self: ['a', 'b'] },
        pinnedAt: 5,
      })
      await chat.accept(textEvent(ana, 'P3'))
      await chat.handle(() => [vote(), pin(false)])
      const after = await fixture.store.getMessage(id, target)
      expect(after).toMatchObject({ votes: {} })
      expect(after).not.toHaveProperty('pinnedAt')
      expect((await fixture.store.getChat(id))?.name).toBe('Ana')
      expect(await fixture.store.getMessage(id, 'NONE' as MessageId)).toBeUndefined()
    })

    test.each(['references', 'likeness'] as const)(
      'however sends end, are found, heard of and interrupted: never twice, never out of order, never wrongly settled (%s)',
      async (by) => {
        await fc.assert(
          fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
            const world = await open()
            try {
              await runSendModel(world, by, actions)
            } finally {
              await world.close()
            }
          }),
          { numRuns: modelRuns },
        )
      },
      120_000,
    )
  })
}

const ENDS = ['sent', 'lost', 'late', 'none', 'retry', 'rejected', 'slow'] as const
type Action =
  | { do: 'queue'; text: string }
  | { do: 'send'; end: (typeof ENDS)[number] }
  | { do: 'answer' | 'look' | 'handle' | 'discard' }
  | { do: 'resend'; from: 'held' | 'unknown' }
  | { do: 'kill'; left: boolean }
  | { do: 'person'; text: string }
  | { do: 'echo' | 'receipt'; nth: number }
  | { do: 'time'; ms: number }
const text = fc.constantFrom('yes', 'yes', 'yes', 'no')
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('queue' as const), text }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('send' as const), end: fc.constantFrom(...ENDS) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('answer' as const, 'look', 'look', 'handle', 'discard') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('resend' as const),
      from: fc.constantFrom('held' as const, 'unknown'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), left: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('person' as const), text }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('echo' as const, 'receipt'), nth: fc.nat(5) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('time' as const),
      ms: fc.constantFrom(500, 2_000, 10_000, 30_000, HOLD, PROVABLE),
    }),
  },
)

/** A message on the customer's phone. `by`: the send it is of; a person's has none. */
interface Out {
  id: MessageId
  text: string
  at: number
  by?: CommandId
}

/**
 * One chat, and beside the store's belief the truth: what the customer's phone shows. Answers are lost and
 * late, processes die, people type the same words, and searches tell the truth about what is there.
 */
async function runSendModel(
  world: StoreFixture,
  by: 'references' | 'likeness',
  actions: readonly Action[],
): Promise<void> {
  const { clock, store } = world
  const chat = new Chat(world)
  const queued: CommandId[] = []
  const out: Out[] = []
  /** Will be on the phone at that moment, whatever the hub does meanwhile. */
  let coming: { at: number; send: ClaimedSend }[] = []
  let unanswered: { send: ClaimedSend; id: MessageId | undefined }[] = []
  const lastAttempt = new Map<CommandId, number>()
  const abandoned = new Set<CommandId>()
  /** How often a person had it sent again, not knowing whether it was out. */
  const again = new Map<CommandId, number>()
  let serial = 0

  const pass = (send: ClaimedSend, at = clock.now): MessageId => {
    const id = `S${++serial}` as MessageId
    const said = send.command.type === 'text' ? send.command.text : ''
    out.push({ id, text: said, at, by: send.id })
    return id
  }
  const unknown = (send: ClaimedSend) => chat.settle(send, { end: 'unknown', reason: 'no answer' })
  const perform = async (send: ClaimedSend, end: (typeof ENDS)[number]) => {
    lastAttempt.set(send.id, clock.now)
    switch (end) {
      case 'sent':
        return chat.settle(send, { end: 'sent', messageId: pass(send) })
      case 'lost':
        pass(send)
        return unknown(send)
      case 'late':
        coming.push({ at: clock.now + 20_000, send })
        return unknown(send)
      case 'none':
        return unknown(send)
      case 'retry':
        return chat.settle(send, { end: 'retry', reason: 'refused' }, clock.now + 1_000)
      case 'rejected':
        return chat.settle(send, { end: 'rejected', code: 'invalid', reason: 'refused' })
      case 'slow':
        unanswered.push({ send, id: serial % 2 === 0 ? pass(send) : undefined })
        return
    }
  }
  const look = async (send: UnknownSend) => {
    const provable = clock.now >= (lastAttempt.get(send.id) ?? 0) + PROVABLE
    const ours = out.find((one) => one.by === send.id)
    const said = send.command.type === 'text' ? send.command.text : ''
    const found: Finding = { type: 'nothing', absences: 0 }
    if (by === 'references') {
      if (ours) return chat.conclude(send, { type: 'ours', messageId: ours.id, at: ours.at })
      if (!provable) return chat.conclude(send, found, clock.now + 1_000)
      return chat.conclude(send, { type: 'not-sent', retryAt: clock.now, reason: 'no trace' })
    }
    const messages = provable
      ? out.filter((one) => one.text === said && one.at >= send.sentAt && one.at <= send.sentAt + PROVABLE)
      : []
    const finding: Finding = messages.length === 0 ? found : { type: 'alike', messages }
    return chat.conclude(send, finding, clock.now + 5_000)
  }
  const pastEvents = async (ms: number) => {
    clock.now += ms
    for (const { send, at } of coming.filter(({ at }) => at <= clock.now)) pass(send, at)
    coming = coming.filter(({ at }) => at > clock.now)
  }

  const check = async () => {
    const sends = out.flatMap((one) => one.by ?? [])
    for (const id of queued)
      expect(sends.filter((one) => one === id).length).toBeLessThanOrEqual(1 + (again.get(id) ?? 0))
    // What comes late was overtaken on its way, and what is sent again by a person's wish, not by the hub.
    const prompt = sends.filter((id) => !late.has(id) && !again.has(id)).map((id) => queued.indexOf(id))
    expect(prompt).toEqual([...prompt].sort((a, b) => a - b))
    for (const id of queued) {
      const row = await store.getCommand(id)
      const truth = out.filter((one) => one.by === id).map((one) => one.id)
      if (row?.state === 'sent' && row.messageId) expect(truth).toContain(row.messageId)
      if ((row?.state === 'rejected' || row?.state === 'dead') && !again.has(id)) expect(truth).toEqual([])
    }
  }
  const late = new Set<CommandId>()

  for (const step of actions) {
    switch (step.do) {
      case 'queue':
        queued.push(await chat.queue(step.text))
        break
      case 'send':
        for (const send of await chat.claim()) {
          if (step.end === 'late') late.add(send.id)
          await perform(send, step.end)
        }
        break
      case 'answer':
        for (const { send, id } of unanswered.splice(0)) {
          if (id !== undefined) await chat.settle(send, { end: 'sent', messageId: id })
          else await unknown(send)
        }
        break
      case 'look':
        for (const send of await chat.unknown()) await look(send)
        break
      case 'handle':
        await chat.handle()
        break
      case 'discard': {
        const held = (await store.listCommands({ limit: 1, state: 'held' })).data[0]
        if (held && (await store.resolveCommand(held.id, 'discard'))) abandoned.add(held.id)
        break
      }
      case 'resend': {
        const doubtful = (await store.listCommands({ limit: 1, state: step.from })).data[0]
        if (doubtful && (await store.resolveCommand(doubtful.id, 'resend')))
          again.set(doubtful.id, (again.get(doubtful.id) ?? 0) + 1)
        break
      }
      case 'kill':
        for (const send of await chat.claim()) {
          lastAttempt.set(send.id, clock.now)
          if (step.left) pass(send)
        }
        unanswered = []
        await store.recover()
        break
      case 'person': {
        const id = `H${++serial}` as MessageId
        out.push({ id, text: step.text, at: clock.now })
        // Accepted, though perhaps not handled before the next search.
        await chat.byHand(id, step.text)
        break
      }
      case 'echo': {
        const one = out.filter((o) => o.by !== undefined)[step.nth]
        if (one && by === 'references')
          await chat.accept(textEvent(ana, one.id, { author: 'api', text: one.text, reference: one.by }))
        break
      }
      case 'receipt': {
        const one = out[step.nth]
        if (one) await chat.receipt(one.id)
        break
      }
      case 'time':
        await pastEvents(step.ms)
    }
    await check()
  }

  for (let i = 0; i < 40; i++) {
    await pastEvents(10_000)
    await chat.handle()
    for (const send of await chat.claim()) await perform(send, 'sent')
    for (const send of await chat.unknown()) await look(send)
  }
  await check()
  for (const id of queued) {
    const state = await chat.state(id)
    const sent = out.some((one) => one.by === id)
    expect(['sent', 'rejected', 'held', 'discarded']).toContain(state)
    // With references nothing that went out is left to a person who has not decided, whatever was believed.
    const decided = abandoned.has(id) || again.has(id)
    if (by === 'references' && sent && !decided) expect(state).toBe('sent')
    if (state === 'sent') expect(sent).toBe(true)
  }
}
