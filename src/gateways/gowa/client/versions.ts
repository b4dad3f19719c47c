import type { Answer, GatewayVersion } from '../../../core/gateway.ts'
import type { Clock, HttpOutcome } from '../../../core/ports.ts'
import { isObject } from '../wire/fields.ts'
import { codeOf, json, judge, toAnswer, unknown } from './endings.ts'
import { ASK_TIMEOUT_MS, type Link } from './http.ts'
import { NEEDS, type Need, type Version } from './needs.ts'

const before = (a: Version, b: Version): boolean => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])
const spelled = ([major, minor]: Version): string => `${major}.${minor}`

/** Between which versions a server is. */
interface Range {
  /** The oldest it can be. */
  from: Version
  /** It is older than this. */
  below?: Version
  /** As the server says it. */
  exact?: string
  source: string
}
function has({ from, below }: Range, since: Version): boolean | undefined {
  if (!before(from, since)) return true
  return below && !before(since, below) ? false : undefined
}

export interface Versions {
  /** What the server is; asked once and remembered. */
  version(fresh?: boolean): Promise<Answer<GatewayVersion>>
  /** Whether the server has something; undefined: nobody can say. */
  has(need: Need): Promise<boolean | undefined>
  /** Why the server cannot do it, after it did not know the request; undefined: that is not the reason. */
  lacks(need: Need): Promise<string | undefined>
}

/** What was learnt long ago is asked again before something is refused for it: servers are upgraded. */
const REMEMBER_MS = 10 * 60_000

/** Finds out a server's version: it says so from 9.0; older ones are told by what they have. */
export function versions(link: Link, clock: Clock): Versions {
  let known: { range: Range; at: number } | undefined
  let asking: Promise<Answer<Range>> | undefined

  async function learn(): Promise<Answer<Range>> {
    asking ??= detect(link).finally(() => {
      asking = undefined
    })
    const answer = await asking
    if (answer.ok) {
      known = { range: answer.value, at: clock.monotonic() }
      link.hasDevices = has(answer.value, NEEDS.devices.since) !== false
    }
    return answer
  }
  const recall = async (): Promise<Range | undefined> => {
    if (known) return known.range
    const answer = await learn()
    return answer.ok ? answer.value : undefined
  }
  async function range(need: Need): Promise<Range | undefined> {
    const remembered = await recall()
    if (!remembered || has(remembered, need.since) === true) return remembered
    if (known && clock.monotonic() - known.at <= REMEMBER_MS) return remembered
    const answer = await learn()
    return answer.ok ? answer.value : remembered
  }
  return {
    async version(fresh = false) {
      const answer: Answer<Range> = known && !fresh ? { ok: true, value: known.range } : await learn()
      return answer.ok ? { ok: true, value: shown(answer.value) } : answer
    },
    async has(need) {
      const found = await range(need)
      return found && has(found, need.since)
    },
    async lacks(need) {
      const found = await range(need)
      return found && has(found, need.since) !== true ? tooOld(need, found) : undefined
    },
  }
}

function tooOld(need: Need, { exact, below }: Range): string {
  const is = exact ?? (below ? `older than ${spelled(below)}` : 'older')
  return `GOWA ${spelled(need.since)} or newer is needed for ${need.what}; this one is ${is}`
}

function shown(range: Range): GatewayVersion {
  const { exact, from, below, source } = range
  const between = below ? `${spelled(from)} or newer, older than ${spelled(below)}` : undefined
  const version = exact ?? between
  return {
    ...(version !== undefined && { version }),
    source,
    features: {
      ...Object.fromEntries(
        Object.values(NEEDS).flatMap((need) => {
          const there = has(range, need.since)
          return there === undefined ? [] : [[need.what, there]]
        }),
      ),
      ...(mayHideOwn(range) && { 'sees-own-messages': false }),
    },
  }
}
/** 8.0 to 8.2 deliver nothing that a person writes by hand; 8.3 cannot be told from them. */
const mayHideOwn = ({ from }: Range): boolean => !before(from, [8, 0]) && before(from, [8, 3])

