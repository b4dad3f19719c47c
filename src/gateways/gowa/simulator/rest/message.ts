import { messageId } from '../../../../core/ids.ts'
import type { FoundMessage } from '../../../../simulator/port.ts'
import { struct } from '../go.ts'
import { atLeast } from '../versions.ts'
import {
  type Asked,
  broken,
  done,
  failure,
  invalid,
  offline,
  type Route,
  string,
  success,
  toRecipient,
} from './answers.ts'

const found = ({ world, id }: Asked): FoundMessage | undefined => world.find?.({ id: messageId(id) })[0]
const notFound = ({ id }: Asked) => broken(`message with ID ${id} not found`)

export const MESSAGE_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: /\/message\/([^/]+)\/reaction$/,
    answer: toRecipient(({ body, world, id }, to) => {
      world.react(to, messageId(id), typeof body.emoji === 'string' ? body.emoji : '')
      return done('Reaction sent to', world.newMessageId(), to, world.now())
    }),
  },
  {
    method: 'POST',
    path: /\/message\/([^/]+)\/revoke$/,
    answer: toRecipient((asked, to) => {
      const { world, id } = asked
      if (!world.revoke(to, messageId(id))) return notFound(asked)
      return done('Revoke success', world.newMessageId(), to, world.now())
    }),
  },
  {
    method: 'POST',
    path: /\/message\/([^/]+)\/update$/,
    answer: toRecipient((asked, to) => {
      const { body, world, id } = asked
      const text = string(body.message)
      if (text === undefined) return invalid('message: cannot be blank.')
      if (!world.edit(to, messageId(id), text)) return notFound(asked)
      return done('Update message success', world.newMessageId(), to, world.now())
    }),
  },
  {
    method: 'POST',
    path: /\/message\/([^/]+)\/forward$/,
    since: [8, 11],
    answer: toRecipient((asked, to) => {
      const source = found(asked)
      const id = source && asked.world.forward(source.chat, source.id, to)
      return id === undefined ? notFound(asked) : done('Message forwarded to', id, to, asked.world.now())
    }),
  },
  {
    method: 'POST',
    path: /\/message\/([^/]+)\/read$/,
    answer: toRecipient(({ world, id }, to) => {
      world.read(to, [messageId(id)])
      const status = `Mark as read success ${id}`
      return success(status, struct({ message_id: id, status }))
    }),
  },
  {
    method: 'POST',
    path: /\/message\/([^/]+)\/delete$/,
    answer: toRecipient((asked, to) =>
      asked.world.deleteForMe(to, messageId(asked.id))
        ? success('Message deleted successfully')
        : notFound(asked),
    ),
  },
  {
    method: 'POST',
    path: /\/message\/([^/]+)\/star$/,
    answer: toRecipient((asked, to) =>
      asked.world.star(to, messageId(asked.id), true) ? success('Starred message') : notFound(asked),
    ),
  },
  {
    method: 'POST',
    path: /\/message\/([^/]+)\/unstar$/,
    answer: toRecipient((asked, to) =>
      asked.world.star(to, messageId(asked.id), false) ? success('Unstarred message') : notFound(asked),
    ),
  },
  {
    method: 'GET',
    path: /\/message\/([^/]+)\/download$/,
    answer: toRecipient((asked) => {
      const { world, number, id } = asked
      const content = found(asked)?.message.content
      if (!content) return notFound(asked)
      if (!('media' in content)) return broken(`message ${id} does not contain downloadable media`)
      const { source, mime = 'application/octet-stream', fileName } = content.media
      // What lies elsewhere is no file of this server; something of its type stands in for it.
      const file_path =
        source.type === 'path'
          ? source.path
          : `statics/media/${world.keepMedia(Buffer.from(`simulated ${content.type}`), mime)}`
      return success('Media downloaded successfully', {
        message_id: id,
        status: 'Media downloaded successfully',
        media_type: content.type === 'voice' ? 'ptt' : content.type.replace('-', '_'),
        filename: fileName ?? file_path.slice(file_path.lastIndexOf('/') + 1),
        file_path,
        // GOWA's own idea of its address.
        file_url: atLeast(number, 8, 8) ? `http://0.0.0.0:3000/${file_path}` : undefined,
        file_size: world.media(file_path.slice(file_path.lastIndexOf('/') + 1))?.bytes.length ?? 0,
      })
    }),
  },
  {
    method: 'POST',
    path: /\/call\/reject$/,
    since: [8, 9],
    answer(asked) {
      const call = string(asked.body.call_id)
      if (string(asked.body.caller_jid) === undefined) return invalid('caller_jid: cannot be blank.')
      if (call === undefined) return invalid('call_id: cannot be blank.')
      const down = offline(asked)
      if (down) return down
      return asked.world.rejectCall(call)
        ? success('Call rejected successfully')
        : failure(500, 'INTERNAL_SERVER_ERROR', 'failed to reject call')
    },
  },
]
