import { HubError } from '../../core/errors.ts'
import type { ChatId, EventId, ReplayId } from '../../core/ids.ts'
import type { ReplayFilter, ReplayRow } from '../../core/monitor.ts'
import {
  type DryRunOutcome,
  dryRunResult,
  MAX_DRY_RUN,
  replayBody,
  replayJob,
  replayList,
  replayListQuery,
  replayParams,
} from '../contract/events.ts'
import type { Api, Edge } from '../edge.ts'
import { eventId, presentDryRun, presentPage, presentReplay } from '../present.ts'

/** Running many events once more, after a look at what that would send. */
export function replayRoutes(api: Api, edge: Edge): void {
  const { hub } = edge
  const { store } = hub

  /** In order, each on the chat as it is now: one does not see what those before it would have changed. */
  async function rehearse(filter: ReplayFilter, limit: number) {
    const { matched, events } = await store.matchReplay(filter, {
      limit: Math.min(limit, MAX_DRY_RUN),
      count: limit,
    })
    const data: DryRunOutcome[] = []
    for (const event of events) {
      const rehearsal = await hub.rehearse(event.id)
      if (rehearsal) data.push(presentDryRun(event, rehearsal))
    }
    return { dryRun: true as const, matched, data }
  }

  async function replay(row: Promise<ReplayRow | undefined>): Promise<ReplayRow> {
    const found = await row
    if (found === undefined) throw new HubError('E_NOT_FOUND', 'There is no such replay (any more).')
    return found
  }

  api.post(
    '/events/replay',
    {
      config: { scope: 'operate' },
      schema: {
        body: replayBody,
        response: { 200: dryRunResult, 202: replayJob },
      },
    },
    async (request, reply) => {
      const { limit, dryRun, ids, chat, ...rest } = request.body
      const filter = {
        ...rest,
        ...(ids && { ids: ids as EventId[] }),
        ...(chat !== undefined && { chat: chat as ChatId }),
      } as ReplayFilter
      if (Object.keys(filter).length === 0) {
        throw new HubError(
          'E_INVALID',
          'body: say which events: ids, or some of instance, kind, status, chat, from and to.',
        )
      }
      if (dryRun) return rehearse(filter, limit)
      const begun = await store.beginReplay(filter, limit)
      hub.nudge()
      await edge.audit(request, {
        action: 'events.replay',
        target: `rpl_${begun.id}`,
        detail: { matched: begun.matched, ...(ids && { first: eventId(ids[0] as EventId) }) },
      })
      return reply.code(202).send(presentReplay(begun))
    },
  )

  api.get(
    '/replays',
    {
      schema: {
        querystring: replayListQuery,
        response: { 200: replayList },
      },
    },
    async ({ query }) => presentPage(store.listReplays(query), presentReplay),
  )
  api.get(
    '/replays/:id',
    {
      schema: {
        params: replayParams,
        response: { 200: replayJob },
      },
    },
    async ({ params }) => presentReplay(await replay(store.getReplay(params.id as ReplayId))),
  )
  api.delete(
    '/replays/:id',
    {
      config: { scope: 'operate' },
      schema: {
        params: replayParams,
        response: { 200: replayJob },
      },
    },
    async (request) => {
      const cancelled = await replay(store.cancelReplay(request.params.id as ReplayId))
      await edge.audit(request, { action: 'replay.cancel', target: `rpl_${cancelled.id}` })
      return presentReplay(cancelled)
    },
  )
}
