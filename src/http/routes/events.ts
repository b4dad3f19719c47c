import { z } from 'zod'
import { HubError } from '../../core/errors.ts'
import { EVENT_KINDS } from '../../core/events.ts'
import type { ChatId, EventId } from '../../core/ids.ts'
import type { EventRow, EventStatus } from '../../core/store.ts'
import type { Api, Edge } from '../edge.ts'
import { eventId, presentEvent, presentEventDetail, presentPage } from '../present.ts'
import { instanceIdSchema, pageSchema, publicIdSchema } from '../validation.ts'

const EVENT_STATUSES = [
  'pending',
  'done',
  'skipped',
  'parked',
  'dead',
  'discarded',
  'unrouted',
] as const satisfies readonly EventStatus[]

const filters = {
  instance: instanceIdSchema.optional(),
  kind: z.enum(EVENT_KINDS).optional(),
  chat: publicIdSchema('chat').optional(),
}
const listQuery = z.strictObject({ ...pageSchema, ...filters, status: z.enum(EVENT_STATUSES).optional() })
const deadQuery = z.strictObject({ ...pageSchema, ...filters })
const idParams = z.strictObject({ id: publicIdSchema('evt') })

/** Events as they came, and the dead ones a person may retry or give up. */
export function eventRoutes(api: Api, { hub }: Edge): void {
  const { store } = hub

  async function event(id: number): Promise<EventRow> {
    const row = await store.getEvent(id as EventId)
    if (row === undefined) throw new HubError('E_NOT_FOUND', 'There is no such event (any more).')
    return row
  }
  async function refuseUnlessDead(id: number): Promise<never> {
    const { status } = await event(id)
    throw new HubError('E_CONFLICT', `The event is ${status}. Only dead ones can be retried or discarded.`)
  }

  api.get('/events', { schema: { querystring: listQuery } }, async ({ query }) =>
    presentPage(store.listEvents({ ...query, chat: query.chat as ChatId | undefined }), presentEvent),
  )

  api.get('/events/:id', { schema: { params: idParams } }, async ({ params }) => {
    const row = await event(params.id)
    const delivery = row.delivery === undefined ? undefined : await store.getDelivery(row.delivery)
    return presentEventDetail(row, delivery)
  })

  api.post(
    '/events/:id/replay',
    { config: { scope: 'operate' }, schema: { params: idParams } },
    async ({ params }) => {
      const again = await store.retryEvent(params.id as EventId, true)
      if (again === undefined) {
        const { status } = await event(params.id)
        throw new HubError(
          'E_CONFLICT',
          `The event is ${status}. Only one that has ended (done, skipped, dead, discarded) can run again.`,
        )
      }
      hub.nudge((await event(params.id)).instance)
      return { id: eventId(again) }
    },
  )

  api.get('/dead-letters', { schema: { querystring: deadQuery } }, async ({ query }) =>
    presentPage(
      store.listEvents({ ...query, chat: query.chat as ChatId | undefined, status: 'dead' }),
      presentEvent,
    ),
  )

  api.post(
    '/dead-letters/:id/retry',
    { config: { scope: 'operate' }, schema: { params: idParams } },
    async ({ params }) => {
      const again = await store.retryEvent(params.id as EventId)
      if (again === undefined) return refuseUnlessDead(params.id)
      hub.nudge((await event(params.id)).instance)
      return { id: eventId(again) }
    },
  )

  api.post(
    '/dead-letters/:id/discard',
    { config: { scope: 'operate' }, schema: { params: idParams } },
    async ({ params }) => {
      if (!(await store.discardEvent(params.id as EventId))) return refuseUnlessDead(params.id)
      const discarded = await event(params.id)
      hub.nudge(discarded.instance)
      return presentEvent(discarded)
    },
  )
}
