import { isDeepStrictEqual } from 'node:util'
import type { FastifySerializerCompiler } from 'fastify'
import { z } from 'zod'
import type { Api } from './edge.ts'

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

/** For tests: a route that promises no answer gives none. */
export function checkSilence(api: Api): void {
  api.addHook('onSend', async (request, reply, payload) => {
    const { schema, url } = request.routeOptions
    const isSuccess = reply.statusCode < 300
    if (
      isSuccess &&
      schema?.response === undefined &&
      payload !== undefined &&
      payload !== null &&
      payload !== ''
    )
      throw new Error(`${request.method} ${url} promises no answer and gives one`)
    return payload
  })
}
