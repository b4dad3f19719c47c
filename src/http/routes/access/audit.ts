import { z } from 'zod'
import { publicId } from '../../../core/ids.ts'
import * as contract from '../../contract/access.ts'
import type { Api, Edge } from '../../edge.ts'
import { iso, presentPage } from '../../present.ts'
import { pageSchema } from '../../validation.ts'

const listQuery = z.strictObject({
  ...pageSchema,
  action: z.string().min(1).max(100).optional(),
  actor: z.string().min(1).max(100).optional(),
})

/** Who changed what. */
export function auditRoutes(api: Api, { access }: Edge): void {
  api.get(
    '/audit',
    { config: { scope: 'people' }, schema: { querystring: listQuery, response: { 200: contract.audit } } },
    async ({ query }) =>
      presentPage(access.listAudit(query), ({ id, at, actor, action, target, detail, source }) => ({
        id: publicId('aud', id),
        at: iso(at),
        actor,
        action,
        target: target ?? null,
        detail: detail ?? null,
        source: source ?? null,
      })),
  )
}
