import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { COMMAND_STATES } from '../../core/commands.ts'
import { systemClock } from '../../platform/clock.ts'
import { createHttpClient } from '../../platform/http-client.ts'
import { HUB_FLAGS, parseCommand } from '../flags.ts'
import { openHubApi } from '../hub-api.ts'
import type { Io } from '../io.ts'
import { poll } from '../polling.ts'

const FLAGS = { ...HUB_FLAGS, wait: { type: 'boolean' }, 'idempotency-key': { type: 'string' } } as const

/** Longer than a send of which nobody knows the end is reconciled before it is held for a person (ms). */
const WAIT_MS = 90_000

const queuedAnswer = z.object({ id: z.string() })
const commandAnswer = z.object({
  id: z.string(),
  state: z.enum(COMMAND_STATES),
  attempts: z.number(),
  messageId: z.string().optional(),
  reason: z.string().optional(),
})
type CommandAnswer = z.infer<typeof commandAnswer>

/**
 * Queues a text through the API of a running hub. The idempotency key makes asking again harmless when the
 * answer was lost.
 * @returns 0 queued, or with `--wait` sent; 1 not sent; 3 nobody knows; 4 still waiting
 */
export async function send(args: readonly string[], io: Io): Promise<number> {
  const { flags, words } = parseCommand('send', args, FLAGS, ['instance', 'to', 'text'])
  const [instance, to, text] = words
  const outgoing = createHttpClient({ clock: systemClock })
  try {
    const api = await openHubApi(io, flags, outgoing.request)
    const key = flags['idempotency-key'] ?? randomUUID()
    const answer = await api.post(`/instances/${encodeURIComponent(instance)}/messages`, { to, text }, key)
    const { id } = queuedAnswer.parse(answer)
    if (!flags.wait) {
      io.out(
        `Queued as command ${id}. How it ends: GET ${api.url}/api/v1/commands/${id}, or ask with --wait.`,
      )
      return 0
    }
    const { line, code } = ending(
      await poll(
        systemClock,
        WAIT_MS,
        async () => commandAnswer.parse(await api.get(`/commands/${id}`)),
        ({ state }) => !['queued', 'sending', 'unknown'].includes(state),
      ),
    )
    io.out(line)
    return code
  } finally {
    await outgoing.close()
  }
}

/** One of the four ends of a send, in words and as an exit code. */
export function ending({ id, state, attempts, messageId, reason }: CommandAnswer): {
  line: string
  code: number
} {
  const why = reason === undefined ? '' : ` Reason: ${reason}.`
  switch (state) {
    case 'sent':
      return {
        code: 0,
        line: `Sent${messageId === undefined ? '' : ` as message ${messageId}`} (command ${id}).`,
      }
    case 'rejected':
      return { code: 1, line: `Rejected: it was not sent, and never will be.${why} (command ${id})` }
    case 'dead':
      return { code: 1, line: `Given up after ${attempts} attempts: it was not sent.${why} (command ${id})` }
    case 'refused':
    case 'discarded':
      return { code: 1, line: `Not sent: it is ${state}.${why} (command ${id})` }
    case 'unknown':
    case 'held':
      return {
        code: 3,
        line: `Unknown: it may or may not have gone out, so it is not repeated.${why} A person decides: POST /api/v1/commands/${id}/resolve with {"decision":"sent"}, "resend" or "discard".`,
      }
    case 'queued':
    case 'sending':
      return {
        code: 4,
        line: `Retry later: it is ${state} after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}, and the hub goes on trying.${why} (command ${id})`,
      }
  }
}
