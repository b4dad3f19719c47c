import { sql } from 'kysely'
import type { Clock } from '../core/ports.ts'
import type { Arrival, ClusterStore, LogChange, Store } from '../core/store.ts'
import { accessWrites } from './access/index.ts'
import { alertWrites } from './alerts.ts'
import { commitTurns } from './commit.ts'
import type { Db, Engine } from './dialect.ts'
import { fireDue } from './due.ts'
import { MergeFirst, resolveContacts } from './identity.ts'
import { acceptBatch } from './inbox.ts'
import { holdInstance } from './instances.ts'
import * as lanes from './lanes.ts'
import * as media from './media.ts'
import { mergeWaiting } from './merge.ts'
import { monitorReads } from './monitor.ts'
import * as operate from './operate.ts'
import * as outbox from './outbox.ts'
import { prune } from './prune.ts'
import { createReads } from './reads.ts'
import * as reconcile from './reconcile.ts'
import { registryWrites } from './registry.ts'
import { replayWrites } from './replays.ts'
import * as settle from './settle.ts'
import { beginStep, finishStep } from './steps.ts'
import { addTraffic, trafficReads } from './traffic.ts'
import { undoMerge } from './undo.ts'
import { watchWrites } from './watch.ts'

export interface StoreOptions {
  /** See {@link Store.mark}. */
  mark(): Promise<void>
  clock: Clock
  cluster: ClusterStore
  abandoned: settle.Abandoned
  /** Identity of this installation. */
  installation: string
  /** How long dedupe keys are kept (ms). */
  dedupeMs: number
  /** How long an unknown send holds its chat (ms). */
  unknownHoldMs: number
}

/** The store, written once over an engine. */
export function createStore(engine: Engine, options: StoreOptions): Store {
  const { clock } = options
  const now = () => clock.now()
  /** A transaction that may prove contacts to be one: they are merged, and it is done again. */
  const identifying = async <T>(work: (db: Db) => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await engine.write(work)
      } catch (error) {
        if (!(error instanceof MergeFirst)) throw error
        const { parties, how } = error
        const since = now()
        await engine.write((db) => resolveContacts(engine, db, parties, now(), how, 'note'))
        await mergeWaiting(engine, now, since)
      }
    }
  }
  const accept = (batch: readonly Arrival[]) =>
    identifying((db) => acceptBatch(engine, db, batch, { now: now(), dedupeMs: options.dedupeMs }))
  return {
    ...createReads(engine.read, engine.table.bind(engine)),
    ...monitorReads(engine.read, engine.table.bind(engine)),
    ...trafficReads(engine.read, engine.table.bind(engine)),
    ...options.cluster,
    installation: options.installation,

    async accept(batch) {
      try {
        return await accept(batch)
      } catch (error) {
        if (engine.isUnavailable(error)) throw error
      }
      // The store refuses some row of these: find out which one by storing each alone.
      const outcomes = []
      for (const arrival of batch) {
        try {
          outcomes.push(...(await accept([arrival])))
        } catch (error) {
          if (engine.isUnavailable(error)) throw error
          outcomes.push(...(await accept([asUnknown(arrival)])))
        }
      }
      return outcomes
    },

    async claimLanes({ holder, limit, perLane, leaseMs }) {
      const leased = await engine.write((db) => lanes.leaseLanes(engine, db, { holder, limit, leaseMs }))
      return lanes.readLanes(engine, engine.read, leased, perLane)
    },
    renewLanes: (held, leaseMs) => engine.write((db) => lanes.renewLanes(engine, db, held, leaseMs)),
    releaseLanes: (held) => engine.write((db) => lanes.releaseLanes(engine, db, held)),
    commitTurns: (batch) => engine.write((db) => commitTurns(engine, db, batch, now())),
    async failTurn(failure) {
      const record = (log: LogChange[]) =>
        engine.write((db) => lanes.failTurn(engine, db, { ...failure, log }, now()))
      try {
        return await record(failure.log)
      } catch (error) {
        if (engine.isUnavailable(error) || failure.log.length === 0) throw error
        // What it does to the log is what the store refuses: it ends without, or its chat would never go on.
        return record([])
      }
    },
    beginStep: (step, epoch) => engine.write((db) => beginStep(db, step, epoch)),
    finishStep: (step, guard, result) => engine.write((db) => finishStep(db, step, guard, result)),
    fireDue: (limit) => fireDue(engine, limit, now),
    mergePending: () => mergeWaiting(engine, now),
    claimSends: (request) => engine.write((db) => outbox.claimSends(engine, db, request, now())),
    typed: (send, readyAt) => engine.write((db) => outbox.markTyped(db, send, readyAt)),
    settle: (batch) => engine.write((db) => settle.settleSends(engine, db, batch, now(), options)),
    claimUnknown: (request) => engine.write((db) => reconcile.claimUnknown(engine, db, request, now())),
    conclude: (conclusion) => engine.write((db) => reconcile.conclude(engine, db, conclusion, now())),
    recover: () => engine.write((db) => settle.recoverAfterCrash(engine, db, options.abandoned, now())),
    learn: (party) =>
      identifying(async (db) => {
        await resolveContacts(engine, db, [party], now(), 'directory')
      }),
    undoMerge: (id) => engine.write((db) => undoMerge(engine, db, id, now())),
    claimMedia: (request) => engine.write((db) => media.claimMedia(engine, db, request, now())),
    settleMedia: (end) => engine.write((db) => media.settleMedia(db, end, now())),
    expireMedia: (request) => engine.write((db) => media.expireMedia(db, request)),
    forgetMedia: (hash) => engine.write((db) => media.forgetMedia(db, hash)),
    holdInstance: (instance, hold) => engine.write((db) => holdInstance(db, instance, hold)),
    enqueue: (request) => identifying((db) => outbox.enqueueCommand(engine, db, request, now())),

    retryEvent: (id, ended = false) => engine.write((db) => operate.retryEvent(engine, db, id, ended, now())),
    discardEvent: (id) => engine.write((db) => operate.discardEvent(db, id)),
    resolveCommand: (id, decision, reason) =>
      engine.write((db) => operate.resolveCommand(engine, db, id, decision, reason, now())),
    addTraffic: (rows) => engine.write((db) => addTraffic(engine, db, rows)),
    ...replayWrites(engine, now),
    setOwner: (chat, owner) => engine.write((db) => operate.setOwner(db, chat, owner, now())),
    ...accessWrites(engine, now),
    ...registryWrites(engine, now),
    ...watchWrites(engine, now),
    ...alertWrites(engine, now),

    async ping() {
      await engine.write((db) =>
        sql`insert into meta (key, value) values ('ping', '') on conflict (key) do nothing`.execute(db),
      )
    },
    prune: (limits) => prune(engine, limits, now()),
    mark: options.mark,
    close: () => engine.close(),
  }
}

/** What is left of an arrival whose events the store refuses: its bytes, and one event that says so. */
function asUnknown(arrival: Arrival): Arrival {
  const [first] = arrival.events
  return {
    ...arrival,
    headers: {},
    events: first
      ? [
          {
            fact: { kind: 'unknown', name: 'refused by the store' },
            author: 'other',
            identity: first.identity,
            key: first.key,
            disposition: 'store',
            claims: false,
          },
        ]
      : [],
  }
}
