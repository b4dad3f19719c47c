/** The least a receiver can do: `node:http`, prove the signature, parse, answer. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SECRET } from '../lib/messages.ts'

const server = createServer((req, res) => {
  const chunks: Buffer[] = []
  req.on('data', (chunk: Buffer) => chunks.push(chunk))
  req.on('end', () => {
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
    const expected = Buffer.from(`sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`)
    const given = Buffer.from(String(req.headers['x-hub-signature-256'] ?? ''))
    const valid = given.length === expected.length && timingSafeEqual(given, expected)
    const message = valid ? (JSON.parse(body.toString('utf8')) as { payload: { id: string } }) : undefined
    const answer = message?.payload.id ? '{"accepted":1,"duplicates":0}' : '{"error":"signature"}'
    res.writeHead(message ? 200 : 401, {
      'content-type': 'application/json',
      'content-length': answer.length,
    })
    res.end(answer)
  })
})
server.listen(0, '127.0.0.1', () => {
  process.send?.({ ready: true, port: (server.address() as AddressInfo).port })
})
process.on('disconnect', () => process.exit(0))
