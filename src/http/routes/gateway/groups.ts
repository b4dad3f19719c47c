import { z } from 'zod'
import type { Address } from '../../../core/address.ts'
import type { InstanceId } from '../../../core/ids.ts'
import { who } from '../../command-body.ts'
import {
  groupInfo,
  groupLink,
  groupList,
  groupPreview,
  groupRequests,
  joinedGroup,
} from '../../contract/gateway.ts'
import type { Api, Edge } from '../../edge.ts'
import { instanceIdSchema } from '../../validation.ts'
import { answered, idParams, MAX_NAME, MAX_PEOPLE, need } from './ask.ts'

const groupParams = z.strictObject({ id: instanceIdSchema, group: who })
const link = z.strictObject({ link: z.string().min(1).max(MAX_NAME) })

/** The groups a number is in, and links into others. */
export function groupRoutes(api: Api, edge: Edge): void {
  const { hub } = edge
  const groups = (id: InstanceId) => need(hub, id, 'groups', 'groups')
  api.get(
    '/instances/:id/groups',
    { schema: { params: idParams, response: { 200: groupList } } },
    async ({ params: { id } }) => ({
      data: answered(await groups(id).list()),
      next: null,
    }),
  )
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
        response: { 201: groupInfo },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const made = answered(await groups(id).create(request.body.name, request.body.members))
      await edge.audit(request, { action: 'group.create', target: id })
      return reply.code(201).send(made)
    },
  )
  api.get(
    '/instances/:id/groups/:group',
    { schema: { params: groupParams, response: { 200: groupInfo } } },
    async ({ params }) => answered(await need(hub, params.id, 'groupInfo', 'groups')(params.group)),
  )
  api.get(
    '/instances/:id/groups/:group/link',
    { schema: { params: groupParams, response: { 200: groupLink } } },
    async ({ params: { id, group } }) => ({ link: answered(await groups(id).inviteLink(group)) }),
  )
  api.post(
    '/instances/:id/groups/:group/link/reset',
    { config: { scope: 'send' }, schema: { params: groupParams, response: { 200: groupLink } } },
    async (request) => {
      const { id, group } = request.params
      const link = answered(await groups(id).inviteLink(group, true))
      await edge.audit(request, { action: 'group.reset-link', target: id, detail: { group } })
      return { link }
    },
  )
  api.get(
    '/instances/:id/groups/:group/requests',
    { schema: { params: groupParams, response: { 200: groupRequests } } },
    async ({ params: { id, group } }) => ({ data: answered(await groups(id).requests(group)), next: null }),
  )
  api.post(
    '/instances/:id/group-links/preview',
    { config: { scope: 'send' }, schema: { params: idParams, body: link, response: { 200: groupPreview } } },
    async ({ params: { id }, body }) => answered(await groups(id).preview(body.link)),
  )
  api.post(
    '/instances/:id/group-links/join',
    { config: { scope: 'send' }, schema: { params: idParams, body: link, response: { 200: joinedGroup } } },
    async (request) => {
      const { id } = request.params
      const group: Address = answered(await groups(id).join(request.body.link))
      await edge.audit(request, { action: 'group.join', target: id, detail: { group } })
      return { group }
    },
  )
}
