import { addressKind } from '../../../../core/address.ts'
import type { Party } from '../../../../core/events.ts'
import type { SimulatedGroup, World } from '../../../../simulator/port.ts'
import { formatJid, parseLoose } from '../../wire/address.ts'
import { struct } from '../go.ts'
import { hidden, jid, rfc3339 } from '../names.ts'
import {
  type Asked,
  bool,
  broken,
  failure,
  forbidden,
  invalid,
  offline,
  type Route,
  string,
  success,
  toGroup,
} from './answers.ts'

const phoneOf = (party: Party): string => (addressKind(party.address) === 'phone' ? (jid(party) ?? '') : '')

/** A group as Go writes whatsmeow's own structure. */
export const rawGroup = (group: SimulatedGroup) =>
  struct({
    JID: formatJid(group.address),
    Name: group.name,
    Topic: group.description ?? '',
    IsLocked: group.locked ?? false,
    IsAnnounce: group.announce ?? false,
    Participants: group.members.map((member) =>
      struct({
        JID: jid(member),
        PhoneNumber: phoneOf(member),
        LID: hidden(member) ?? '',
        IsAdmin: member.admin,
        IsSuperAdmin: false,
        DisplayName: '',
      }),
    ),
  })

type Change = Parameters<World['changeMembers']>[1]
const OUTCOMES = { 'not-a-member': 404, 'not-on-whatsapp': 404, 'not-admin': 403 } as const

/** `words`: of the whole answer. Without admin's rights WhatsApp refuses all of it. */
const change = (what: Change, words: string): Route['answer'] =>
  ((act) => (asked: Asked) => {
    const list = asked.body.participants
    if (!Array.isArray(list) || list.length === 0) return invalid('participants: cannot be blank.')
    return act(asked)
  })(
    toGroup(({ world, body }, _, address) => {
      const list = Array.isArray(body.participants) ? body.participants : []
      const members = list.map((one: unknown) => parseLoose(string(one))?.address)
      if (members.some((one) => one === undefined || (what === 'add' && !world.isOnWhatsApp(one))))
        return failure(400, 'INVALID_JID', 'user is not registered')
      const known = members.flatMap((one) => one ?? [])
      const outcomes = world.changeMembers(address, what, known)
      if (outcomes.length > 0 && outcomes.every((one) => one === 'not-admin')) return forbidden()
      return success(
        words,
        outcomes.map((outcome, index) => {
          const one = known[index]
          const participant = (one && formatJid(one)) ?? ''
          return outcome === 'done'
            ? struct({ participant, status: 'success', message: `Action ${what} success` })
            : struct({
                participant,
                status: 'error',
                message: `Action ${what} failed (code ${OUTCOMES[outcome]})`,
              })
        }),
      )
    }),
  )

/** Settings answer with words only. `read` tells the change, or what is wrong with the field. */
const setting = (
  read: (asked: Asked) => Parameters<World['changeGroup']>[1] | string,
  words: string,
): Route['answer'] =>
  toGroup((asked, _, address) => {
    const wanted = read(asked)
    if (typeof wanted === 'string') return invalid(wanted)
    return asked.world.changeGroup(address, wanted) ? success(words) : forbidden()
  })

