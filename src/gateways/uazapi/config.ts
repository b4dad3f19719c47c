import { z } from 'zod'

/**
 * Settings of an instance that only uazapi needs. Strict: a misspelt key is a fault, not a silent default.
 * The messages name the key and what it must look like, never the value.
 */
export const settings = z.strictObject({
  /** The instance token of uazapi: proves our requests (header `token`), and stands in every delivery. */
  token: z
    .string({ error: 'token must be text: the token of this instance, as uazapi shows it' })
    .min(12, { error: 'token must have at least 12 characters: the token of this instance' })
    .regex(/^[\x21-\x7e]+$/, { error: 'token may hold only visible ASCII characters, no blanks' }),
})
export type UazapiSettings = z.infer<typeof settings>
