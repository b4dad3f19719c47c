import { crc32 } from 'node:zlib'
import type { WireResponse } from '../../../simulator/port.ts'
import { answer, badPayload, failure, type Json, type Routes, remembered, type Served, word } from './rest.ts'

/** `/instance/*` and `/profile/*` of one instance. */
export const instanceRoutes: Routes = {
  'GET /instance/status': { offline: true, run: status },
  'POST /instance/connect': { offline: true, run: connect },
  'POST /instance/disconnect': { offline: true, run: disconnect },
  'POST /instance/updateInstanceName': { offline: true, run: rename },
  'DELETE /instance': { offline: true, run: remove },
  'GET /instance/wa_messages_limits': { only: '2.1', run: () => answer(200, MESSAGE_LIMITS) },
  'GET /instance/privacy': { run: (served) => answer(200, privacyOf(served)) },
  'POST /instance/privacy': { run: setPrivacy },
  'POST /profile/name': { run: profileName },
  'POST /profile/image': { run: profileImage },
}

/** A number that WhatsApp keeps from nothing. */
const MESSAGE_LIMITS = {
  provider: 'whatsapp',
  reachable: true,
  can_send_new_messages: true,
  error_key: '',
  message: '',
  new_chat_message_capping: { available: true, status: 'NONE', used_quota: 0, total_quota: 0 },
  reachout_timelock: { available: true, active: false, until: '', enforcement_type: '' },
}

const JID_SERVER = 's.whatsapp.net'

/** The instance as every answer shows it: with its live token. */
export function wireInstance(served: Served): Json {
  const { made, number, world } = served
  const currentTime = new Date(world.now()).toISOString()
  if (made) {
    return {
      ...made,
      status: 'disconnected',
      paircode: '',
      qrcode: '',
      profileName: '',
      owner: '',
      currentTime,
    }
  }
  const { connected, digits, loggedOut } = number
  const codes = remembered(served, 'codes', { qrcode: '', paircode: '' })
  const waits = !connected && (codes.qrcode !== '' || codes.paircode !== '')
  return {
    id: 'r00000000000000',
    token: number.token,
    status: connected ? 'connected' : waits ? 'connecting' : 'disconnected',
    paircode: connected ? '' : codes.paircode,
    qrcode: connected ? '' : codes.qrcode,
    name: remembered(served, 'instance-name', number.instance),
    profileName: remembered(served, 'profile-name', number.name),
    profilePicUrl: '',
    isBusiness: false,
    plataform: '',
    systemName: 'uazapiGO',
    owner: digits,
    lastDisconnect: '',
    lastDisconnectReason: loggedOut ? '401: logged out from another device' : '',
    adminField01: '',
    adminField02: '',
    openai_apikey: '',
    chatbot_enabled: false,
    currentTime,
  }
}

function status(served: Served): WireResponse {
  const connected = !served.made && served.number.connected
  return answer(200, {
    instance: wireInstance(served),
    status: { connected, loggedIn: connected, jid: jidOf(served) },
  })
}
const jidOf = ({ made, number }: Served): Json | null =>
  !made && number.connected ? { user: number.digits, agent: 0, device: 1, server: JID_SERVER } : null

function connect(served: Served): WireResponse {
  const { body, line, made, number, world } = served
  const phone = word(body, 'phone')
  if (phone === '' ? line === '1.0' : !/^[0-9]{10,15}$/.test(phone)) return failure(400, 'Invalid phone')
  // Nobody holds a phone over an instance without a number.
  if (!made && !number.connected) {
    const { qr, code } = world.pair(phone === '' ? undefined : phone)
    world.memory.set('codes', { qrcode: qr === undefined ? '' : picture(qr), paircode: code ?? '' })
  }
  const connected = !made && number.connected
  return answer(200, { connected, loggedIn: connected, jid: jidOf(served), instance: wireInstance(served) })
}

/** A picture of one pixel that holds the text of the QR code where pictures hold text. */
function picture(text: string): string {
  const chunk = (type: string, data: Buffer): Buffer => {
    const typed = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const frame = Buffer.alloc(8)
    frame.writeUInt32BE(data.length, 0)
    frame.writeUInt32BE(crc32(typed), 4)
    return Buffer.concat([frame.subarray(0, 4), typed, frame.subarray(4)])
  }
  const png = Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])),
    chunk('tEXt', Buffer.from(`qr\0${text}`, 'latin1')),
    chunk('IDAT', Buffer.from('789c636000000002000148afa471', 'hex')),
    chunk('IEND', Buffer.alloc(0)),
  ])
  return `data:image/png;base64,${png.toString('base64')}`
}

function disconnect(served: Served): WireResponse {
  if (!served.made) {
    served.world.memory.set('codes', { qrcode: '', paircode: '' })
    served.world.logOut()
  }
  return answer(200, {
    instance: wireInstance(served),
    response: 'Disconnected',
    info: 'The instance needs a new QR code to connect again.',
  })
}

function rename(served: Served): WireResponse {
  const name = word(served.body, 'name')
  if (name === '') return badPayload()
  if (served.made) served.made.name = name
  else served.world.memory.set('instance-name', name)
  return answer(200, wireInstance(served))
}

/** From then on its token is unknown. */
function remove(served: Served): WireResponse {
  const { made, world } = served
  if (made) {
    const kept = remembered<Json[]>(served, 'instances', []).filter(({ id }) => id !== made.id)
    world.memory.set('instances', kept)
  } else {
    world.logOut()
    world.memory.set('deleted', true)
  }
  return answer(200, { response: 'Instance Deleted', info: 'The device has been disconnected.' })
}

const PRIVACY = {
  groupadd: 'all',
  last: 'all',
  status: 'all',
  profile: 'all',
  readreceipts: 'all',
  online: 'all',
  calladd: 'all',
}
const AUDIENCE = ['all', 'contacts', 'contact_blacklist', 'none']
const PRIVACY_WORDS: Readonly<Record<string, readonly string[]>> = {
  groupadd: AUDIENCE,
  last: AUDIENCE,
  status: AUDIENCE,
  profile: AUDIENCE,
  readreceipts: ['all', 'none'],
  online: ['all', 'match_last_seen'],
  calladd: ['all', 'known'],
}
const privacyOf = (served: Served) => remembered(served, 'privacy', PRIVACY)
function setPrivacy(served: Served): WireResponse {
  const entries = Object.entries(served.body)
  const known = entries.every(
    ([key, value]) => typeof value === 'string' && PRIVACY_WORDS[key]?.includes(value),
  )
  if (!known || entries.length === 0) return failure(400, 'invalid privacy settings')
  const next = { ...privacyOf(served), ...served.body }
  served.world.memory.set('privacy', next)
  return answer(200, next)
}

function profileName(served: Served): WireResponse {
  const name = word(served.body, 'name')
  if (name === '' || name.length > 25) return failure(400, 'invalid name')
  served.world.memory.set('profile-name', name)
  return profileAnswer(served, 'Profile name updated', { name })
}
function profileImage(served: Served): WireResponse {
  const image = word(served.body, 'image')
  if (image === '') return failure(400, 'invalid image')
  const removed = image === 'remove' || image === 'delete'
  served.world.memory.set('profile-image', removed ? '' : 'set')
  return profileAnswer(served, 'Profile image updated', { image_updated: !removed, image_removed: removed })
}
const profileAnswer = ({ world }: Served, message: string, profile: Json): WireResponse =>
  answer(200, {
    success: true,
    message,
    profile: { ...profile, updated_at: Math.floor(world.now() / 1000) },
  })
