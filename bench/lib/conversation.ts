import type { LoadJob, LoadResult } from '../load.ts'
import type { Child } from './children.ts'
import type { Nodes } from './nodes.ts'

export const QUESTION = '/help'
const ANSWER = 'Available commands: /help, /status, /info'
/** What the hub must be set to for {@link createConversation}. */
export const ANSWERING = { replies: { rules: [{ match: QUESTION, reply: ANSWER }] } }
const LIMIT_MS = 60_000

export interface Exchange {
  /** Whole turns per second, from the first byte to the last reply recorded as sent. */
  rate: number
  seconds: number
  ingest: LoadResult
}

/** Customers who ask, and wait until everybody is answered; `gateway` counts the answers of all hubs. */
export function createConversation(parts: {
  load: Child
  gateway: Child
  connections: number
  chats: number
}) {
  const { load, gateway, connections, chats } = parts
  let batch = 0
  let total = 0

  /** Nothing is queued or under way any more: every reply is written down as sent. */
  async function isRecorded({ first }: Nodes): Promise<boolean> {
    for (const state of ['queued', 'sending'])
      if ((await first.page(`/commands?state=${state}&limit=1`)).data.length > 0) return false
    return true
  }

  return {
    /** Messages so far. */
    get total() {
      return total
    },
    /** Replies the gateway saw; more than `total` would be one sent twice. */
    sends: async (): Promise<number> => (await gateway.ask<{ sends: number }>({})).sends,

    /** Posts so many messages to these ports of the hub and waits until the last reply is recorded as sent. */
    async messages(nodes: Nodes, ports: readonly number[], count: number): Promise<Exchange> {
      const begun = performance.now()
      const ingest = await load.ask<LoadResult>({
        ports,
        connections,
        recipe: { batch: `T${++batch}x`, count, chats, text: QUESTION },
      } satisfies LoadJob)
      if (ingest.failed > 0)
        throw new Error(`the hub refused ${ingest.failed} messages: ${JSON.stringify(ingest.statuses)}`)
      // Making the bodies is not part of the work: the clock starts with the first byte.
      const start = Math.max(begun, performance.now() - ingest.seconds * 1000)
      total += count
      const limit = performance.now() + LIMIT_MS
      for (;;) {
        // The far side is asked first: asking the hub all the time would cost it what is measured.
        const sends = await this.sends()
        if (sends >= total && (await isRecorded(nodes))) break
        if (performance.now() > limit)
          throw new Error(`the gateway saw ${sends} of ${total} replies within a minute`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      const seconds = (performance.now() - start) / 1000
      return { rate: count / seconds, ingest, seconds }
    },
  }
}
