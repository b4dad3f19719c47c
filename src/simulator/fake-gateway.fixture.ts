import { createHmac } from 'node:crypto'
import { address } from '../core/address.ts'
import { messageId } from '../core/ids.ts'
import type { HttpClient } from '../core/ports.ts'
import type { SimulatedGateway, SimulatedNumber } from './port.ts'

const sign = (body: Buffer, secret = '') => createHmac('sha256', secret).update(body).digest('hex')

/** The smallest gateway: posts facts as JSON with a signature, takes `POST /send {to,text}`. */
export const fakeGateway: SimulatedGateway = {
  name: 'fake',
  generations: ['1', '0'],
  receiptsPerDevice: ['0'],
  retryDelaysMs: [20, 40],
  attemptTimeoutMs: 500,
  encode(happening, number) {
    const body = Buffer.from(JSON.stringify(happening))
    const signature = sign(body, number.secret)
    return [{ urlSuffix: '', headers: { 'content-type': 'application/json', signature }, body }]
  },
  serve(request, number, world) {
    if (request.path === '/pair') return { status: 200, body: JSON.stringify(world.pair()) }
    if (!number.connected) return { status: 503, body: '{}' }
    if (request.method === 'GET') return { status: 200, body: JSON.stringify(request.query) }
    const sent = JSON.parse(request.body) as { to: string; text: string; target?: string; reference?: string }
    const to = address('phone', sent.to)
    if (request.path === '/typing') world.typing(to, 'start', 1_000)
    else if (request.path === '/read') world.read(to, [messageId(sent.target ?? '')])
    else {
      if (!world.isOnWhatsApp(to)) return { status: 400, body: '{}' }
      const id = world.newMessageId()
      const { reference } = sent
      world.send({
        id,
        to,
        content: { type: 'text', text: sent.text },
        ...(reference !== undefined && { reference }),
      })
    }
    return { status: 200, headers: { 'x-fake': 'yes' }, body: '{"ok":true}' }
  },
}

export const fakeNumber = (webhookUrl: string): SimulatedNumber => ({
  instance: 'support',
  digits: '5511900000001',
  privateDigits: '90000001',
  name: 'Support',
  generation: '1',
  connected: true,
  webhookUrl,
  secret: 'right-secret',
})

export const ana = { digits: '5511912345678', privateDigits: '911', name: 'Ana' }
export const tom = { digits: '12025550143', privateDigits: '922', name: 'Tom' }

/** An {@link HttpClient} over fetch, good enough for tests on loopback. */
export const fetchClient: HttpClient = async ({ method, url, headers, body, timeoutMs }) => {
  try {
    const response = await fetch(url, {
      method,
      headers: headers ?? {},
      body: body === undefined ? null : Buffer.from(body),
      signal: AbortSignal.timeout(timeoutMs),
    })
    return {
      type: 'answered',
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    }
  } catch (error) {
    return { type: 'not-sent', reason: String(error) }
  }
}
