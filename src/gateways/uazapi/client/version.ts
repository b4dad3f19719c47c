import { z } from 'zod'
import type { Answer, GatewayVersion } from '../../../core/gateway.ts'
import type { Asking } from './asking.ts'
import { FEATURES, type Feature, type Line } from './line.ts'

/**
 * uazapi says its version nowhere, so it is told by what a server has. Only what reads is asked: nobody has
 * promised that a request that changes something does nothing when it is empty. What came with 2.1 are only
 * such requests, so it shows once one of them was used.
 */
const PROBES: readonly { feature: Feature; path: string }[] = [
  { feature: 'agents', path: '/agent/list' },
  { feature: 'message-limits', path: '/instance/wa_messages_limits' },
  // Public, and in no document: how many instances of the host are connected.
  { feature: 'host-status', path: '/status' },
]
/** The way pages are counted changed with 2.0.1's second document: by number before, by offset since. */
const pages = z.object({
  pagination: z.object({ pageSize: z.number().optional(), limit: z.number().optional() }),
})

/** The versions whose documents agree with what was seen. */
function guess(has: (feature: Feature) => boolean | undefined): string | undefined {
  if (has('chat/ephemeral')) return '2.1'
  if (has('message-limits') || has('message/pin') || has('page-numbers') === false) return '2.0.1 or newer'
  if (has('agents') || has('page-numbers')) return '1.0 to 2.0.1'
  return undefined
}

/** What the server is, from the shape of its answers. Fails only where it does not answer at all. */
export async function version({ attempt }: Asking, line: Line): Promise<Answer<GatewayVersion>> {
  const paged = await attempt({
    method: 'POST',
    path: '/chat/find',
    body: { limit: 1, offset: 0 },
    about: 'chat',
  })
  if (!paged.ok && (paged.failure.kind === 'wait' || paged.failure.kind === 'unsettled')) {
    return { ok: false, reason: paged.failure.reason, retry: true }
  }
  if (!paged.ok && paged.failure.kind === 'hold' && paged.failure.code === 'unauthorized') {
    return { ok: false, reason: paged.failure.reason, retry: false, code: 'unauthorized' }
  }
  const style = paged.ok ? pages.safeParse(paged.body).data?.pagination : undefined
  if (style && (style.pageSize !== undefined || style.limit !== undefined)) {
    line.saw('page-numbers', style.pageSize !== undefined)
  }
  for (const { feature, path } of PROBES) {
    if (line.has(feature) !== undefined) continue
    const judged = await attempt({ method: 'GET', path, about: 'hosted', feature })
    // Whatever it says, be it that the number is not connected: it is there.
    if (!judged.ok && (judged.failure.kind === 'rejected' || judged.failure.kind === 'hold')) {
      if (judged.failure.kind === 'hold' || judged.failure.code !== 'unsupported') line.saw(feature, true)
    }
  }
  return { ok: true, value: described(line) }
}

function described(line: Line): GatewayVersion {
  const found = guess((feature) => line.has(feature))
  const features = FEATURES.flatMap((feature) => {
    const has = line.has(feature)
    return has === undefined ? [] : [[feature, has] as const]
  })
  return {
    ...(found !== undefined && { version: found }),
    source: 'shape of answers',
    features: Object.fromEntries(features),
  }
}
