import { z } from 'zod'
import { type Address, address, parseAddress } from '../core/address.ts'
import {
  COMMAND_TYPES,
  type Command,
  type CommandType,
  MAX_DATA_BYTES,
  PIX_KEY_TYPES,
} from '../core/commands.ts'
import { MEDIA_TYPES } from '../core/events.ts'
import { messageId as asMessageId } from '../core/ids.ts'
import { inOurWords, mustBeOneOf } from './validation.ts'

/** WhatsApp's own limit on a text. */
export const MAX_TEXT = 65_536
const MAX_NAME = 255
const MAX_URL = 2048
const MAX_LIST = 256
/** Base64 takes four characters for three bytes; the rest is the type before it. */
const MAX_DATA_URL = Math.ceil(MAX_DATA_BYTES / 3) * 4 + 200

const PHONE_LIKE = /^\+?[0-9\s()-]+$/
/** Somebody, as people write a number or as the hub writes an address. */
export const who: z.ZodType<Address, string> = z
  .string()
  .min(1)
  .max(150)
  .transform((text, context): Address => {
    const written = PHONE_LIKE.test(text) ? address('phone', text.replace(/[^0-9]/g, '')) : text
    const found = parseAddress(written)
    if (found !== undefined) return found
    context.addIssue({
      code: 'custom',
      message: 'must be an international phone number or an address (group:…, private:…)',
    })
    return z.NEVER
  })
/** A phone number as people write it → its digits. */
export const phone = z
  .string()
  .regex(/^\+?[0-9\s()-]{5,30}$/, 'must be an international phone number')
  .transform((text) => text.replace(/[^0-9]/g, ''))
const people = z.array(who).min(1).max(MAX_LIST)

const text = z.string().min(1).max(MAX_TEXT)
const name = z.string().min(1).max(MAX_NAME)
const messageId = z.string().min(1).max(128).transform(asMessageId)
const url = z.url({ protocol: /^https?$/, error: 'must be an absolute http or https URL' }).max(MAX_URL)
const DATA_URL =
  /^data:[\w.+-]{1,60}\/[\w.+-]{1,80}(;[\w.+-]{1,40}=[^;,]{0,80}){0,3};base64,[A-Za-z0-9+/]+={0,2}$/
/** Where the bytes are, or the bytes themselves. */
export const contentUrl = z.union(
  [
    url,
    z
      .string()
      .max(MAX_DATA_URL, `must hold at most ${MAX_DATA_BYTES / 1024 / 1024} MiB`)
      .regex(DATA_URL),
  ],
  { error: 'must be an absolute http or https URL, or data:<type>;base64,<bytes>' },
)
/** A picture, or nothing in its place. */
export const pictureUrl = z.union([contentUrl, z.literal('')], {
  error: 'must be an absolute http or https URL, data:<type>;base64,<bytes>, or empty to take it away',
})
const on = z.boolean()
const seconds = z
  .number()
  .int()
  .min(0)
  .max(365 * 86_400)

/** An optional key is left out of the command when it is left out of the request. */
const said = { replyTo: messageId.exactOptional() }
const mentions = z.union([people, z.literal('all')]).exactOptional()
const button = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('reply'), id: name, text: name }),
  z.strictObject({ type: z.literal('url'), text: name, url }),
  z.strictObject({ type: z.literal('call'), text: name, phone: name }),
  z.strictObject({ type: z.literal('copy'), text: name, code: name }),
])
const pixKey = { key: name, keyType: z.enum(PIX_KEY_TYPES), name: name.exactOptional() }

const groupSetting = z.discriminatedUnion('set', [
  z.strictObject({ set: z.literal('name'), name }),
  z.strictObject({
    set: z.literal('description'),
    description: z.string().max(2048),
  }),
  z.strictObject({
    set: z.literal('picture'),
    url: pictureUrl,
  }),
  z.strictObject({ set: z.enum(['locked', 'announce', 'approval']), on }),
  z.strictObject({ set: z.literal('ephemeral'), seconds }),
])
const chatSetting = z.discriminatedUnion('set', [
  z.strictObject({ set: z.enum(['archived', 'pinned', 'blocked', 'read']), on }),
  z.strictObject({
    set: z.literal('muted'),
    hours: z.number().int().min(-1).max(8760),
  }),
  z.strictObject({ set: z.literal('ephemeral'), seconds }),
  z.strictObject({ set: z.literal('labels'), labels: z.array(name).max(MAX_LIST) }),
  z.strictObject({ set: z.literal('label'), label: name, on }),
  z.strictObject({ set: z.literal('notes'), notes: z.string().max(MAX_TEXT) }),
  z.strictObject({ set: z.literal('deleted'), messages: on.exactOptional() }),
])

const latitude = z.number().min(-90).max(90)
const longitude = z.number().min(-180).max(180)
const preview = z.strictObject({
  title: name.exactOptional(),
  description: z.string().max(1000).exactOptional(),
  imageUrl: url.exactOptional(),
  large: on.exactOptional(),
})

