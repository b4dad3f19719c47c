import {
  ALERT_CHANNELS,
  ALERT_KINDS,
  type AlertChannel,
  type AlertStore,
  type DueNews,
  type SendMail,
} from '../core/alerts.ts'
import type { AlertsConfig } from '../core/config.ts'
import { HubError } from '../core/errors.ts'
import { type InstanceId, publicId } from '../core/ids.ts'
import type { Clock, HttpClient, Logger } from '../core/ports.ts'
import type { LogStore, Store } from '../core/store.ts'
import type { WatchStore } from '../core/watch.ts'
import { connectionsOf, observeConnection, observeHub, observeSilence } from './observe.ts'
import { type Observation, stepOf } from './rule.ts'
import { byInstance, hourOf, hoursLikeThis, silenceOf } from './silence.ts'
import { alertMessage, createWebhook, type Told, testMessage } from './webhook.ts'
import { letter, testLetter } from './words.ts'

export interface AlertsParts {
  store: AlertStore &
    Pick<WatchStore, 'connections'> &
    Pick<LogStore, 'instanceStates' | 'backlog'> &
    Pick<Store, 'nextDue' | 'installation'>
  /** Read at every round, so that numbers that come and go are looked at, and looked at no more. */
  instances: ReadonlyMap<InstanceId, unknown>
  settings: AlertsConfig
  /** Address of the console, for links. */
  home?: string
  http: HttpClient
  /** Needed where e-mail is configured. */
  mail?: SendMail
  /** Room left where the store lies (bytes), where that is known. */
  freeBytes?(): Promise<number | undefined>
  /** When to try again after that attempt failed (ms); null: no more. */
  retryAt(attempt: number, atLeastMs: number): number | null
  /** Alerts have changed, or who was told. */
  changed(): void
  /** A hand is free again. */
  nudge(): void
  clock: Clock
  log: Logger
}

export interface TestResult {
  channel: AlertChannel
  delivered: boolean
  ms: number
  reason?: string
}

export interface Alerts {
  readonly settings: AlertsConfig
  /**
   * Sends a test through a channel, or every configured one, and waits for how it ends.
   * @throws HubError E_CONFLICT when that channel is not configured
   */
  test(channel?: AlertChannel): Promise<TestResult[]>
  /** Somebody has acknowledged one; others look again. */
  acknowledged(): void
}

/** Between two looks at everything that can go wrong (ms). */
const ROUND_MS = 10_000
/** Between two notes of how long numbers are silent (ms). */
const NOTE_MS = 5 * 60_000
/** Letters and posts under way at once. */
const SLOTS = 8
/** Longer than a letter or a post may take (ms): then another node may try. */
const LEASE_MS = 90_000

/**
 * Looks whether anything is wrong, opens and closes alerts, and tells people. Everything to be told is a row before
 * it is told, so that a crash loses none; what was told twice carries the same id.
 */
