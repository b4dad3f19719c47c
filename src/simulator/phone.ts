import type { z } from 'zod'
import { type Address, address, parseAddress } from '../core/address.ts'
import type { Content } from '../core/events.ts'
import { type MessageId, messageId } from '../core/ids.ts'
import { ACTION_SCHEMAS, type ActionBody, type ActionName, type ContentSpec } from './action-schemas.ts'
import type { Door } from './door.ts'
import type { Faults } from './faults.ts'
import type { AskHub, HubChats } from './hub-chats.ts'
import { type Place, WorldError, type WorldMessage } from './model.ts'
import type { SimulatedGateway } from './port.ts'
import { EXAMPLE_PICTURE, SAMPLES } from './samples.ts'
import type { SimulatedWhatsApp } from './world.ts'

/** What the phone page can do beyond WhatsApp itself, filled by whoever runs the hub. */
export interface HubControl {
  /** Where people reach the hub. */
  url: string
  /** Ends the hub's process at once, the hard way; its supervisor brings it back. */
  kill?(): void
  /** Its API: who owns a chat, what a person decides. */
  ask?: AskHub
}

export interface PhoneParts {
  world: SimulatedWhatsApp
  faults: Faults
  door: Door
  gateways: ReadonlyMap<string, SimulatedGateway>
  hub: HubControl | undefined
  hubChats: HubChats
}

/** Every action over a world: what it does with a body of its schema. Throws {@link WorldError} for the impossible. */
export type PhoneActions = { readonly [N in ActionName]: (body: ActionBody<N>) => unknown }

/** A body checked against the action's schema, or what is wrong with it. */
export const parseAction = <N extends ActionName>(action: N, body: unknown): z.ZodSafeParseResult<unknown> =>
  ACTION_SCHEMAS[action].safeParse(body)

export function phoneActions(parts: PhoneParts): PhoneActions {
  const { world, faults, door, gateways, hub, hubChats } = parts
  const find = finder(world)
  const sent = (message: WorldMessage) => ({ id: message.id })
  const mustAnswer = () => {
    if (!hub?.ask) throw new WorldError('the hub runs elsewhere and cannot be asked from here')
  }
  const mustExist = (instance: string) => {
    if (!world.numbers.has(instance)) throw new WorldError(`there is no number "${instance}"`)
  }
  const quoted = (place: Place, target: string | undefined) =>
    target === undefined ? undefined : find.target(place, target)
  const at = (body: Parameters<typeof find.place>[0], target: string) => {
    const place = find.place(body)
    return [place, find.target(place, target)] as const
  }
  return {
    say: (body) => {
      const place = find.place(body)
      const content: Content = body.content ? contentOf(body.content, world) : textOf(body.text ?? '')
      return sent(world.say(place, content, quoted(place, body.replyTo)))
    },
    media: (body) => sent(world.say(find.place(body), examplePicture(body.text))),
    'own-message': (body) => {
      const place = find.place(body)
      return sent(world.sayByHand(place, textOf(body.text), quoted(place, body.replyTo)))
    },
    'read-by-hand': (body) => world.readByHand(find.place(body)),
    react: (body) => world.react(...at(body, body.target), body.emoji),
    edit: (body) => world.edit(...at(body, body.target), body.text),
    revoke: (body) => world.revoke(...at(body, body.target)),
    pin: (body) => world.pin(...at(body, body.target), body.pinned),
    vote: (body) => world.vote(...at(body, body.target), body.options),
    tap: (body) => sent(world.tap(...at(body, body.target), body.choice)),
    read: (body) => world.read(find.place(body)),
    presence: (body) => world.presence(find.place(body), body.state),
    call: (body) => ({ call: world.call(find.place(body), body.video) }),
    'hang-up': ({ call }) => world.hangUp(call),
    join: (body) => world.join(find.group(body.group), find.person(body.person)),
    'ask-to-join': (body) => world.askToJoin(find.group(body.group), find.person(body.person)),
    leave: (body) => world.leave(find.group(body.group), find.person(body.person)),
    members: ({ group, by, change, members }) => ({
      outcomes: world.changeMembers(find.group(group), find.person(by), change, members.map(find.person)),
    }),
    group: ({ group, by, ...change }) =>
      world.changeGroup(find.group(group), find.person(by), withoutUndefined(change)),
    'own-role': ({ group, by, role }) => world.setOwnRole(find.group(group), find.person(by), role),
    person: ({ digits, ...about }) => world.setPerson(digits, withoutUndefined(about)),
    number: ({ instance, connected, generation, skewMs, restart, downMs, logOut, pair, scan }) => {
      mustExist(instance)
      if (generation !== undefined) {
        const known = gateways.get(instance)?.generations ?? []
        if (!known.includes(generation))
          throw new WorldError(`this gateway has no generation "${generation}", only ${known.join(', ')}`)
        world.setGeneration(instance, generation)
      }
      if (skewMs !== undefined) world.setSkew(instance, skewMs)
      if (restart) door.restart(instance, downMs)
      if (logOut) world.logOut(instance)
      if (pair) world.view(instance).pair()
      if (scan) world.scan(instance)
      if (connected !== undefined) world.setConnected(instance, connected)
    },
    fault: ({ instance, delivery, answer, count, kinds, retryAfterS, lateMs, clear }) => {
      mustExist(instance)
      if (clear) faults.clear(instance)
      if (delivery !== undefined)
        faults.set(instance, { delivery: { fault: delivery, left: count, ...(kinds && { kinds }) } })
      if (answer !== undefined)
        faults.set(instance, {
          answer: { fault: answer, left: count, ...withoutUndefined({ retryAfterS, lateMs }) },
        })
    },
    kill: () => {
      if (!hub?.kill) throw new WorldError('the hub runs elsewhere and cannot be ended from here')
      hub.kill()
    },
    release: async (body) => {
      mustAnswer()
      const place = find.place(body)
      await hubChats.release(place.instance, place.group ?? address('phone', place.person))
      world.handBack(place)
    },
    resolve: async ({ command, decision }) => {
      mustAnswer()
      await hubChats.resolve(command, decision)
    },
  }
}

