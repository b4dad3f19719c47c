import { z } from 'zod'
import type { InstanceId } from '../../../core/ids.ts'
import { phone, who } from '../../command-body.ts'
import { labelList, phoneChecks, picture, remoteChats, remoteContacts } from '../../contract/gateway.ts'
import type { Api, Edge } from '../../edge.ts'
import { optionalIso } from '../../present.ts'
import { instanceIdSchema } from '../../validation.ts'
import { answered, gatewayOf, idParams, lacking, MAX_NAME, MAX_PEOPLE, name, need, paged } from './ask.ts'

const page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().min(1).max(200).optional(),
  search: z.string().min(1).max(MAX_NAME).optional(),
})

/** Whom and what the number knows: chats, contacts, pictures and labels. */
export function directoryRoutes(api: Api, edge: Edge): void {
  const { hub } = edge
  const directory = (id: InstanceId) => need(hub, id, 'directory', 'directory')
  api.post(
    '/instances/:id/check',
    {
      config: { scope: 'send' },
      schema: {
        params: idParams,
        body: z.strictObject({ phones: z.array(phone).min(1).max(MAX_PEOPLE) }),
        response: { 200: phoneChecks },
      },
    },
    async ({ params: { id }, body }) => ({
      data: answered(await directory(id).check(body.phones)),
      next: null,
    }),
  )
  api.get(
    '/instances/:id/directory/chats',
    { schema: { params: idParams, querystring: page, response: { 200: remoteChats } } },
    async ({ params: { id }, query }) => {
      const { items, next } = answered(await directory(id).chats(query))
      const shown = items.map(({ lastMessageAt, ...chat }) => ({
        ...chat,
        lastMessageAt: optionalIso(lastMessageAt),
      }))
      return paged({ items: shown, ...(next !== undefined && { next }) })
    },
  )
  api.get(
    '/instances/:id/directory/contacts',
    {
      schema: {
        params: idParams,
        querystring: page.omit({ search: true }),
        response: { 200: remoteContacts },
      },
    },
    async ({ params: { id }, query }) => paged(answered(await directory(id).contacts(query))),
  )
  api.get(
    '/instances/:id/directory/pictures/:of',
    { schema: { params: z.strictObject({ id: instanceIdSchema, of: who }), response: { 200: picture } } },
    async ({ params: { id, of } }) => ({ url: answered(await directory(id).picture(of)) ?? null }),
  )
  api.get(
    '/instances/:id/labels',
    { schema: { params: idParams, response: { 200: labelList } } },
    async ({ params: { id } }) => {
      const labels = directory(id).labels
      if (!labels) throw lacking(gatewayOf(hub, id).name, 'labels')
      return { data: answered(await labels()), next: null }
    },
  )
  api.post(
    '/instances/:id/labels',
    {
      config: { scope: 'send' },
      schema: {
        params: idParams,
        body: z.strictObject({
          id: name.exactOptional(),
          name: name.exactOptional(),
          color: z.number().int().min(0).max(50).exactOptional(),
          deleted: z.boolean().exactOptional(),
        }),
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const editLabel = directory(id).editLabel
      if (!editLabel) throw lacking(gatewayOf(hub, id).name, 'labels')
      answered(await editLabel(request.body))
      await edge.audit(request, { action: 'label.change', target: id })
      return reply.code(204).send()
    },
  )
}