export function createAlerts(parts: AlertsParts) {
  const { store, settings, clock, log } = parts
  const running = new Set<Promise<void>>()
  const channels = ALERT_CHANNELS.filter((channel) => settings[channel] !== undefined)
  const post = settings.webhook && createWebhook({ ...settings.webhook, http: parts.http, clock })
  let notedAt = 0
  let known: { hour: number; pauses: ReadonlyMap<InstanceId, number[]> } = { hour: 0, pauses: new Map() }

  async function look(): Promise<void> {
    const now = clock.now()
    const observations = await observe(now)
    const standings = new Map((await store.standings()).map((one) => [nameOf(one), one]))
    const seen = new Set(observations.map(nameOf))
    // What nobody looks at any more is not wrong any more.
    for (const standing of standings.values()) {
      if (!seen.has(nameOf(standing))) {
        const { kind, instance } = standing
        observations.push({ kind, ...(instance !== undefined && { instance }), seen: 'well', details: {} })
      }
    }
    const steps = observations.flatMap(
      (one) => stepOf(standings.get(nameOf(one)), one, now, settings.afterMs) ?? [],
    )
    if (steps.length === 0) return
    const told = await store.stepAlerts(steps, channels)
    if (told === 0) return
    for (const { act, kind, instance } of steps)
      if (act === 'open' || act === 'reopen') log.warn({ kind, instance }, 'an alert opened')
      else if (act === 'resolve') log.info({ kind, instance }, 'an alert is over')
    parts.changed()
  }

  async function observe(now: number): Promise<Observation[]> {
    const connections = connectionsOf(await store.connections(), parts.instances)
    const observations = connections.flatMap(observeConnection)
    if (settings.kinds.includes('silent')) observations.push(...(await listen(connections, now)))
    observations.push(...(await measure(now)))
    return observations.filter(({ kind }) => settings.kinds.includes(kind))
  }

  async function listen(
    connections: Parameters<typeof observeSilence>[0][],
    now: number,
  ): Promise<Observation[]> {
    const states = new Map((await store.instanceStates()).map((one) => [one.instance, one]))
    const lastOf = (instance: InstanceId) => states.get(instance)?.lastEventAt
    if (now - notedAt >= NOTE_MS) {
      notedAt = now
      await store.noteSilence(
        connections.flatMap(({ instance, state, at }) =>
          state === 'connected'
            ? [{ instance, hour: hourOf(now), silentMs: silenceOf(lastOf(instance), at, now) }]
            : [],
        ),
      )
    }
    // What was on days before does not change any more.
    if (known.hour !== hourOf(now))
      known = { hour: hourOf(now), pauses: byInstance(await store.silences(hoursLikeThis(now))) }
    const { pauses } = known
    return connections.map((one) =>
      observeSilence(one, lastOf(one.instance), pauses.get(one.instance) ?? [], now),
    )
  }

  async function measure(now: number): Promise<Observation[]> {
    const [backlog, readySince, freeBytes] = await Promise.all([
      store.backlog(),
      store.nextDue('lanes'),
      parts.freeBytes?.(),
    ])
    return observeHub({ backlog, readySince, freeBytes }, now)
  }

  async function tell(due: DueNews): Promise<void> {
    const { id, attempt, channel, news, alert } = due
    const told = await through(channel, due)
    const about = { alert: publicId('alr', alert.id), channel, news, attempt }
    if (told.ok) {
      await store.settleNews({ id, attempt, end: { type: 'delivered' } })
      log.info(about, 'news of an alert was delivered')
    } else {
      const { reason } = told
      const at = parts.retryAt(attempt, told.afterMs ?? 0)
      await store.settleNews({
        id,
        attempt,
        end: at === null ? { type: 'failed', reason } : { type: 'again', at, reason },
      })
      log.warn({ ...about, reason, givenUp: at === null }, 'news of an alert was not delivered')
    }
    parts.changed()
  }

  async function through(channel: AlertChannel, { news, alert }: DueNews): Promise<Told> {
    const { language } = settings
    const name = `${publicId('alr', alert.id)}_${news}_${alert.times}`
    return channel === 'webhook'
      ? toWebhook(`${name}_${store.installation}`, alertMessage(alert, news, language))
      : toPeople(name, letter(alert, news, language, parts.home))
  }

  const missing = (channel: AlertChannel): Told => ({
    ok: false,
    reason: `alerts.${channel} is not configured any more`,
  })
  const toWebhook = async (id: string, message: Parameters<NonNullable<typeof post>>[1]): Promise<Told> =>
    post ? post(id, message) : missing('webhook')
  async function toPeople(name: string, mail: { subject: string; text: string }): Promise<Told> {
    if (!settings.email || !parts.mail) return missing('email')
    const { from, to } = settings.email
    const domain = from.slice(from.lastIndexOf('@') + 1)
    return parts.mail({ ...mail, from, to, messageId: `<${name}.${store.installation}@${domain}>` })
  }

  return {
    settings,

    /** Does what is due: a round of looking, if it is this node's turn, and what is to be told. */
    async work(): Promise<'again' | 'rest' | 'full'> {
      // Mostly nothing is, and looking is cheaper than claiming.
      const at = await store.nextAlertWork()
      if (at === undefined || at > clock.now()) return 'rest'
      if (await store.claimRound(ROUND_MS)) await look()
      if (running.size >= SLOTS) return 'full'
      const due = await store.claimNews({ limit: SLOTS - running.size, leaseMs: LEASE_MS })
      for (const news of due) {
        const task = tell(news)
          .catch((err: unknown) => log.error({ err }, 'how news of an alert ended could not be recorded'))
          .finally(() => {
            running.delete(task)
            parts.nudge()
          })
        running.add(task)
      }
      return due.length > 0 ? 'again' : 'rest'
    },
    nextDue: () => store.nextAlertWork(),
    /** What is being told at this moment. */
    running: running as ReadonlySet<Promise<void>>,

    acknowledged: () => parts.changed(),

    async test(channel?: AlertChannel): Promise<TestResult[]> {
      if (channel !== undefined && !channels.includes(channel)) {
        throw new HubError(
          'E_CONFLICT',
          `The channel ${channel} is not configured. Add alerts.${channel} to the configuration of the hub and start it again.`,
        )
      }
      const wanted = channel === undefined ? channels : [channel]
      return Promise.all(
        wanted.map(async (one) => {
          const begun = clock.monotonic()
          const name = `test_${clock.now()}`
          const told =
            one === 'webhook'
              ? await toWebhook(`${name}_${store.installation}`, testMessage(settings.language, clock.now()))
              : await toPeople(name, testLetter(settings.language))
          return {
            channel: one,
            delivered: told.ok,
            ms: Math.round(clock.monotonic() - begun),
            ...(!told.ok && { reason: told.reason }),
          }
        }),
      )
    },
  }
}

const nameOf = ({ kind, instance }: Pick<Observation, 'kind' | 'instance'>): string =>
  `${ALERT_KINDS.indexOf(kind)}/${instance ?? ''}`
