import type { WireResponse } from '../../../../simulator/port.ts'
import { struct } from '../go.ts'
import { ownJid, rfc3339 } from '../names.ts'
import { atLeast } from '../versions.ts'
import { type Asked, bool, broken, failure, type Route, string, success } from './answers.ts'
import { keepSlots, type Slot, type SlotWebhook, slotOf, slots } from './slots.ts'

function shown({ number }: Asked, { id, createdAt, client }: Slot) {
  const loggedIn = client && !number.loggedOut
  return struct({
    id,
    phone_number: loggedIn ? number.digits : undefined,
    display_name: loggedIn ? number.name : undefined,
    state: client && number.connected ? 'logged_in' : 'disconnected',
    jid: loggedIn ? ownJid(number) : undefined,
    created_at: rfc3339(createdAt),
  })
}
const words = (webhook: SlotWebhook | undefined) => ({
  webhook_url: webhook?.url ?? '',
  webhook_secret: webhook?.secret ?? '',
  webhook_events: webhook?.events ?? '',
  webhook_insecure_skip_verify: webhook?.insecure ?? false,
})
const read = ({ body }: Asked): SlotWebhook => ({
  url: string(body.webhook_url) ?? '',
  secret: string(body.webhook_secret) ?? '',
  events: string(body.webhook_events) ?? '',
  insecure: bool(body.webhook_insecure_skip_verify),
})
/** Unknown devices end in GOWA's unspecific error, but for their webhook. */
const known =
  (act: (asked: Asked, slot: Slot) => WireResponse): Route['answer'] =>
  (asked) => {
    const slot = slotOf(asked.id, asked.number, asked.world)
    return slot ? act(asked, slot) : broken(`device ${asked.id} not found`)
  }
const webhook =
  (act: (asked: Asked, slot: Slot) => WireResponse): Route['answer'] =>
  (asked) => {
    const slot = slotOf(asked.id, asked.number, asked.world)
    return slot ? act(asked, slot) : failure(404, 'NOT_FOUND', 'device not found')
  }

export const DEVICE_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: /\/devices$/,
    since: [8, 0],
    global: true,
    answer(asked) {
      const list = slots(asked.number, asked.world).map((slot) => shown(asked, slot))
      return success('List devices', list.length > 0 ? list : null)
    },
  },
  {
    method: 'POST',
    path: /\/devices$/,
    since: [8, 0],
    global: true,
    strict: true,
    answer(asked) {
      const { number, world, body } = asked
      const id = string(body.device_id)?.trim() || `slot-${world.newMessageId().toLowerCase()}`
      const list = slots(number, world)
      if (list.some((one) => one.id === id)) return broken(`device ${id} already exists`)
      const hook = atLeast(number, 8, 10) && string(body.webhook_url) ? read(asked) : undefined
      const slot: Slot = { id, createdAt: world.now(), client: false, ...(hook && { webhook: hook }) }
      keepSlots(world, [...list, slot])
      return success('Device added', {
        id,
        display_name: '',
        jid: '',
        state: 'disconnected',
        created_at: rfc3339(slot.createdAt),
        ...(hook && words(hook)),
      })
    },
  },
  {
    method: 'GET',
    path: /\/devices\/([^/]+)$/,
    since: [8, 0],
    global: true,
    answer: known((asked, slot) => success('Device info', shown(asked, slot))),
  },
  {
    method: 'DELETE',
    path: /\/devices\/([^/]+)$/,
    since: [8, 0],
    global: true,
    answer: known(({ number, world }, slot) => {
      if (slot.client) world.logOut()
      keepSlots(
        world,
        slots(number, world).filter((one) => one.id !== slot.id),
      )
      return success('Device removed')
    }),
  },
  {
    method: 'GET',
    path: /\/devices\/([^/]+)\/webhook$/,
    since: [8, 10],
    global: true,
    answer: webhook((_, slot) =>
      success('Device webhook retrieved', { device_id: slot.id, ...words(slot.webhook) }),
    ),
  },
  {
    method: 'PATCH',
    path: /\/devices\/([^/]+)\/webhook$/,
    since: [8, 10],
    global: true,
    strict: true,
    answer: webhook((asked, slot) => {
      const { number, world, body } = asked
      if (typeof body.webhook_url !== 'string') return failure(400, 'BAD_REQUEST', 'webhook_url is required')
      const made = read(asked)
      keepSlots(
        world,
        slots(number, world).map((one) => (one.id === slot.id ? { ...one, webhook: made } : one)),
      )
      return success('Device webhook updated', { device_id: slot.id, ...words(made) })
    }),
  },
]
