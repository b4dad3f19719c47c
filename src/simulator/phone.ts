import { z } from 'zod'
import { type Address, address, parseAddress } from '../core/address.ts'
import type { Content } from '../core/events.ts'
import { messageId } from '../core/ids.ts'
import { ANSWER_FAULTS, DELIVERY_FAULTS, type Faults } from './faults.ts'
import { type AskHub, DECISIONS, type HubChats } from './hub-chats.ts'
import { type Place, WorldError, type WorldMessage } from './model.ts'
import type { SimulatedWhatsApp } from './world.ts'

/** The picture a person can attach, in `page/media`. */
export const EXAMPLE_PICTURE = 'example.png'

/** What the phone page can do beyond WhatsApp itself, filled by whoever runs the hub. */
export interface HubControl {
  /** Where people reach the hub. */
  url: string
  /** Ends the hub's process at once, the hard way; its supervisor brings it back. */
  kill?(): void
  /** Its API: who owns a chat, what a person decides. */
  ask?: AskHub
}

const digits = z.string().regex(/^[0-9]{5,20}$/)
const instance = z.string().min(1).max(63)
const id = z.string().min(1).max(128).transform(messageId)
const groupAddress = z
  .string()
  .max(150)
  .transform((text, context) => {
    const found = parseAddress(text)
    if (found) return found
    context.addIssue({ code: 'custom', message: 'must be an address like group:123' })
    return z.NEVER
  })
const place = { instance, person: digits, group: groupAddress.optional() }
const text = z.string().trim().min(1).max(4_096)
const emoji = z.string().max(16)
const optionalReply = { replyTo: id.optional() }

interface Action {
  schema: z.ZodType
  run(body: never): unknown
}
const action = <T>(schema: z.ZodType<T>, run: (body: T) => unknown): Action => ({ schema, run })

/** Every `POST /phone/<name>`: what it takes and what it does. */
export type PhoneActions = Readonly<Record<string, Action>>

/** The actions of the phone page over a world. */
export function phoneActions(
  world: SimulatedWhatsApp,
  faults: Faults,
  hub: HubControl | undefined,
  hubChats: HubChats,
): PhoneActions {
  const mustAnswer = () => {
    if (!hub?.ask) throw new WorldError('the hub runs elsewhere and cannot be asked from here')
  }
  const textContent = (body: { text: string }): Content => ({ type: 'text', text: body.text })
  const sent = (message: WorldMessage) => ({ id: message.id })
  const inGroup = z.strictObject({ group: groupAddress, person: digits })
  return {
    say: action(z.strictObject({ ...place, text, ...optionalReply }), (body) =>
      sent(world.say(where(body), textContent(body), body.replyTo)),
    ),
    media: action(z.strictObject({ ...place, text: text.optional() }), (body) =>
      sent(world.say(where(body), examplePicture(body.text))),
    ),
    react: action(z.strictObject({ ...place, target: id, emoji }), (body) =>
      world.react(where(body), body.target, body.emoji),
    ),
    edit: action(z.strictObject({ ...place, target: id, text }), (body) =>
      world.edit(where(body), body.target, body.text),
    ),
    revoke: action(z.strictObject({ ...place, target: id }), (body) =>
      world.revoke(where(body), body.target),
    ),
    read: action(z.strictObject(place), (body) => world.read(where(body))),
    'own-message': action(z.strictObject({ ...place, text, ...optionalReply }), (body) =>
      sent(world.sayByHand(where(body), textContent(body), body.replyTo)),
    ),
    join: action(inGroup, (body) => world.join(body.group, body.person)),
    leave: action(inGroup, (body) => world.leave(body.group, body.person)),
    fault: action(
      z.strictObject({
        instance,
        delivery: z.enum(DELIVERY_FAULTS).optional(),
        answer: z.enum(ANSWER_FAULTS).optional(),
        count: z.int().min(1).max(100).default(1),
        connected: z.boolean().optional(),
      }),
      (body) => {
        if (!world.numbers.has(body.instance)) throw new WorldError(`there is no number "${body.instance}"`)
        if (body.delivery !== undefined) faults.set(body.instance, { delivery: body.delivery })
        if (body.answer !== undefined)
          faults.set(body.instance, { answer: { fault: body.answer, left: body.count } })
        if (body.connected !== undefined) world.setConnected(body.instance, body.connected)
      },
    ),
    kill: action(z.strictObject({}), () => {
      if (!hub?.kill) throw new WorldError('the hub runs elsewhere and cannot be ended from here')
      hub.kill()
    }),
    release: action(z.strictObject(place), async (body) => {
      mustAnswer()
      await hubChats.release(body.instance, body.group ?? address('phone', body.person))
      world.handBack(where(body))
    }),
    resolve: action(z.strictObject({ command: z.guid(), decision: z.enum(DECISIONS) }), async (body) => {
      mustAnswer()
      await hubChats.resolve(body.command, body.decision)
    }),
  }
}

const where = (body: { instance: string; person: string; group?: Address | undefined }): Place => ({
  instance: body.instance,
  person: body.person,
  ...(body.group !== undefined && { group: body.group }),
})

const examplePicture = (caption: string | undefined): Content => ({
  type: 'image',
  media: {
    source: { type: 'path', path: `statics/media/${EXAMPLE_PICTURE}` },
    mime: 'image/png',
    fileName: EXAMPLE_PICTURE,
  },
  ...(caption !== undefined && { text: caption }),
})
