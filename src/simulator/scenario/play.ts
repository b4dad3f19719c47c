import { address } from '../../core/address.ts'
import { HubError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports.ts'
import { ACTION_SCHEMAS, type ActionName } from '../action-schemas.ts'
import { type Place, type WorldChat, WorldError, type WorldMessage } from '../model.ts'
import { finder } from '../phone.ts'
import type { Simulator } from '../server.ts'
import { asExpected, type Deliveries, fits, inWords, type Judge, sentTwice } from './judge.ts'
import type { ActionStep, Expectation, Scenario, Step } from './schema.ts'

/** How one step went. */
export interface StepReport {
  /** Its place in the file, from 1; `3.2` is the second of the third's. */
  step: string
  do: Step['do']
  ok: boolean
  ms: number
  /** What was wrong, or how long an answer took. */
  detail?: string
}

/** How a scenario went. */
export interface ScenarioReport {
  scenario: string
  ok: boolean
  steps: StepReport[]
  deliveries: Deliveries
  /** Messages our numbers sent through their gateways' APIs. */
  sent: number
  /** Everything that was wrong, steps included. */
  failures: string[]
  ms: number
}

export interface PlayOptions {
  scenario: Scenario
  simulator: Simulator
  /** Sees every line of the simulator's strip. */
  judge: Judge
  clock: Clock
  /** Called after every step. */
  onStep?: (report: StepReport) => void
}

/** Deliveries that still wait for another try at the end are waited for at most this long (ms). */
const PATIENCE_MS = 120_000

/** Plays a scenario to its end, whatever goes wrong in it, and judges the hub. Never rejects for a hub's fault. */
export async function playScenario(options: PlayOptions): Promise<ScenarioReport> {
  const { scenario, simulator, judge, clock } = options
  const began = clock.monotonic()
  const player = new Player(options)
  await player.play(scenario.steps, '')
  const patience = Promise.withResolvers<void>()
  const timer = clock.setTimeout(patience.resolve, PATIENCE_MS)
  await Promise.race([simulator.settled(), patience.promise])
  timer.cancel()
  await player.wait(scenario.settleMs)
  const failures = [
    ...player.steps.filter(({ ok }) => !ok).map(({ step, detail }) => `step ${step}: ${detail}`),
    ...player.unexpected(),
    ...judge.faults(),
    ...sentTwice(simulator.world.chats()),
  ]
  return {
    scenario: scenario.name,
    ok: failures.length === 0,
    steps: player.steps,
    deliveries: judge.deliveries(),
    sent: simulator.world
      .chats()
      .reduce((sum, { messages }) => sum + messages.filter(({ author }) => author === 'api').length, 0),
    failures,
    ms: Math.round(clock.monotonic() - began),
  }
}

class Player {
  readonly steps: StepReport[] = []
  readonly #options: PlayOptions
  readonly #find: ReturnType<typeof finder>
  /** How many answers of a chat have been judged, and whether others may follow. */
  readonly #judged = new Map<string, { count: number; more: boolean }>()

  constructor(options: PlayOptions) {
    this.#options = options
    this.#find = finder(options.simulator.world)
  }

  async play(steps: readonly Step[], prefix: string, round?: number): Promise<void> {
    const { clock, onStep } = this.#options
    for (const [index, step] of steps.entries()) {
      const place = `${prefix}${index + 1}`
      if (isRepeat(step)) {
        for (let n = 1; n <= step.times; n++) await this.play(step.steps, `${place}.`, n)
        continue
      }
      const began = clock.monotonic()
      const { ok, detail } = await this.#one(withRound(step, round))
      const ms = Math.round(clock.monotonic() - began)
      const report: StepReport = {
        step: round === undefined ? place : `${place} (${round})`,
        do: step.do,
        ok,
        ms,
        ...(detail !== undefined && { detail }),
      }
      this.steps.push(report)
      onStep?.(report)
    }
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.setTimeout(resolve, ms))
  }

  /** Answers in judged chats that nobody expected. */
  unexpected(): string[] {
    const found: string[] = []
    for (const chat of this.#options.simulator.world.chats()) {
      const judged = this.#judged.get(keyOf(chat))
      if (!judged || judged.more) continue
      const answers = answersIn(chat)
      for (const message of answers.slice(judged.count)) {
        const again = answers.slice(0, judged.count).some((one) => inWords(one) === inWords(message))
        found.push(`${again ? 'said twice' : 'unexpected answer'}: ${inWords(message)}`)
      }
    }
    return found
  }

  async #one(step: Exclude<Step, { do: 'repeat' }>): Promise<{ ok: boolean; detail?: string }> {
    try {
      if (isExpectation(step)) return await this.#expect(step)
      if (isWait(step)) {
        await this.wait(step.ms)
        return { ok: true }
      }
      await this.#act(step)
      return { ok: true }
    } catch (error) {
      if (error instanceof WorldError || error instanceof HubError)
        return { ok: false, detail: error.message }
      throw error
    }
  }

  #act(step: ActionStep): Promise<unknown> {
    const { do: name, ...body } = step
    const parsed = ACTION_SCHEMAS[name].safeParse(body)
    if (!parsed.success)
      throw new WorldError(
        parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '),
      )
    return this.#options.simulator.act(name satisfies ActionName, parsed.data)
  }

  async #expect(step: Expectation): Promise<{ ok: boolean; detail?: string }> {
    const { world } = this.#options.simulator
    const place = this.#find.place(step)
    const chat = () => chatOf(world.chats(), place)
    const key = keyOf({ instance: place.instance, address: addressOf(place) })
    const before = this.#judged.get(key)?.count ?? 0
    const wanted = step.count ?? step.replies?.length ?? 0
    const taken = () => {
      const answers = answersIn(chat()).slice(before)
      return step.more && step.replies ? inOrder(step.replies, answers) : answers.slice(0, wanted)
    }
    const began = this.#options.clock.now()
    // Silence has to last; answers end the wait.
    await this.#until(() => wanted > 0 && taken().length >= wanted, step.withinMs, place)
    const answers = taken()
    const last = answers.at(-1)
    const all = answersIn(chat())
    const count = step.more && last ? all.indexOf(last) + 1 : Math.min(all.length, before + wanted)
    this.#judged.set(key, { count, more: step.more })
    const wrong = this.#wrong(step, answers, all.slice(before))
    if (wrong !== undefined) return { ok: false, detail: wrong }
    return last ? { ok: true, detail: `after ${Math.max(0, last.at - began)} ms` } : { ok: true }
  }

  #wrong(
    { replies, count, withinMs }: Expectation,
    answers: readonly WorldMessage[],
    came: readonly WorldMessage[],
  ): string | undefined {
    const heard = came.length === 0 ? 'nothing' : came.map(inWords).join(', ')
    if (count !== undefined)
      return answers.length < count
        ? `${answers.length} of ${count} answers within ${withinMs} ms`
        : count === 0 && came.length > 0
          ? `expected silence, heard ${heard}`
          : undefined
    if (!replies) return undefined
    if (replies.length === 0) return came.length > 0 ? `expected silence, heard ${heard}` : undefined
    const missing = replies.findIndex((reply, index) => {
      const answer = answers[index]
      return answer === undefined || !fits(reply, answer)
    })
    const reply = replies[missing]
    return reply && `expected ${asExpected(reply)} within ${withinMs} ms, heard ${heard}`
  }

  /** Resolves when it holds, looked at whenever something is said, or after `ms`. */
  #until(holds: () => boolean, ms: number, { instance }: Place): Promise<void> {
    const { clock, simulator } = this.#options
    return new Promise((resolve) => {
      const done = () => {
        unsubscribe()
        timer.cancel()
        resolve()
      }
      const unsubscribe = simulator.world.subscribe((event) => {
        if (event.type === 'message' && event.instance === instance && holds()) done()
      })
      const timer = clock.setTimeout(done, ms)
      if (holds()) done()
    })
  }
}