const OLDEST: Version = [4, 22]

async function detect(link: Link): Promise<Answer<Range>> {
  const ask = (path: string) => link.call({ method: 'GET', path }, ASK_TIMEOUT_MS)
  const info = await ask('/app/info')
  const exact = versionOf(info)
  if (exact) return { ok: true, value: { ...exact, source: 'app/info' } }
  const down = unusable(info)
  if (down) return down

  const devices = await ask('/devices')
  if (!isSuccess(devices)) {
    if (devices.type !== 'answered' || devices.status !== 404 || codeOf(devices.body) !== undefined)
      return unusable(devices) ?? { ok: false, reason: 'GOWA gives no sign of its version', retry: true }
    // Whatever else answers 404 to everything must not be taken for an old GOWA.
    const own = await ask('/app/devices')
    if (own.type !== 'answered' || codeOf(own.body) === undefined)
      return { ok: false, reason: 'this does not answer like GOWA; check baseUrl', retry: true }
    return { ok: true, value: { from: OLDEST, below: [8, 0], source: 'has no /devices' } }
  }
  if (!(await isHealthy(link))) {
    return { ok: true, value: { from: [8, 0], below: [8, 4], source: 'has /devices, no /health' } }
  }
  const webhook = await ask(`/devices/${encodeURIComponent(firstOf(devices) ?? 'none')}/webhook`)
  if (isSuccess(webhook) || (webhook.type === 'answered' && codeOf(webhook.body) === 'NOT_FOUND')) {
    return { ok: true, value: { from: [8, 10], below: [9, 0], source: 'has /devices/{id}/webhook' } }
  }
  const status = results(await ask('/app/status'))
  if (isObject(status) && 'jid' in status) {
    return { ok: true, value: { from: [8, 8], below: [8, 10], source: 'names its number in /app/status' } }
  }
  return { ok: true, value: { from: [8, 4], below: [8, 10], source: 'has /health' } }
}

/** A server that cannot be asked now says nothing about its version. */
function unusable(outcome: HttpOutcome): Answer<never> | undefined {
  if (outcome.type === 'answered' && outcome.status < 500 && ![401, 403, 408, 429].includes(outcome.status))
    return undefined
  const verdict = judge(outcome, 0, { judge: () => unknown('GOWA sent an answer that cannot be read') })
  return verdict.end === 'sent' ? undefined : toAnswer(verdict)
}
const results = (outcome: HttpOutcome): unknown =>
  outcome.type === 'answered' ? json(outcome.body)?.results : undefined
const isSuccess = (outcome: HttpOutcome): boolean =>
  outcome.type === 'answered' && outcome.status === 200 && codeOf(outcome.body) === 'SUCCESS'

function versionOf(outcome: HttpOutcome): { from: Version; below: Version; exact: string } | undefined {
  const found = isSuccess(outcome) ? results(outcome) : undefined
  const text = isObject(found) && typeof found.version === 'string' ? found.version : ''
  const match = /^v?(\d{1,4})\.(\d{1,4})(?:\.\d{1,4})?(?![\d.])/.exec(text)
  if (!match) return undefined
  const from: Version = [Number(match[1]), Number(match[2])]
  return { from, below: [from[0], from[1] + 1], exact: match[0].replace(/^v/, '') }
}
function firstOf(devices: HttpOutcome): string | undefined {
  const list = results(devices)
  const first: unknown = Array.isArray(list) ? list[0] : undefined
  return isObject(first) && typeof first.id === 'string' ? first.id : undefined
}
/** `/health` stands beside the base path, not below it; a proxy may have moved it. */
async function isHealthy(link: Link): Promise<boolean> {
  const outcome = await link.call({ method: 'GET', path: '/health' }, ASK_TIMEOUT_MS)
  if (isOk(outcome)) return true
  return isOk(await link.root('/health', ASK_TIMEOUT_MS))
}
const isOk = (outcome: HttpOutcome): boolean =>
  outcome.type === 'answered' && outcome.status === 200 && outcome.body.trim() === 'OK'
