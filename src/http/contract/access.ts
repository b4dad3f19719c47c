import { z } from 'zod'
import { SCOPES, USER_ROLES } from '../../core/access.ts'

/** Sessions, people, invitations, keys and the audit log, as they look on the wire. Times are ISO 8601, UTC. */

const time = z.iso.datetime()
const scopes = z.array(z.enum(SCOPES))
const page = <T extends z.ZodType>(row: T) =>
  z.object({
    data: z.array(row),
    next: z.string().nullable().meta({ description: 'The cursor of the next page' }),
  })
const id = (kind: string) => z.string().meta({ description: `Such as ${kind}_12` })
const token = z.string().min(1).max(200).meta({ description: 'What a one-time link ends with' })

/** Longest password taken; a longer one would only cost time. */
export const MAX_PASSWORD = 256
/** Shortest one that may be chosen. */
export const MIN_PASSWORD = 12
const secret = z.string().min(1).max(MAX_PASSWORD)
const newPassword = z
  .string()
  .max(MAX_PASSWORD)
  .meta({ description: `At least ${MIN_PASSWORD} characters, and none of those everybody knows` })
const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .meta({ description: 'What somebody is called where others read it' })
const login = z
  .string()
  .trim()
  .min(1)
  .max(254)
  .regex(/^[^\s\p{Cc}\p{Cf}]+$/u, 'must have no spaces and no invisible characters')
  .meta({ description: 'An e-mail address or another name to sign in with; case does not count' })

// --- session --------------------------------------------------------------------------------------

export const principal = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('user'),
    id: id('usr'),
    name: z.string(),
    login: z.string(),
    role: z.enum(USER_ROLES),
    scopes,
  }),
  z.object({ type: z.literal('key'), id: id('key'), name: z.string(), scopes }),
  z.object({ type: z.literal('demo'), id: z.literal('demo'), name: z.string(), scopes }),
])
export type PrincipalView = z.output<typeof principal>

/** `GET /session`, open to anyone; also the answer of everything that signs in. */
export const session = z.object({
  principal: principal.nullable().meta({ description: 'Who asks; null when nobody is signed in' }),
  ended: z.boolean().meta({ description: 'The browser holds a session that has ended' }),
  expiresAt: time.nullable().meta({ description: 'When this session ends if nothing is asked before' }),
  ownerExists: z.boolean().meta({ description: 'False: the first owner is still to be made' }),
  demo: z.boolean().meta({ description: 'A demo, without a login' }),
  phone: z
    .string()
    .nullable()
    .meta({ description: 'Origin of the simulator whose phone is shown; null without one' }),
  language: z
    .enum(['en', 'pt-BR', 'es'])
    .meta({ description: 'The best match for what the browser prefers' }),
  version: z.string().nullable().meta({ description: 'Of the hub; null when nobody is signed in' }),
})
export type SessionView = z.output<typeof session>

/** `POST /session` */
export const loginBody = z.strictObject({ login: z.string().trim().min(1).max(254), password: secret })
/** `DELETE /session` answers 204. */

/** `GET /me/sessions`: the own ones, newest first. `DELETE /me/sessions/:id` answers 204. */
export const ownSession = z.object({
  id: id('ses'),
  current: z.boolean().meta({ description: 'The one that asks' }),
  createdAt: time,
  lastSeenAt: time,
  expiresAt: time,
  source: z.string().meta({ description: 'The address it was opened from' }),
  agent: z.string().meta({ description: 'What the browser says it is' }),
})
export type OwnSession = z.output<typeof ownSession>
export const ownSessions = page(ownSession)

/** `PATCH /me` answers {@link user}. */
export const meBody = z.strictObject({ name })
/** `POST /me/password` answers 204 and ends the other sessions. */
export const passwordBody = z.strictObject({ current: secret, next: newPassword })

// --- one-time links -------------------------------------------------------------------------------

/** `POST /links/check`, open to anyone: what a link is good for, before somebody fills in a form. */
export const linkCheckBody = z.strictObject({ token })
export const link = z.object({
  type: z.enum(['owner', 'invitation', 'password']),
  role: z.enum(USER_ROLES),
  name: z.string().nullable().meta({ description: 'Whom it is for' }),
  login: z.string().nullable().meta({ description: 'Suggested, or of the account whose password is set' }),
  expiresAt: time,
})
export type LinkView = z.output<typeof link>