const isRepeat = (step: Step): step is Extract<Step, { times: number }> => step.do === 'repeat'
const isExpectation = (step: Step): step is Expectation => step.do === 'expect'
const isWait = (step: Step): step is { do: 'wait'; ms: number } => step.do === 'wait'

const addressOf = (place: Place) => place.group ?? address('phone', place.person)
const chatOf = (chats: readonly WorldChat[], place: Place) =>
  chats.find((one) => one.instance === place.instance && one.address === addressOf(place))
const keyOf = (chat: Pick<WorldChat, 'instance' | 'address'>) => `${chat.instance} ${chat.address}`
const answersIn = (chat: WorldChat | undefined): WorldMessage[] =>
  chat?.messages.filter(({ author }) => author === 'api') ?? []

/** The first answers that fit the expected ones in their order, others between them left out. */
function inOrder(
  replies: NonNullable<Expectation['replies']>,
  answers: readonly WorldMessage[],
): WorldMessage[] {
  const found: WorldMessage[] = []
  for (const answer of answers) {
    const next = replies[found.length]
    if (next && fits(next, answer)) found.push(answer)
  }
  return found
}

/** `{n}` in any text of a step is the round of its repetition. */
function withRound<S>(step: S, round: number | undefined): S {
  if (round === undefined) return step
  return JSON.parse(JSON.stringify(step).replaceAll('{n}', String(round))) as S
}