export const GROUP_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: /\/group$/,
    answer(asked) {
      const title = string(asked.body.title)
      const list = asked.body.participants
      if (title === undefined) return invalid('title: cannot be blank.')
      if (!Array.isArray(list) || list.length === 0) return invalid('participants: cannot be blank.')
      const down = offline(asked)
      if (down) return down
      const members = list.map((one: unknown) => parseLoose(string(one))?.address)
      if (members.some((one) => one === undefined || !asked.world.isOnWhatsApp(one)))
        return failure(400, 'INVALID_JID', 'user is not registered')
      const group = asked.world.createGroup(
        title,
        members.flatMap((one) => one ?? []),
      )
      const group_id = formatJid(group.address)
      return success(`Success created group with id ${group_id}`, { group_id })
    },
  },
  {
    method: 'POST',
    path: /\/group\/join-with-link$/,
    answer(asked) {
      const link = string(asked.body.link)
      if (link === undefined) return invalid('link: cannot be blank.')
      const down = offline(asked)
      if (down) return down
      const group = asked.world.joinByLink(link)
      if (group === undefined) return broken('that group invite link is not valid')
      return success('Success joined group', { group_id: formatJid(group) })
    },
  },
  {
    method: 'GET',
    path: /\/group\/info-from-link$/,
    answer(asked) {
      const link = string(asked.query.link)
      if (link === undefined) return invalid('link: cannot be blank.')
      const down = offline(asked)
      if (down) return down
      const group = asked.world.groupByLink(link)
      if (!group) return broken('that group invite link is not valid')
      return success(
        'Success get group info from link',
        struct({
          group_id: formatJid(group.address),
          name: group.name,
          topic: group.description ?? '',
          created_at: rfc3339(asked.world.now()),
          participant_count: group.members.length,
          is_locked: group.locked ?? false,
          is_announce: group.announce ?? false,
          is_ephemeral: false,
          description: group.description ?? '',
        }),
      )
    },
  },
  {
    method: 'GET',
    path: /\/group\/info$/,
    answer: toGroup((_, group) => success('Success get group info', rawGroup(group))),
  },
  {
    method: 'GET',
    path: /\/group\/participants$/,
    answer: toGroup((_, group) =>
      success(
        'Success getting group participants',
        struct({
          group_id: formatJid(group.address),
          name: group.name,
          participants: group.members.map((member) =>
            struct({
              jid: jid(member),
              phone_number: phoneOf(member),
              lid: hidden(member),
              display_name: member.name,
              is_admin: member.admin,
              is_super_admin: false,
            }),
          ),
        }),
      ),
    ),
  },
  { method: 'POST', path: /\/group\/participants$/, answer: change('add', 'Success add participants') },
  {
    method: 'POST',
    path: /\/group\/participants\/remove$/,
    answer: change('remove', 'Success to remove participants'),
  },
  {
    method: 'POST',
    path: /\/group\/participants\/promote$/,
    answer: change('promote', 'Success promote participants'),
  },
  {
    method: 'POST',
    path: /\/group\/participants\/demote$/,
    answer: change('demote', 'Success demote participants'),
  },
  {
    method: 'GET',
    path: /\/group\/participant-requests$/,
    answer: toGroup(({ world }, group, address) => {
      if (!group.admin) return forbidden()
      const list = world.joinRequests(address).map((party) =>
        struct({
          jid: jid(party),
          phone_number: phoneOf(party),
          display_name: party.name,
          requested_at: rfc3339(world.now()),
        }),
      )
      return success('Success getting list requested participants', list.length > 0 ? list : null)
    }),
  },
  {
    method: 'POST',
    path: /\/group\/participant-requests\/approve$/,
    answer: change('approve', 'Success approve requested participants'),
  },
  {
    method: 'POST',
    path: /\/group\/participant-requests\/reject$/,
    answer: change('reject', 'Success reject requested participants'),
  },
  {
    method: 'GET',
    path: /\/group\/invite-link$/,
    answer: toGroup(({ world, query }, _, address) => {
      const invite_link = world.inviteLink(address, query.reset === 'true')
      if (invite_link === undefined)
        return broken("you don't have the permission to get the group's invite link")
      return success('Success get group invite link', { invite_link, group_id: formatJid(address) })
    }),
  },
  {
    method: 'POST',
    path: /\/group\/leave$/,
    answer: toGroup(({ world }, _, address) =>
      world.leaveGroup(address) ? success('Success leave group') : forbidden(),
    ),
  },
  {
    method: 'POST',
    path: /\/group\/name$/,
    answer: setting(({ body }) => {
      const name = string(body.name)
      if (name === undefined) return 'name: cannot be blank.'
      return [...name].length > 25 ? 'name: the length must be between 1 and 25.' : { name }
    }, 'Success set group name'),
  },
  {
    method: 'POST',
    path: /\/group\/topic$/,
    answer: setting(({ body }) => ({ description: string(body.topic) ?? '' }), 'Success set group topic'),
  },
  {
    method: 'POST',
    path: /\/group\/locked$/,
    answer: setting(({ body }) => ({ locked: bool(body.locked) }), 'Success set group locked'),
  },
  {
    method: 'POST',
    path: /\/group\/announce$/,
    answer: setting(({ body }) => ({ announce: bool(body.announce) }), 'Success set group announce'),
  },
  {
    method: 'POST',
    path: /\/group\/photo$/,
    answer: toGroup(({ world, files }, _, address) => {
      const { photo } = files
      if (photo && !/^image\/(jpeg|png)$/.test(photo.mime))
        return failure(400, 'INVALID_IMAGE_FORMAT', 'the given data is not a valid image')
      const picture = photo ? world.keepMedia(photo.bytes, photo.mime) : ''
      if (!world.changeGroup(address, { picture })) return forbidden()
      const message = photo ? 'Success update group photo' : 'Success remove group photo'
      return success(message, struct({ picture_id: photo ? '1767225600' : 'remove', message }))
    }),
  },
]
