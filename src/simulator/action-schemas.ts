import { z } from 'zod'
import { EVENT_KINDS, MEDIA_TYPES, PRESENCE_STATES } from '../core/events.ts'
import { ANSWER_FAULTS, DELIVERY_FAULTS } from './faults.ts'
import { DECISIONS } from './hub-chats.ts'
import { SHOWN } from './model.ts'

const name = z.string().min(1).max(63)
const instance = name.describe('One of our numbers.')
const person = name.describe('Somebody: the digits of their number, or their name.')
const group = z.string().min(1).max(150).describe('A group: its address, or its name.')
const target = z
  .string()
  .min(1)
  .max(128)
  .describe('A message: its id, `last` (what our number said last there), or `own` (the person’s own last).')
const text = z.string().trim().min(1).max(4_096)
const milliseconds = z.int().min(0).max(86_400_000)
const place = { instance, person, group: group.optional() }
const replyTo = target.optional()

/** What somebody can say beside text. A medium without `base64` is a small sample of its type. */
export const contentSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text }),
  z.strictObject({
    type: z.enum(MEDIA_TYPES),
    text: text.optional(),
    fileName: z.string().min(1).max(200).optional(),
    mime: z.string().min(3).max(100).optional(),
    base64: z.base64().optional(),
  }),
  z.strictObject({
    type: z.literal('location'),
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
    name: text.optional(),
    address: text.optional(),
  }),
  z.strictObject({
    type: z.literal('contacts'),
    contacts: z
      .array(z.strictObject({ name: text, phones: z.array(z.string().min(3).max(30)).max(5) }))
      .min(1)
      .max(10),
  }),
  z.strictObject({
    type: z.literal('poll'),
    text,
    options: z.array(text).min(2).max(12),
    choices: z.int().min(0).max(12).default(1),
  }),
])
export type ContentSpec = z.infer<typeof contentSchema>

/**
 * Every action of the simulator: what `POST /phone/<name>` takes, and a step of a scenario after `do`.
 * `place` is `instance` and `person`, with `group` when it is not their direct chat.
 */
export const ACTION_SCHEMAS = {
  say: z
    .strictObject({ ...place, text: text.optional(), content: contentSchema.optional(), replyTo })
    .refine(({ text: words, content }) => (words === undefined) !== (content === undefined), {
      message: 'exactly one of text and content is needed',
    }),
  media: z.strictObject({ ...place, text: text.optional() }),
  'own-message': z.strictObject({ ...place, text, replyTo }),
  'read-by-hand': z.strictObject(place),
  react: z.strictObject({ ...place, target, emoji: z.string().max(16) }),
  edit: z.strictObject({ ...place, target, text }),
  revoke: z.strictObject({ ...place, target }),
  pin: z.strictObject({ ...place, target, pinned: z.boolean().default(true) }),
  vote: z.strictObject({ ...place, target, options: z.array(text).max(12) }),
  tap: z.strictObject({ ...place, target, choice: text }),
  read: z.strictObject(place),
  presence: z.strictObject({ ...place, state: z.enum(PRESENCE_STATES) }),
  call: z.strictObject({ instance, person, video: z.boolean().default(false) }),
  'hang-up': z.strictObject({ call: z.string().min(1).max(64) }),
  join: z.strictObject({ group, person }),
  'ask-to-join': z.strictObject({ group, person }),
  leave: z.strictObject({ group, person }),
  members: z.strictObject({
    group,
    by: person,
    change: z.enum(['add', 'remove', 'promote', 'demote', 'approve', 'reject']),
    members: z.array(person).min(1).max(50),
  }),
  group: z.strictObject({
    group,
    by: person,
    name: text.optional(),
    description: text.optional(),
    locked: z.boolean().optional(),
    announce: z.boolean().optional(),
    approval: z.boolean().optional(),
    ephemeralSeconds: z.int().min(0).optional(),
    deleted: z.boolean().optional(),
  }),
  'own-role': z.strictObject({ group, by: person, role: z.enum(['admin', 'member', 'gone']) }),
  person: z.strictObject({
    digits: z.string().regex(/^[0-9]{5,20}$/),
    name: name.optional(),
    shows: z.enum(SHOWN).optional(),
    devices: z.int().min(0).max(4).optional(),
  }),
  number: z.strictObject({
    instance,
    connected: z.boolean().optional(),
    generation: name.optional(),
    skewMs: z.int().min(-864_000_000).max(864_000_000).optional(),
    restart: z.boolean().optional(),
    downMs: milliseconds.optional(),
    logOut: z.boolean().optional(),
    pair: z.boolean().optional().describe('The gateway is asked for a QR.'),
    scan: z.boolean().optional().describe('Somebody scans the QR that is offered.'),
  }),
  fault: z.strictObject({
    instance,
    delivery: z.enum(DELIVERY_FAULTS).optional(),
    kinds: z.array(z.enum(EVENT_KINDS)).min(1).optional(),
    answer: z.enum(ANSWER_FAULTS).optional(),
    count: z.int().min(1).max(1_000).default(1),
    retryAfterS: z.int().min(0).max(3_600).optional(),
    lateMs: milliseconds.optional(),
    clear: z.boolean().optional(),
  }),
  kill: z.strictObject({}),
  release: z.strictObject(place),
  resolve: z.strictObject({ command: z.guid(), decision: z.enum(DECISIONS) }),
} as const

export type ActionName = keyof typeof ACTION_SCHEMAS
export type ActionBody<N extends ActionName> = z.infer<(typeof ACTION_SCHEMAS)[N]>
