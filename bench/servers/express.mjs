/**
 * What one writes first: an Express receiver that proves the signature over the raw body, parses, drops
 * duplicates by id with a Set and answers 200. It stores nothing, so it loses everything with the process.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import express from 'express'
import { PATH, SECRET } from '../lib/messages.ts'

const seen = new Set()
const app = express()
app.post(PATH, express.raw({ type: 'application/json', limit: '4mb' }), (req, res) => {
  const body = req.body
  const expected = Buffer.from(`sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`)
  const given = Buffer.from(req.get('x-hub-signature-256') ?? '')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    res.status(401).json({ error: 'signature' })
    return
  }
  const message = JSON.parse(body.toString('utf8'))
  const duplicate = seen.has(message.payload.id)
  seen.add(message.payload.id)
  res.json({ accepted: duplicate ? 0 : 1, duplicates: duplicate ? 1 : 0 })
})
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ ready: true, port: server.address().port })
})
process.on('disconnect', () => process.exit(0))
