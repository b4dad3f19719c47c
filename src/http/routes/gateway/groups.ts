import { z } from 'zod'
import type { Address } from '../../../core/address.ts'
import type { InstanceId } from '../../../core/ids.ts'
import { who } from '../../command-body.ts'
import type { Api, Edge } from '../../edge.ts'
import { instanceIdSchema } from '../../validation.ts'
import { answered, idParams, MAX_NAME, MAX_PEOPLE, need } from './ask.ts'

const groupParams = z.strictObject({ id: instanceIdSchema, group: who })
const link = z.strictObject({ link: z.string().min(1).max(MAX_NAME) })

/** The groups a number is in, and links into others. */
export function groupRoutes(api: Api, { hub }: Edge): void {
  const groups = (id: InstanceId) => need(hub, id, 'groups', 'groups')
  api.get('/instances/:id/groups', { schema: { params: idParams } }, async ({ params: { id } }) => ({
    data: answered(await groups(id).list()),
    next: null,
  }))
  api.post(
    '/instances/:id/groups',
    {
      config: { scope: 'send' },
      schema: {
        params: idParams,
        body: z.strictObject({
          name: z.string().min(1).max(100),
          members: z.array(who).min(1).max(MAX_PEOPLE),
        }),
      },
    },
    async ({ params: { id }, body }, reply) =>
      reply.code(201).send(answered(await groups(id).create(body.name, body.members))),
  )
  api.get('/instances/:id/groups/:group', { schema: { params: groupParams } }, async ({ params }) =>
    answered(await need(hub, params.id, 'groupInfo', 'groups')(params.group)),
  )
  api.get(
    '/instances/:id/groups/:group/link',
    { schema: { params: groupParams } },
    async ({ params: { id, group } }) => ({ link: answered(await groups(id).inviteLink(group)) }),
  )
  api.post(
    '/instances/:id/groups/:group/link/reset',
    { config: { scope: 'send' }, schema: { params: groupParams } },
    async ({ params: { id, group } }) => ({ link: answered(await groups(id).inviteLink(group, true)) }),
  )
  api.get(
    '/instances/:id/groups/:group/requests',
    { schema: { params: groupParams } },
    async ({ params: { id, group } }) => ({ data: answered(await groups(id).requests(group)), next: null }),
  )
  api.post(
    '/instances/:id/group-links/preview',
    { config: { scope: 'send' }, schema: { params: idParams, body: link } },
    async ({ params: { id }, body }) => answered(await groups(id).preview(body.link)),
  )
  api.post(
    '/instances/:id/group-links/join',
    { config: { scope: 'send' }, schema: { params: idParams, body: link } },
    async ({ params: { id }, body }) => ({
      group: answered(await groups(id).join(body.link)) satisfies Address,
    }),
  )
}
