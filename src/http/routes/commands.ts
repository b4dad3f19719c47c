import { z } from 'zod'
import { COMMAND_STATES } from '../../core/commands.ts'
import { HubError } from '../../core/errors.ts'
import type { ChatId, CommandId } from '../../core/ids.ts'
import type { CommandRow } from '../../core/store.ts'
import type { Api, Edge } from '../edge.ts'
import { presentCommand, presentPage } from '../present.ts'
import { instanceIdSchema, pageSchema, publicIdSchema } from '../validation.ts'

const listQuery = z.strictObject({
  ...pageSchema,
  instance: instanceIdSchema.optional(),
  state: z.enum(COMMAND_STATES).optional(),
  chat: publicIdSchema('chat').optional(),
})
const idParams = z.strictObject({ id: z.guid('must be the id of a command') })
const resolveBody = z.strictObject({ decision: z.enum(['resend', 'sent', 'discard']) })

/** What was to be sent, how it ended, and a person's decision about what stayed open. */
export function commandRoutes(api: Api, { hub }: Edge): void {
  const { store } = hub

  async function command(id: string): Promise<CommandRow> {
    const row = await store.getCommand(id as CommandId)
    if (row === undefined) throw new HubError('E_NOT_FOUND', 'There is no such command (any more).')
    return row
  }

  api.get('/commands', { schema: { querystring: listQuery } }, async ({ query }) =>
    presentPage(store.listCommands({ ...query, chat: query.chat as ChatId | undefined }), presentCommand),
  )

  api.get('/commands/:id', { schema: { params: idParams } }, async ({ params }) =>
    presentCommand(await command(params.id)),
  )

  api.post(
    '/commands/:id/resolve',
    { config: { scope: 'operate' }, schema: { params: idParams, body: resolveBody } },
    async ({ params, body }) => {
      const { id, state, instance } = await command(params.id)
      if (!(await store.resolveCommand(id, body.decision))) {
        throw new HubError('E_CONFLICT', `The command is ${state} and waits for nobody's decision.`)
      }
      hub.nudge(instance)
      return presentCommand(await command(id))
    },
  )
}
