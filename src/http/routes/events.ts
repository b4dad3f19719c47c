import { HubError } from '../../core/errors.ts'
import type { ChatId, EventId } from '../../core/ids.ts'
import type { EventFilter, EventRow } from '../../core/store.ts'
import { bulkOutcome } from '../contract/commands.ts'
import {
  deadLetterQuery,
  deliveryList,
  deliveryListQuery,
  eventDetail,
  eventList,
  eventListQuery,
  eventParams,
  eventSummary,
  manyEventsBody,
  runAgain,
} from '../contract/events.ts'
import { eachOf } from '../each.ts'
import type { Api, Edge } from '../edge.ts'
import { eventId, presentDeliverySummary, presentEvent, presentEventDetail, presentPage } from '../present.ts'

/** Events as they came, what became of them and why, and the dead ones a person may retry or give up. */
export function eventRoutes(api: Api, edge: Edge): void {
  const { hub } = edge
  const { store } = hub

  async function event(id: EventId): Promise<EventRow> {
    const row = await store.getEvent(id)
    if (row === undefined) throw new HubError('E_NOT_FOUND', 'There is no such event (any more).')
    return row
  }
  async function refuseUnlessDead(id: EventId): Promise<never> {
    const { status } = await event(id)
    throw new HubError('E_CONFLICT', `The event is ${status}. Only dead ones can be retried or discarded.`)
  }
  async function retry(id: EventId): Promise<EventId> {
    const again = await store.retryEvent(id)
    if (again === undefined) return refuseUnlessDead(id)
    hub.nudge((await event(id)).instance)
    return again
  }
  async function discard(id: EventId): Promise<EventRow> {
    if (!(await store.discardEvent(id))) return refuseUnlessDead(id)
    const discarded = await event(id)
    hub.nudge(discarded.instance)
    return discarded
  }

  api.get(
    '/events',
    {
      schema: {
        querystring: eventListQuery,
        response: { 200: eventList },
      },
    },
    async ({ query }) => presentPage(store.listEvents(filterOf(query)), presentEvent),
  )

  api.get(
    '/events/:id',
    {
      schema: {
        params: eventParams,
        response: { 200: eventDetail },
      },
    },
    async ({ params }) => {
      const row = await event(params.id as EventId)
      const [delivery, around] = await Promise.all([
        row.delivery === undefined ? undefined : store.getDelivery(row.delivery),
        store.surroundings(row),
      ])
      return presentEventDetail(row, delivery, around)
    },
  )

  api.post(
    '/events/:id/replay',
    {
      config: { scope: 'operate' },
      schema: {
        params: eventParams,
        response: { 200: runAgain },
      },
    },
    async (request) => {
      const id = request.params.id as EventId
      const again = await store.retryEvent(id, true)
      const { status, instance } = await event(id)
      if (again === undefined) {
        throw new HubError(
          'E_CONFLICT',
          `The event is ${status}. Only one that has ended (done, skipped, dead, discarded) can run again.`,
        )
      }
      hub.nudge(instance)
      await edge.audit(request, { action: 'event.replay', target: eventId(id) })
      return { id: eventId(again) }
    },
  )

  api.get(
    '/deliveries',
    {
      schema: {
        querystring: deliveryListQuery,
        response: { 200: deliveryList },
      },
    },
    async ({ query }) => presentPage(store.listDeliveries(query), presentDeliverySummary),
  )

  api.get(
    '/dead-letters',
    {
      schema: {
        querystring: deadLetterQuery,
        response: { 200: eventList },
      },
    },
    async ({ query }) => presentPage(store.listEvents({ ...filterOf(query), status: 'dead' }), presentEvent),
  )

  api.post(
    '/dead-letters/:id/retry',
    {
      config: { scope: 'operate' },
      schema: {
        params: eventParams,
        response: { 200: runAgain },
      },
    },
    async (request) => {
      const id = request.params.id as EventId
      const again = await retry(id)
      await edge.audit(request, { action: 'dead-letter.retry', target: eventId(id) })
      return { id: eventId(again) }
    },
  )

  api.post(
    '/dead-letters/:id/discard',
    {
      config: { scope: 'operate' },
      schema: {
        params: eventParams,
        response: { 200: eventSummary },
      },
    },
    async (request) => {
      const discarded = await discard(request.params.id as EventId)
      await edge.audit(request, { action: 'dead-letter.discard', target: eventId(discarded.id) })
      return presentEvent(discarded)
    },
  )

  const many = { body: manyEventsBody, response: { 200: bulkOutcome } }
  api.post('/dead-letters/retry', { config: { scope: 'operate' }, schema: many }, async (request) => {
    const outcome = await eachOf(request.body.ids as EventId[], eventId, async (id) => ({
      became: eventId(await retry(id)),
    }))
    await edge.audit(request, { action: 'dead-letter.retry', detail: { done: outcome.done } })
    return outcome
  })
  api.post('/dead-letters/discard', { config: { scope: 'operate' }, schema: many }, async (request) => {
    const outcome = await eachOf(request.body.ids as EventId[], eventId, async (id) => {
      await discard(id)
      return {}
    })
    await edge.audit(request, { action: 'dead-letter.discard', detail: { done: outcome.done } })
    return outcome
  })
}

const filterOf = <Q extends { chat?: number | undefined }>({ chat, ...query }: Q) =>
  ({
    ...query,
    ...(chat !== undefined && { chat: chat as ChatId }),
  }) satisfies EventFilter
