import type { GatewayClient } from '../core/gateway.ts'
import type { WantedMedia } from '../core/media.ts'

/** Where bytes can be had, or why not. `reach`: see `FetchBytes`. */
export type Place =
  | { ok: true; type: 'url'; url: string; reach: 'gateway' | 'public'; headers?: Record<string, string> }
  | { ok: true; type: 'bytes'; bytes: Uint8Array }
  | { ok: false; reason: string; final?: boolean; afterMs?: number }

/**
 * The ways to a medium, best first, each asked for only when the one before failed.
 *
 * An address out of a delivery is followed only to the gateway's own host: whoever can send a message could
 * otherwise make the hub call any address. What the gateway itself answers when asked may lie elsewhere, on a
 * public host; what lets the hub in at the gateway is never sent there.
 */
export function locateMedia(
  wanted: WantedMedia,
  gateway: { baseUrl: string; client: GatewayClient | undefined },
): (() => Promise<Place>)[] {
  const { source } = wanted.media
  const ways: (() => Promise<Place>)[] = []
  const own =
    source.type === 'path'
      ? belowBase(source.path, gateway.baseUrl)
      : source.type === 'url' && isOwnHost(source.url, gateway.baseUrl)
        ? source.url
        : undefined
  if (own !== undefined) ways.push(async () => ({ ok: true, type: 'url', url: own, reach: 'gateway' }))
  if (gateway.client?.download) ways.push(() => askGateway(wanted, gateway.baseUrl, gateway.client))
  if (ways.length === 0 && source.type !== 'gateway') {
    ways.push(async () => ({ ok: false, reason: 'it lies on another host than the gateway', final: true }))
  }
  return ways
}

async function askGateway(
  { id, chat, media }: WantedMedia,
  baseUrl: string,
  client: GatewayClient | undefined,
): Promise<Place> {
  const answer = await client?.download?.({ id, chat, media })
  if (!answer) return { ok: false, reason: 'this gateway does not hand out media', final: true }
  if (!answer.ok) {
    const { reason, retry, afterMs } = answer
    return { ok: false, reason, final: !retry, ...(afterMs !== undefined && { afterMs }) }
  }
  const location = answer.value
  if (location.type === 'bytes') return { ok: true, type: 'bytes', bytes: location.bytes }
  if (!isOwnHost(location.url, baseUrl)) return { ok: true, type: 'url', url: location.url, reach: 'public' }
  const { url, headers } = location
  return { ok: true, type: 'url', url, reach: 'gateway', ...(headers && { headers }) }
}

/** Undefined for a path that leads out of the base URL, however it is written. */
function belowBase(path: string, baseUrl: string): string | undefined {
  const base = `${baseUrl.replace(/\/+$/, '')}/`
  const url = URL.parse(path.replace(/^\/+/, ''), base)
  return url?.href.startsWith(new URL(base).href) ? url.href : undefined
}

const isOwnHost = (url: string, baseUrl: string): boolean => {
  const [one, other] = [URL.parse(url), URL.parse(baseUrl)]
  return one !== null && other !== null && one.origin === other.origin && /^https?:$/.test(one.protocol)
}
