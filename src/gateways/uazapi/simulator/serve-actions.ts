import type { MessageId } from '../../../core/ids.ts'
import type { WireResponse } from '../../../simulator/port.ts'
import {
  answer,
  badPayload,
  choice,
  failure,
  found,
  list,
  type Routes,
  recipient,
  type Served,
  targetOf,
  word,
} from './rest.ts'

/** `/message/*` and calls: things done to what is there. */
export const actionRoutes: Routes = {
  'POST /message/react': { run: react },
  'POST /message/edit': { run: edit },
  'POST /message/delete': { run: deleteMessage },
  'POST /message/markread': { run: markRead },
  'POST /message/pin': { only: '2.1', run: pin },
  'POST /message/presence': { run: presence },
  'POST /message/download': { run: download },
  'POST /call/reject': { run: rejectCall },
}

const NOT_FOUND = 'message not found'

function react({ body, number, world }: Served): WireResponse {
  const to = recipient(body)
  const target = targetOf(body)
  if (to === undefined || target === '' || typeof body.text !== 'string') return badPayload()
  world.react(to, target, body.text)
  const messageid = world.newMessageId()
  return answer(200, {
    id: `${number.digits}:${messageid}`,
    messageid,
    content: body.text,
    messageTimestamp: world.now(),
    messageType: 'reaction',
    status: 'Pending',
    owner: number.digits,
  })
}

function edit(served: Served): WireResponse {
  const { body, number, world } = served
  const target = targetOf(body)
  const text = word(body, 'text')
  if (target === '' || text === '') return badPayload()
  const message = found(served, target)
  if (!message || !world.edit(message.chat, target, text)) return failure(404, NOT_FOUND)
  const messageid = world.newMessageId()
  return answer(200, {
    id: `${number.digits}:${messageid}`,
    messageid,
    content: text,
    messageTimestamp: world.now(),
    messageType: 'conversation',
    status: 'Pending',
    owner: number.digits,
  })
}

function deleteMessage(served: Served): WireResponse {
  const { body, world } = served
  const target = targetOf(body)
  if (target === '') return badPayload()
  const message = found(served, target)
  if (!message || !world.revoke(message.chat, target)) return failure(404, NOT_FOUND)
  return answer(200, { timestamp: new Date(world.now()).toISOString(), id: target })
}

/** Answers per message; the ones of one chat are read at once. */
function markRead(served: Served): WireResponse {
  const ids = list(served.body, 'id')
  if (ids.length === 0) return badPayload()
  const byChat = Map.groupBy(ids, (id) => found(served, id)?.chat)
  for (const [chat, these] of byChat) {
    if (chat !== undefined)
      served.world.read(
        chat,
        these.map((id) => targetOf({ id })),
      )
  }
  const unknown = new Set(byChat.get(undefined))
  const results = ids.map((id) =>
    unknown.has(id)
      ? { message_id: id, status: 'error', error: NOT_FOUND }
      : { message_id: id, status: 'success' },
  )
  return answer(200, { results })
}

function pin(served: Served): WireResponse {
  const { body, number, world } = served
  const target = targetOf(body)
  if (target === '') return badPayload()
  const pinned = choice(body, 'pin') ?? true
  const message = found(served, target)
  if (!message || !world.pin(message.chat, target, pinned)) return failure(404, NOT_FOUND)
  const messageid = world.newMessageId()
  return answer(200, {
    id: `${number.digits}:${messageid}`,
    messageid,
    messageType: 'PinInChatMessage',
    messageTimestamp: world.now(),
    status: 'Pending',
    targetMessageID: target,
    pinned,
  })
}

function presence({ body, world }: Served): WireResponse {
  const to = recipient(body)
  const state = word(body, 'presence')
  if (to === undefined || !['composing', 'recording', 'paused'].includes(state)) return badPayload()
  const ms = typeof body.delay === 'number' ? body.delay : 300_000
  world.typing(to, state === 'paused' ? 'stop' : 'start', ms)
  return answer(200, { response: 'Chat presence sent successfully' })
}

/** A link below this server. Real ones are absolute, and live two days. */
function download(served: Served): WireResponse {
  const { body, world } = served
  const message = found(served, word(body, 'id'))
  if (!message) return failure(404, NOT_FOUND)
  const { content } = message.message
  if (!('media' in content)) return failure(400, 'message has no media')
  const { source, mime } = content.media
  const name =
    source.type === 'path' ? source.path.slice(source.path.lastIndexOf('/') + 1) : nameOf(served, message.id)
  const kept = world.media(name)
  const mimetype = mime ?? kept?.mime ?? 'application/octet-stream'
  const fileURL = source.type === 'url' ? source.url : `files/${name}`
  return answer(200, {
    ...(choice(body, 'return_link') !== false && { fileURL }),
    mimetype,
    ...(body.return_base64 === true && kept && { base64Data: Buffer.from(kept.bytes).toString('base64') }),
  })
}
/** A medium nobody gave the bytes of gets some. */
const nameOf = ({ world }: Served, id: MessageId): string =>
  world.keepMedia(Buffer.from(`medium of ${id}`), 'application/octet-stream')

function rejectCall({ body, world }: Served): WireResponse {
  const id = word(body, 'id')
  if (id !== '' && !world.rejectCall(id)) return failure(404, 'call not found')
  return answer(200, { response: 'Call rejected' })
}
