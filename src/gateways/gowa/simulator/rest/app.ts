import type { WireResponse } from '../../../../simulator/port.ts'
import { struct } from '../go.ts'
import { ownJid } from '../names.ts'
import { qrPicture } from '../qr.ts'
import { atLeast, versionOf } from '../versions.ts'
import { type Asked, broken, failure, invalid, type Route, success } from './answers.ts'
import { keepSlots, type Slot, slots } from './slots.ts'

const deviceOf = ({ number, slot }: Asked): string => slot?.id ?? number.device ?? ownJid(number)
const isOnline = ({ number, slot }: Asked): boolean => number.connected && slot?.client !== false
/** The socket is open while a QR code waits to be scanned. */
const isSocketUp = (asked: Asked): boolean => {
  const until = asked.world.memory.get('pairing')
  return isOnline(asked) || (typeof until === 'number' && until > asked.world.now())
}

/** Logging in makes a slot the number's, if no other is. */
function begin(asked: Asked, phone?: string): ReturnType<Asked['world']['pair']> | WireResponse {
  const { number, slot, world } = asked
  if (isOnline(asked)) return failure(400, 'ALREADY_LOGGED_IN', 'you are already logged in.')
  if (slot && !slot.client) {
    const list = slots(number, world)
    if (list.some(({ client }) => client))
      return failure(
        500,
        'QR_CHANNEL_ERROR',
        'this simulated server has one number, and another device has it',
      )
    keepSlots(
      world,
      list.map((one): Slot => (one === slot ? { ...one, client: true } : one)),
    )
  } else if (!number.loggedOut && !number.connected) {
    return failure(401, 'AUTHENTICATION_ERROR', 'reconnect error')
  }
  const pairing = world.pair(phone)
  world.memory.set('pairing', world.now() + pairing.validMs)
  return pairing
}

/** The first QR code lives this long (s); GOWA makes the next one itself. */
const QR_SECONDS = 30

export const APP_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: /\/app\/login$/,
    answer(asked) {
      const pairing = begin(asked)
      if ('status' in pairing) return pairing
      const { request, world, number } = asked
      const name = world.keepMedia(qrPicture(pairing.qr ?? ''), 'image/png')
      const base = request.path.slice(0, request.path.indexOf('/app/login'))
      const qr_link = `http://${request.headers.host ?? '0.0.0.0:3000'}${base}/statics/qrcode/${name}`
      const device_id = atLeast(number, 8, 0) ? deviceOf(asked) : undefined
      return success('Login success', { device_id, qr_link, qr_duration: QR_SECONDS })
    },
  },
  {
    method: 'GET',
    path: /\/app\/login-with-code$/,
    answer(asked) {
      const { phone } = asked.query
      if (phone === undefined || !/^\+?[0-9]{1,15}$/.test(phone))
        return invalid('phone: must be in a valid format.')
      const pairing = begin(asked, phone.replace('+', ''))
      if ('status' in pairing) return pairing
      const device_id = atLeast(asked.number, 8, 0) ? deviceOf(asked) : undefined
      return success('Login with code success', { device_id, pair_code: pairing.code })
    },
  },
  {
    method: 'GET',
    path: /\/app\/logout$/,
    answer(asked) {
      if (asked.slot?.client !== false) asked.world.logOut()
      asked.world.memory.delete('pairing')
      return success('Success logout', { device_id: deviceOf(asked) })
    },
  },
  {
    method: 'GET',
    path: /\/app\/reconnect$/,
    answer: (asked) =>
      asked.number.loggedOut || asked.slot?.client === false
        ? broken(`device ${deviceOf(asked)} is not logged in (session deleted)`)
        : success('Reconnect success', { device_id: deviceOf(asked) }),
  },
  {
    method: 'GET',
    path: /\/app\/status$/,
    answer: (asked) =>
      success('Connection status retrieved', {
        is_connected: isSocketUp(asked),
        is_logged_in: isOnline(asked),
        ...(atLeast(asked.number, 8, 0) && { device_id: deviceOf(asked) }),
        ...(atLeast(asked.number, 8, 8) && { jid: asked.slot?.client === false ? '' : ownJid(asked.number) }),
      }),
  },
  {
    method: 'GET',
    path: /\/app\/devices$/,
    answer: (asked) => {
      const { number } = asked
      const device = struct({ name: number.name, device: deviceOf(asked), jid: ownJid(number) })
      return success('Fetch device success', asked.slot?.client === false ? null : [device])
    },
  },
  {
    method: 'GET',
    path: /\/app\/info$/,
    since: [9, 0],
    global: true,
    answer: ({ number }) =>
      success('App info retrieved', {
        version: `v${versionOf(number).join('.')}.0`,
        os: 'Pombo',
        base_path: '',
        max_file_size: 50_000_000,
        max_video_size: 100_000_000,
        max_image_size: 20_000_000,
        chatwoot_enabled: false,
      }),
  },
]