/** `POST /welcome` (first owner) and `POST /invitations/accept`; both answer {@link session} and sign in. */
export const newAccountBody = z.strictObject({ token, name, login, password: newPassword })
/** `POST /password-reset` answers {@link session} and signs in. */
export const passwordResetBody = z.strictObject({ token, password: newPassword })

// --- users ----------------------------------------------------------------------------------------

export const user = z.object({
  id: id('usr'),
  name: z.string(),
  login: z.string(),
  role: z.enum(USER_ROLES),
  disabled: z.boolean(),
  you: z.boolean().meta({ description: 'The one who asks' }),
  createdAt: time,
  lastSeenAt: time.nullable(),
  version: z
    .number()
    .int()
    .meta({ description: 'Sent back with a change, so that nobody overwrites another' }),
})
export type UserView = z.output<typeof user>
/** `GET /users` */
export const users = page(user)
/** `PATCH /users/:id` answers {@link user}; 409 with `errors: [{ field, message, received }]` when `version` is stale. */
export const userBody = z.strictObject({
  version: z.number().int().min(1),
  name: name.optional(),
  role: z.enum(USER_ROLES).optional(),
  disabled: z.boolean().optional(),
})
/** `DELETE /users/:id` answers 204. */
/** `POST /users/:id/password-link` answers {@link madeLink}. */

/** A link is shown once, to whoever made it. */
export const madeLink = z.object({
  url: z.string().meta({ description: 'Where to open it' }),
  path: z.string().meta({ description: 'The same without scheme and host' }),
  expiresAt: time,
})
export type MadeLink = z.output<typeof madeLink>

// --- invitations ----------------------------------------------------------------------------------

export const invitation = z.object({
  id: id('inv'),
  role: z.enum(USER_ROLES),
  name: z.string().nullable(),
  login: z.string().nullable(),
  createdAt: time,
  createdBy: z.string().meta({ description: 'Name of whoever made it' }),
  expiresAt: time,
})
export type Invitation = z.output<typeof invitation>
/** `GET /invitations`: those that can still be accepted. `DELETE /invitations/:id` answers 204. */
export const invitations = page(invitation)
/** `POST /invitations` answers 201 {@link madeInvitation}. */
export const invitationBody = z.strictObject({
  role: z.enum(USER_ROLES),
  name: name.optional(),
  login: login.optional(),
})
export const madeInvitation = madeLink.extend({ invitation })
export type MadeInvitation = z.output<typeof madeInvitation>

// --- keys -----------------------------------------------------------------------------------------

export const key = z.object({
  id: id('key').meta({ description: 'Such as key_12; key_env is the one of POMBO_API_KEY' }),
  name: z.string(),
  scopes,
  prefix: z.string().meta({ description: 'How it begins, to recognise it' }),
  origin: z.enum(['store', 'environment']).meta({ description: 'One of the environment is changed there' }),
  createdAt: time.nullable(),
  createdBy: z.string().nullable(),
  lastUsedAt: time.nullable().meta({ description: 'Within some minutes' }),
  expiresAt: time.nullable(),
  revokedAt: time.nullable(),
})
export type KeyView = z.output<typeof key>
/** `GET /keys`, newest first, with those that ended. `DELETE /keys/:id` revokes and answers 204. */
export const keys = page(key)
/** `POST /keys` answers 201 {@link madeKey}. */
export const keyBody = z.strictObject({
  name,
  scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length),
  expiresAt: time.optional(),
})
export const madeKey = z.object({
  key,
  secret: z.string().meta({ description: 'The key itself: shown once, never again' }),
})
export type MadeKey = z.output<typeof madeKey>

// --- audit ----------------------------------------------------------------------------------------

export const auditEntry = z.object({
  id: id('aud'),
  at: time,
  actor: z.object({
    type: z.enum(['user', 'key', 'demo', 'anyone', 'system']),
    id: z.string(),
    name: z.string(),
  }),
  action: z.string().meta({ description: 'Such as instance.rename' }),
  target: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()).nullable(),
  source: z.string().nullable().meta({ description: 'The address it was asked from' }),
})
export type AuditEntry = z.output<typeof auditEntry>
/** `GET /audit?action=&actor=`, newest first. */
export const audit = page(auditEntry)
