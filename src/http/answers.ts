import { isDeepStrictEqual } from 'node:util'
import type { FastifySerializerCompiler } from 'fastify'
import { z } from 'zod'

/** How answers are written. The contract of each is checked by the compiler, and by tests on what really leaves. */

export const plainAnswers: FastifySerializerCompiler<z.ZodType> = () => (data) => JSON.stringify(data)

/** For tests: an answer that is not what its route promises, or says more than that, is a fault of the hub. */
export const checkedAnswers: FastifySerializerCompiler<z.ZodType> = ({ schema, method, url }) => {
  return (data) => {
    const text = JSON.stringify(data)
    const sent: unknown = text === undefined ? undefined : JSON.parse(text)
    const { error, data: promised } = schema.safeParse(sent)
    if (error) throw new Error(`${method} ${url} answers what it does not promise: ${z.prettifyError(error)}`)
    if (!isDeepStrictEqual(promised, sent))
      throw new Error(
        `${method} ${url} answers more than it promises: ${text} for ${JSON.stringify(promised)}`,
      )
    return text
  }
}
