import { z } from 'zod'

/**
 * GOWA's own keys of an instance in the configuration. `basicAuth` is one `user:password` pair of GOWA's
 * `APP_BASIC_AUTH`; leave it out when GOWA runs without.
 */
export const GowaSettings = z.strictObject({
  basicAuth: z
    .strictObject({
      username: z
        .string()
        .min(1)
        .regex(/^[^:]*$/, 'must not contain a colon'),
      password: z.string().min(1),
    })
    .optional(),
})
export type GowaSettings = z.infer<typeof GowaSettings>
