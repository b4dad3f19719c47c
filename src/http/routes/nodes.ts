import type { NodeRow, Page, PageRequest } from '../../core/store.ts'
import { nodeList, nodeListQuery } from '../contract/nodes.ts'
import type { Api, Edge } from '../edge.ts'
import { foreignCursor, pageOfRest } from '../paging.ts'
import { presentNode, presentPage } from '../present.ts'

/** The processes that work on this installation, this one among them, oldest first. */
export function nodeRoutes(api: Api, { hub }: Edge): void {
  api.get(
    '/nodes',
    {
      schema: {
        querystring: nodeListQuery,
        response: { 200: nodeList },
      },
    },
    async ({ query }) =>
      presentPage(
        hub.store.nodes().then((nodes) => pageOf(nodes, query)),
        presentNode,
      ),
  )
}

/** A node may end between two pages: the cursor is its place in the order, so that it needs not be there. */
const CURSOR = /^([0-9]{1,16})_(.+)$/

function pageOf(nodes: readonly NodeRow[], { limit, cursor }: PageRequest): Page<NodeRow> {
  const sorted = nodes.toSorted(inOrder)
  const rest = cursor === undefined ? sorted : sorted.filter(after(cursor))
  return pageOfRest(rest, limit, ({ startedAt, id }) => `${startedAt}_${id}`)
}

function after(cursor: string): (node: NodeRow) => boolean {
  const [, startedAt, id] = CURSOR.exec(cursor) ?? []
  if (startedAt === undefined || id === undefined) throw foreignCursor()
  const last = { startedAt: Number(startedAt), id }
  return (node) => inOrder(last, node) < 0
}

type Place = Pick<NodeRow, 'startedAt' | 'id'>
const inOrder = (a: Place, b: Place): number =>
  a.startedAt - b.startedAt || (a.id === b.id ? 0 : a.id < b.id ? -1 : 1)