/** A command as a request writes it: all of it but `to`. Defaults are the gateway's. */
const COMMAND_BODIES = {
  text: z.strictObject({ text, mentions, linkPreview: z.union([on, preview]).exactOptional(), ...said }),
  media: z.strictObject({
    media: z.enum(MEDIA_TYPES),
    url: contentUrl,
    text: text.exactOptional(),
    fileName: name.exactOptional(),
    viewOnce: on.exactOptional(),
    mentions,
    ...said,
  }),
  location: z.strictObject({
    latitude,
    longitude,
    name: name.exactOptional(),
    address: z.string().max(1000).exactOptional(),
    ...said,
  }),
  contact: z.strictObject({
    name,
    phones: z.array(name).min(1).max(10),
    organization: name.exactOptional(),
    ...said,
  }),
  poll: z.strictObject({
    text,
    options: z.array(name).min(2).max(12),
    choices: z.number().int().min(1).max(12).default(1),
    ...said,
  }),
  buttons: z.strictObject({
    text,
    buttons: z.array(button).min(1).max(10),
    footer: name.exactOptional(),
    imageUrl: url.exactOptional(),
    ...said,
  }),
  list: z.strictObject({
    text,
    button: name,
    sections: z
      .array(
        z.strictObject({
          title: name.exactOptional(),
          rows: z
            .array(z.strictObject({ id: name, text: name, description: name.exactOptional() }))
            .min(1)
            .max(100),
        }),
      )
      .min(1)
      .max(20),
    footer: name.exactOptional(),
    ...said,
  }),
  carousel: z.strictObject({
    text,
    cards: z
      .array(
        z.strictObject({
          text,
          imageUrl: url.exactOptional(),
          videoUrl: url.exactOptional(),
          buttons: z.array(button).min(1).max(10),
        }),
      )
      .min(1)
      .max(10),
    ...said,
  }),
  pix: z.strictObject({ ...pixKey, ...said }),
  payment: z.strictObject({
    amount: z.number().positive().max(1_000_000).multipleOf(0.01),
    title: name.exactOptional(),
    text: text.exactOptional(),
    footer: name.exactOptional(),
    itemName: name.exactOptional(),
    invoice: name.exactOptional(),
    pix: z.strictObject(pixKey).exactOptional(),
    paymentUrl: url.exactOptional(),
    fileUrl: url.exactOptional(),
    boleto: name.exactOptional(),
    ...said,
  }),
  status: z.strictObject({
    text: z.string().min(1).max(656).exactOptional(),
    media: z.enum(MEDIA_TYPES).exactOptional(),
    url: contentUrl.exactOptional(),
    color: z.number().int().min(1).max(19).exactOptional(),
    font: z.number().int().min(0).max(10).exactOptional(),
  }),
  forward: z.strictObject({ target: messageId, from: who }),
  edit: z.strictObject({ target: messageId, text }),
  react: z.strictObject({ target: messageId, emoji: z.string().max(32), own: on.exactOptional() }),
  revoke: z.strictObject({ target: messageId }),
  'delete-for-me': z.strictObject({ target: messageId }),
  read: z.strictObject({ targets: z.array(messageId).min(1).max(100) }),
  star: z.strictObject({ target: messageId, starred: on }),
  pin: z.strictObject({
    target: messageId,
    pinned: on,
    days: z.union([z.literal(1), z.literal(7), z.literal(30)]).exactOptional(),
  }),
  'remove-member': z.strictObject({ members: people }),
  members: z.strictObject({
    change: z.enum(['add', 'promote', 'demote', 'approve', 'reject']),
    members: people,
  }),
  group: groupSetting,
  'leave-group': z.strictObject({}),
  chat: chatSetting,
  'reject-call': z.strictObject({ call: name }),
  lead: z.strictObject({
    fields: z.record(
      z.string().min(1).max(64),
      z.union([z.string().max(1000), z.number(), on, z.array(name).max(MAX_LIST)]),
    ),
  }),
} as const satisfies { [T in CommandType]: z.ZodType<BodyOf<T>> }

type WithoutTo<C> = C extends Command ? Omit<C, 'to'> : never
type BodyOf<T extends CommandType> = Omit<Extract<Command, { type: T }>, 'to' | 'type'>

/** What `type` and the rest of an object say as a command; faults go to `context`. */
function readCommand(
  { type, ...rest }: { type: string; [key: string]: unknown },
  beside: readonly string[],
  context: z.core.$RefinementCtx,
): WithoutTo<Command> {
  const refuse = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message })
  if (!Object.hasOwn(COMMAND_BODIES, type)) {
    refuse(['type'], mustBeOneOf(COMMAND_TYPES, type))
    return z.NEVER
  }
  const schema = COMMAND_BODIES[type as CommandType]
  const result = schema.safeParse(rest)
  if (result.success) return { type, ...result.data } as WithoutTo<Command>
  for (const issue of result.error.issues) refuse(issue.path, inOurWords(issue, rest, schema, beside))
  return z.NEVER
}

/** A whole request: whom it is for, and the command in the same object. */
export const commandRequest = z
  .looseObject({
    to: z.string().min(1).max(150),
    type: z.string(),
    /** Take the chat over for a person first. */
    claim: z.boolean().default(false),
  })
  .transform(({ to, claim, ...rest }, context) => ({
    to,
    claim,
    command: readCommand(rest, ['to', 'type', 'claim'], context),
  }))

/** A command with its recipient, as a campaign of the gateway lists them. */
export const addressedCommand = z
  .looseObject({ to: who, type: z.string() })
  .transform(
    ({ to, ...rest }, context): Command => ({ ...readCommand(rest, ['to', 'type'], context), to }) as Command,
  )
