import { z } from 'zod'
import { type Address, addressKind, addressValue } from '../../../core/address.ts'
import type { ConnectionState } from '../../../core/events.ts'
import type { Answer, RemoteInstance, ServerClient } from '../../../core/gateway.ts'
import { parseJid, parseLoose } from '../wire/address.ts'
import { isObject, word } from '../wire/fields.ts'
import { type Asking, given, listOf, refuse } from './asking.ts'
import type { Link } from './http.ts'
import { NEEDS } from './needs.ts'

const Device = z.object({ id: word, display_name: word, state: word, jid: word, phone_number: word })

const STATES: Readonly<Record<string, ConnectionState>> = {
  disconnected: 'disconnected',
  connecting: 'connecting',
  /** Its socket is open and nobody is logged in. */
  connected: 'logged-out',
  logged_in: 'connected',
}

/** The devices (slots) of a GOWA server, from 8.0.0. */
export function administration({ ask, tell }: Asking): ServerClient {
  return {
    async instances() {
      const list = await ask({ path: '/devices', need: NEEDS.devices }, listOf)
      return list.ok ? given(list.value.flatMap((raw) => deviceOf(raw) ?? [])) : list
    },
    async create(name) {
      const made = await ask(
        { method: 'POST', path: '/devices', body: { device_id: name }, need: NEEDS.devices, once: true },
        z.record(z.string(), z.unknown()),
      )
      if (!made.ok) return made
      const device = deviceOf(made.value)
      return device ? given(device) : refuse('gateway-bug', 'GOWA made a device and did not name it')
    },
    remove: (id) =>
      tell({
        method: 'DELETE',
        path: `/devices/${encodeURIComponent(id.toWellFormed())}`,
        need: NEEDS.devices,
      }),
  }
}

function deviceOf(raw: unknown): RemoteInstance | undefined {
  if (!isObject(raw)) return undefined
  const { id, display_name: name, state, jid, phone_number } = Device.parse(raw)
  if (id === undefined) return undefined
  const known = state !== undefined && Object.hasOwn(STATES, state) ? STATES[state] : undefined
  const phone = [parseJid(jid), parseLoose(phone_number)].find(
    (one) => one && addressKind(one.address) === 'phone',
  )?.address
  return { id, ...(name && { name }), ...(known && { state: known }), ...(phone && { phone }) }
}

export interface Devices {
  /** Slot id of this number; some paths need it, and the configuration may name the number instead. */
  own(): Promise<Answer<string>>
  /** Does a phone hold this number's login? Also while it is offline. */
  paired(): Promise<Answer<boolean>>
}
export function devices(asking: Asking, link: Link): Devices {
  async function find(): Promise<Answer<RemoteInstance>> {
    const list = await administration(asking).instances()
    if (!list.ok) return list
    const { device } = link
    const only = list.value.length === 1 ? list.value[0] : undefined
    const found = device === undefined ? only : list.value.find((one) => isNamed(one, device))
    return found
      ? given(found)
      : refuse('invalid', 'GOWA does not know the configured device; check `device` of this instance')
  }
  return {
    async own() {
      const found = await find()
      return found.ok ? given(found.value.id) : found
    },
    async paired() {
      const found = await find()
      return found.ok ? given(found.value.phone !== undefined) : found
    },
  }
}
const isNamed = ({ id, phone }: RemoteInstance, device: string): boolean =>
  id === device ||
  (phone !== undefined && [addressValue(phone), phone].includes(device as Address)) ||
  (phone !== undefined && parseJid(device)?.address === phone)
