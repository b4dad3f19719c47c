import type { SimulatedNumber } from './port.ts'

/** One request over the wire as it was, for whoever opens its line. */
export interface WireDetail {
  method: string
  url: string
  headers: Readonly<Record<string, string | undefined>>
  body: string
  /** The last answer, when there was one. */
  answer?: { status: number; body: string }
}

const PROOF = /signature|authorization|token|secret/i
const LONGEST = 20_000

/** What is shown of it: signatures and credentials masked, cut where it is very long. */
export function presentDetail(detail: WireDetail, number: SimulatedNumber | undefined): WireDetail {
  const key = number && /^\/webhooks\/[^/]+\/([^/]+)/.exec(new URL(number.webhookUrl).pathname)?.[1]
  const secrets = [number?.secret, number?.token, key].filter((one) => one !== undefined)
  const plain = (text: string): string => {
    const masked = secrets.reduce((left, secret) => left.replaceAll(secret, '***'), text)
    return masked.length > LONGEST ? `${masked.slice(0, LONGEST)}…` : masked
  }
  return {
    method: detail.method,
    url: plain(detail.url),
    headers: Object.fromEntries(
      Object.entries(detail.headers).map(([name, value]) => [
        name,
        PROOF.test(name) ? '***' : plain(value ?? ''),
      ]),
    ),
    body: plain(detail.body),
    ...(detail.answer && { answer: { status: detail.answer.status, body: plain(detail.answer.body) } }),
  }
}
