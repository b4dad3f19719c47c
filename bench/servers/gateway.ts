/**
 * The far side of the turns bench: answers every REST call as a healthy gateway would, counts sends, and
 * does nothing else. Answers any IPC message with what it counted so far.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

let sends = 0
let last = 0
const DEVICE = {
  id: 'slot-1',
  state: 'logged_in',
  jid: '5511900000000@s.whatsapp.net',
  created_at: new Date().toISOString(),
}
const READS: Record<string, unknown> = {
  '/app/status': { is_connected: true, is_logged_in: true, device_id: 'slot-1', jid: DEVICE.jid },
  '/app/devices': [{ name: 'Bench', device: DEVICE.jid, jid: DEVICE.jid }],
  '/devices': [DEVICE],
}

const server = createServer((req, res) => {
  req.resume()
  req.on('end', () => {
    const path = (req.url ?? '').split('?')[0] ?? ''
    let results: unknown = READS[path] ?? { data: [], pagination: { limit: 50, offset: 0, total: 0 } }
    if (req.method === 'POST') {
      if (path === '/send/message') {
        sends++
        last = performance.timeOrigin + performance.now()
      }
      results = { message_id: `3EB0STUB${String(sends).padStart(10, '0')}`, status: 'Message sent' }
    }
    const body = JSON.stringify({ code: 'SUCCESS', message: 'ok', results })
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    res.end(body)
  })
})
// Idle connections of the hub may stay: closing them under its hands would look like an unknown send.
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => {
  process.send?.({ ready: true, port: (server.address() as AddressInfo).port })
})
process.on('message', () => process.send?.({ result: { sends, last } }))
process.on('disconnect', () => process.exit(0))
