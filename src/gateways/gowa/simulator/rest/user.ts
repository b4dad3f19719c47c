import { addressKind } from '../../../../core/address.ts'
import { parseLoose } from '../../wire/address.ts'
import { struct } from '../go.ts'
import { jid } from '../names.ts'
import { broken, failure, invalid, offline, type Route, string, success, toRecipient } from './answers.ts'
import { rawGroup } from './group.ts'

/** Answers only a number that is connected. */
const online =
  (act: Route['answer']): Route['answer'] =>
  (asked) =>
    offline(asked) ?? act(asked)

export const USER_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: /\/user\/check$/,
    answer: online(({ query, world }) => {
      const found = parseLoose(query.phone)?.address
      return success('Success check user', {
        is_on_whatsapp: found !== undefined && world.isOnWhatsApp(found),
      })
    }),
  },
  {
    method: 'GET',
    path: /\/user\/avatar$/,
    answer: toRecipient(({ world }, of) => {
      const known = world.people().some(({ address, aliases }) => address === of || aliases.includes(of))
      if (!known) return broken('that user or group does not have a profile picture')
      const url = `https://pps.whatsapp.net/v/t61.24694-24/${encodeURIComponent(of)}.jpg`
      return success('Success get avatar', struct({ url, id: '1767225600', type: 'image' }))
    }),
  },
  {
    method: 'POST',
    path: /\/user\/avatar$/,
    answer: online(({ files, world }) => {
      const { avatar } = files
      if (!avatar) return broken('there is no uploaded file associated with the given key')
      if (!/^image\/(jpeg|png)$/.test(avatar.mime))
        return failure(400, 'INVALID_IMAGE_FORMAT', 'the given data is not a valid image')
      world.memory.set('avatar', world.keepMedia(avatar.bytes, avatar.mime))
      return success('Success change avatar')
    }),
  },
  {
    method: 'POST',
    path: /\/user\/pushname$/,
    answer: online(({ body, world }) => {
      const name = string(body.push_name)
      if (name === undefined) return invalid('push_name: cannot be blank.')
      world.memory.set('pushname', name)
      return success('Success change push name')
    }),
  },
  {
    method: 'GET',
    path: /\/user\/my\/privacy$/,
    answer: online(() =>
      success(
        'Success get privacy',
        struct({
          group_add: 'contacts',
          last_seen: 'all',
          status: 'contact_blacklist',
          profile: 'all',
          read_receipts: 'all',
        }),
      ),
    ),
  },
  {
    method: 'GET',
    path: /\/user\/my\/groups$/,
    answer: online(({ world }) => {
      const groups = world.groups().slice(0, 500).map(rawGroup)
      return success('Success get list groups', struct({ data: groups.length > 0 ? groups : null }))
    }),
  },
  {
    method: 'GET',
    path: /\/user\/my\/contacts$/,
    answer: online(({ world }) => {
      const people = world.people().filter(({ address }) => addressKind(address) === 'phone')
      const data = people.map((party) => struct({ jid: jid(party), name: party.name ?? '' }))
      return success('Success get list contacts', struct({ data: data.length > 0 ? data : null }))
    }),
  },
]