/** Finds what an action names: people and groups by name too, messages by where they stand. */
export function finder(world: SimulatedWhatsApp) {
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()
  const find = {
    /** Digits of a person. */
    person(named: string): string {
      if (world.people.has(named)) return named
      const people = [...world.people.values()]
      const found =
        people.find(({ name }) => same(name, named)) ??
        people.find(({ name }) => same(name.split(' ')[0] ?? '', named))
      if (!found) throw new WorldError(`there is nobody called "${named}"`)
      return found.digits
    },
    group(named: string): Address {
      const at = parseAddress(named)
      const found = [...world.groups.values()].find(
        (group) => group.address === at || same(group.name, named),
      )
      if (!found) throw new WorldError(`there is no group "${named}"`)
      return found.address
    },
    place(body: { instance: string; person: string; group?: string | undefined }): Place {
      return {
        instance: body.instance,
        person: find.person(body.person),
        ...(body.group !== undefined && { group: find.group(body.group) }),
      }
    },
    target(place: Place, named: string): MessageId {
      if (named !== 'last' && named !== 'own') return messageId(named)
      const by = named === 'own' ? place.person : undefined
      const at = place.group ?? address('phone', place.person)
      const chat = world.chats().find((one) => one.instance === place.instance && one.address === at)
      const found = chat?.messages.findLast((one) => one.by === by && one.revokedAt === undefined)
      if (!found) throw new WorldError('nothing has been said there')
      return found.id
    },
  }
  return find
}

const textOf = (text: string): Content => ({ type: 'text', text })

/** Content as WhatsApp has it. The bytes of a medium go where the gateway serves them. */
function contentOf(spec: ContentSpec, world: SimulatedWhatsApp): Content {
  switch (spec.type) {
    case 'text':
    case 'contacts':
    case 'poll':
      return spec
    case 'location':
      return withoutUndefined(spec)
    default: {
      const sample = SAMPLES[spec.type]
      const bytes = spec.base64 === undefined ? sample.bytes : Buffer.from(spec.base64, 'base64')
      const mime = spec.mime ?? sample.mime
      const fileName = spec.fileName ?? (spec.type === 'document' ? sample.fileName : undefined)
      return {
        type: spec.type,
        media: {
          source: { type: 'path', path: `statics/media/${world.keepMedia(bytes, mime)}` },
          mime,
          bytes: bytes.length,
          ...(fileName !== undefined && { fileName }),
          ...(sample.seconds !== undefined && { seconds: sample.seconds }),
        },
        ...(spec.text !== undefined && { text: spec.text }),
      }
    }
  }
}

const examplePicture = (caption: string | undefined): Content => ({
  type: 'image',
  media: {
    source: { type: 'path', path: `statics/media/${EXAMPLE_PICTURE}` },
    mime: 'image/png',
    fileName: EXAMPLE_PICTURE,
  },
  ...(caption !== undefined && { text: caption }),
})

/** What a schema leaves undefined is not there: the vocabulary tells the two apart. */
type Present<T> = { [K in keyof T]: Exclude<T[K], undefined> }
const withoutUndefined = <T extends object>(fields: T): Present<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>
