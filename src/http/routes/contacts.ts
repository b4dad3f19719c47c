import { HubError } from '../../core/errors.ts'
import { type ContactId, type MergeId, publicId } from '../../core/ids.ts'
import { contactSummary } from '../contract/chats.ts'
import { contactMerge, contactParams, mergeList, mergeListQuery, mergeParams } from '../contract/contacts.ts'
import type { Api, Edge } from '../edge.ts'
import { presentContact, presentMerge, presentPage } from '../present.ts'

/** People, who was taken for one person on what proof, and taking that back. */
export function contactRoutes(api: Api, edge: Edge): void {
  const { hub } = edge
  const { store } = hub

  /** A contact that was merged leads to the one it went into; its merges are asked for under its own id. */
  async function contact(id: ContactId) {
    const row = await store.getContact(id)
    if (row === undefined) throw new HubError('E_NOT_FOUND', 'There is no such contact.')
    return row
  }

  api.get(
    '/contacts/:id',
    {
      schema: {
        params: contactParams,
        response: { 200: contactSummary },
      },
    },
    async ({ params }) => presentContact(await contact(params.id as ContactId)),
  )

  api.get(
    '/contacts/:id/merges',
    {
      schema: {
        params: contactParams,
        querystring: mergeListQuery,
        response: { 200: mergeList },
      },
    },
    async ({ params, query }) => {
      const id = params.id as ContactId
      await contact(id)
      return presentPage(store.listMerges(id, query), presentMerge)
    },
  )

  api.post(
    '/merges/:id/undo',
    {
      config: { scope: 'operate' },
      schema: {
        params: mergeParams,
        response: { 200: contactMerge },
      },
    },
    async (request) => {
      const id = request.params.id as MergeId
      const outcome = await hub.undoMerge(id)
      const merge = await store.getMerge(id)
      switch (outcome) {
        case 'not-found':
          throw new HubError('E_NOT_FOUND', 'There is no such merge.')
        case 'undone-before':
          throw new HubError('E_CONFLICT', 'This merge has been undone already.')
        case 'busy':
          throw new HubError(
            'E_CONFLICT',
            'Something of these contacts is being handled or sent. Nothing was changed; try again in a moment.',
            { details: { retryAfterSeconds: 5 } },
          )
        case 'undone':
          await edge.audit(request, { action: 'merge.undo', target: publicId('mrg', id) })
          return presentMerge(merge!)
        default:
          return outcome satisfies never
      }
    },
  )
}
