import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'

/**
 * A stand-in for a translation service, on this machine only. It knows a few words, and misbehaves when told:
 *
 *     node examples/translate/service.ts
 *     curl -X POST http://127.0.0.1:3010/mode/slow
 */

export const MODES = ['good', 'slow', 'failing', 'garbage', 'wrong', 'endless', 'hangs up'] as const
export type Mode = (typeof MODES)[number]

export interface Service {
  readonly url: string
  /** Requests for a translation so far. */
  readonly calls: number
  mode: Mode
  close(): Promise<void>
}

const WORDS: Readonly<Record<string, string>> = {
  ...{
    bom: 'good',
    dia: 'day',
    olá: 'hello',
    obrigado: 'thank you',
    obrigada: 'thank you',
    tudo: 'all',
    bem: 'well',
  },
  ...{
    buenos: 'good',
    días: 'day',
    hola: 'hello',
    gracias: 'thank you',
    adiós: 'goodbye',
    gato: 'cat',
    casa: 'house',
  },
}
const request = z.object({ text: z.string().min(1).max(5_000), to: z.literal('en') })

/** @param port 0 takes a free one */
export async function startService(port = 0): Promise<Service> {
  let calls = 0
  const service = { mode: 'good' as Mode }
  const server = createServer((req, res) => {
    if (req.method === 'POST' && req.url?.startsWith('/mode/')) return setMode(service, req.url, res)
    if (req.method !== 'POST' || req.url !== '/translate') return void res.writeHead(404).end()
    calls += 1
    readBody(req, (body) => answer(service.mode, body, res))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get calls() {
      return calls
    },
    get mode() {
      return service.mode
    },
    set mode(mode) {
      service.mode = mode
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function setMode(service: { mode: Mode }, url: string, res: ServerResponse): void {
  const wanted = decodeURIComponent(url.slice('/mode/'.length))
  const mode = MODES.find((one) => one === wanted)
  if (mode) service.mode = mode
  res.writeHead(mode ? 200 : 404).end(`${mode ? `now ${mode}` : `there are: ${MODES.join(', ')}`}\n`)
}

function answer(mode: Mode, body: string, res: ServerResponse): void {
  const json = (status: number, value: object) =>
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  switch (mode) {
    case 'good': {
      const asked = request.safeParse(parse(body))
      if (asked.success) json(200, { translation: translate(asked.data.text) })
      else json(400, { error: 'a text of at most 5000 characters, to "en"' })
      break
    }
    case 'slow':
      // Nothing ever comes; the client gives up.
      break
    case 'failing':
      json(503, { error: 'overloaded' })
      break
    case 'garbage':
      res.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Welcome!')
      break
    case 'wrong':
      json(200, { translation: { text: ['good day'] } })
      break
    case 'endless': {
      res.writeHead(200, { 'content-type': 'application/json' })
      const more = (): void => {
        while (!res.destroyed && res.write('x'.repeat(16_384)));
      }
      res.on('drain', more)
      more()
      break
    }
    case 'hangs up':
      res.destroy()
  }
}

/** Word by word, keeping a capital at the beginning; what it does not know stays as it is. */
const translate = (text: string): string =>
  text.replace(/\p{L}+/gu, (word) => {
    const found = WORDS[word.toLowerCase()]
    if (found === undefined) return word
    return /^\p{Lu}/u.test(word) ? found[0]?.toUpperCase() + found.slice(1) : found
  })

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function readBody(req: IncomingMessage, done: (body: string) => void): void {
  const chunks: Buffer[] = []
  req.on('data', (chunk: Buffer) => chunks.push(chunk))
  req.on('end', () => done(Buffer.concat(chunks).toString('utf8')))
}

if (import.meta.main) {
  const service = await startService(3010)
  console.log(
    `Translates at ${service.url}/translate. Modes: POST ${service.url}/mode/<${MODES.join(' | ')}>`,
  )
}
