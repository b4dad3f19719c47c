import { HubError } from '../core/errors.ts'
import type { BulkOutcome } from './contract/commands.ts'

/**
 * Does the same for several ids, one after the other; one that cannot be done does not stop the others. An id that
 * is named twice is done once.
 * @throws what is no answer about one of them: the store is away, or a fault nobody foresaw
 */
export async function eachOf<Id>(
  ids: readonly Id[],
  show: (id: Id) => string,
  work: (id: Id) => Promise<{ became?: string }>,
): Promise<BulkOutcome> {
  const data: BulkOutcome['data'] = []
  for (const id of new Set(ids)) {
    try {
      data.push({ id: show(id), ok: true, ...(await work(id)) })
    } catch (error) {
      if (!(error instanceof HubError) || error.status >= 500) throw error
      data.push({ id: show(id), ok: false, detail: error.message })
    }
  }
  const done = data.filter(({ ok }) => ok).length
  return { done, failed: data.length - done, data }
}
