import { expect, test } from 'vitest'
import { z } from 'zod'
import { inOurWords } from './validation.ts'

const said = (schema: z.ZodType, data: unknown): string[] =>
  (schema.safeParse(data).error?.issues ?? []).map((issue) => inOurWords(issue, data, schema))

test('an unknown key is told with those that are known, also when there are none', () => {
  expect(said(z.strictObject({ limit: z.number() }).partial(), { zzz: 1 })).toEqual([
    '`zzz` is not known here. Known: limit',
  ])
  expect(said(z.strictObject({}), { zzz: 1 })).toEqual([
    '`zzz` is not known here. Leave it out: nothing is taken here.',
  ])
})
