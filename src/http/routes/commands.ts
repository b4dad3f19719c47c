import { HubError } from '../../core/errors.ts'
import type { ChatId, CommandId, EventId } from '../../core/ids.ts'
import type { CommandRow, Decision } from '../../core/store.ts'
import {
  bulkOutcome,
  commandList,
  commandListQuery,
  commandParams,
  commandSummary,
  resolveBody,
  resolveManyBody,
} from '../contract/commands.ts'
import { eachOf } from '../each.ts'
import type { Api, Edge } from '../edge.ts'
import { presentCommand, presentPage } from '../present.ts'

/** What was to be sent, how it ended, and a person's decision about what stayed open. */
export function commandRoutes(api: Api, edge: Edge): void {
  const { hub } = edge
  const { store } = hub

  async function command(id: CommandId): Promise<CommandRow> {
    const row = await store.getCommand(id)
    if (row === undefined) throw new HubError('E_NOT_FOUND', 'There is no such command (any more).')
    return row
  }
  async function decide(
    id: CommandId,
    { decision, reason }: { decision: Decision; reason?: string | undefined },
  ): Promise<CommandRow> {
    const { state, instance } = await command(id)
    if (!(await store.resolveCommand(id, decision, reason))) {
      throw new HubError('E_CONFLICT', `The command is ${state} and waits for nobody's decision.`)
    }
    hub.nudge(instance)
    return command(id)
  }

  api.get(
    '/commands',
    {
      schema: {
        querystring: commandListQuery,
        response: { 200: commandList },
      },
    },
    async ({ query: { chat, event, ...query } }) =>
      presentPage(
        store.listCommands({
          ...query,
          ...(chat !== undefined && { chat: chat as ChatId }),
          ...(event !== undefined && { event: event as EventId }),
        }),
        presentCommand,
      ),
  )

  api.get(
    '/commands/:id',
    {
      schema: {
        params: commandParams,
        response: { 200: commandSummary },
      },
    },
    async ({ params }) => presentCommand(await command(params.id as CommandId)),
  )

  api.post(
    '/commands/:id/resolve',
    {
      config: { scope: 'operate' },
      schema: {
        params: commandParams,
        body: resolveBody,
        response: { 200: commandSummary },
      },
    },
    async (request) => {
      const { params, body } = request
      const decided = await decide(params.id as CommandId, body)
      await edge.audit(request, {
        action: 'command.resolve',
        target: decided.id,
        detail: { decision: body.decision },
      })
      return presentCommand(decided)
    },
  )

  api.post(
    '/commands/resolve',
    {
      config: { scope: 'operate' },
      schema: {
        body: resolveManyBody,
        response: { 200: bulkOutcome },
      },
    },
    async (request) => {
      const { ids, ...decision } = request.body
      const outcome = await eachOf(
        ids as CommandId[],
        (id) => id,
        async (id) => {
          await decide(id, decision)
          return {}
        },
      )
      await edge.audit(request, {
        action: 'command.resolve',
        detail: { decision: decision.decision, done: outcome.done },
      })
      return outcome
    },
  )
}
