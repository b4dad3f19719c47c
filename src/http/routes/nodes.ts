import { z } from 'zod'
import type { Api, Edge } from '../edge.ts'
import { presentNode, presentPage } from '../present.ts'

/** There are as many as somebody runs: always one page. */
const query = z.strictObject({})

/** The processes that work on this installation, this one among them. */
export function nodeRoutes(api: Api, { hub }: Edge): void {
  api.get('/nodes', { schema: { querystring: query } }, async () =>
    presentPage(
      hub.store.nodes().then((data) => ({ data, next: null })),
      presentNode,
    ),
  )
}
