import { type Ending, gatewaySuite } from '../../../test/gateway-suite.ts'
import { address } from '../../core/address.ts'
import type { Command } from '../../core/commands.ts'
import { messageId } from '../../core/ids.ts'
import type { HttpOutcome } from '../../core/ports.ts'
import { uazapi } from './index.ts'
import { timeLocked } from './simulator/serve.ts'
import { uazapiSimulator } from './simulator.ts'

const TOKEN = '0f0e0d0c-1111-4222-8333-444455556666'
const TO = address('phone', '5511955550101')
const GROUP = address('group', '120363000000000001')
const TARGET = messageId('3EB0B1')

const answered = (status: number, body: unknown = '', headers: Record<string, string> = {}): HttpOutcome => ({
  type: 'answered',
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
const react: Command = { type: 'react', to: TO, target: TARGET, emoji: '👍' }
const revoke: Command = { type: 'revoke', to: TO, target: TARGET }
const read: Command = { type: 'read', to: TO, targets: [TARGET] }
const remove: Command = { type: 'remove-member', to: GROUP, members: [TO] }
const locked = timeLocked()

const endings: Ending[] = [
  { name: 'sent', outcome: answered(200, { id: '5511955550100:3EB0A1', messageid: '3EB0A1' }), end: 'sent' },
  { name: 'only the long id', outcome: answered(200, { id: '5511955550100:3EB0A1' }), end: 'sent' },
  { name: 'queued', outcome: answered(200, { messageid: '3EB0A1', status: 'Queued' }), end: 'sent' },
  { name: 'pending', outcome: answered(200, { messageid: '3EB0A1', status: 'Pending' }), end: 'sent' },
  {
    name: 'failed at once',
    outcome: answered(200, { messageid: '3EB0A1', status: 'Failed' }),
    end: 'unknown',
  },
  { name: 'an error in a 200', outcome: answered(200, { error: 'No session' }), end: 'unknown' },
  {
    name: '400',
    outcome: answered(400, { error: 'Missing number or text' }),
    end: 'rejected',
    code: 'invalid',
  },
  { name: '413', outcome: answered(413, { error: 'too large' }), end: 'rejected', code: 'invalid' },
  { name: '415', outcome: answered(415), end: 'rejected', code: 'invalid' },
  { name: '409', outcome: answered(409, { error: 'reset in progress' }), end: 'retry' },
  { name: '401 Invalid token', outcome: answered(401, { error: 'Invalid token' }), end: 'hold' },
  { name: '401 missing token', outcome: answered(401, { error: 'missing token' }), end: 'hold' },
  { name: '401 No session', outcome: answered(401, { error: 'No session' }), end: 'hold' },
  { name: '500 No session', outcome: answered(500, { error: 'No session' }), end: 'hold' },
  { name: '500 No active session', outcome: answered(500, { error: 'No active session' }), end: 'hold' },
  // The connection may have gone after the message left: only "no session" says that nothing did.
  {
    name: '503 disconnected',
    outcome: answered(503, { error: 'WhatsApp disconnected' }),
    end: 'unknown',
  },
  { name: '503 of a proxy', outcome: answered(503, '<html>'), end: 'unknown' },
  { name: '500 failed', outcome: answered(500, { error: 'Failed to send message' }), end: 'unknown' },
  {
    name: '429 with a date',
    outcome: answered(429, { error: 'x' }, { 'retry-after': new Date(1_788_000_030_000).toUTCString() }),
    end: 'retry',
    afterMs: 30_000,
  },
  {
    name: '429 of the instance cap',
    outcome: answered(429, { error: 'Maximum of instances reached' }),
    end: 'retry',
  },
  {
    name: '429 in the body',
    outcome: answered(429, { error: 'x', retry_after_ms: 1500 }),
    end: 'retry',
    afterMs: 1500,
  },
  { name: '463', outcome: answered(locked.status, locked.body), end: 'rejected', code: 'time-locked' },
  {
    name: 'another refusal of WhatsApp',
    outcome: answered(500, { error: 'x', error_source: 'whatsapp_server', provider_code: 479 }),
    end: 'rejected',
    code: 'invalid',
  },
  {
    name: 'not on WhatsApp',
    outcome: answered(500, { error: 'the number 5511955550101@s.whatsapp.net is not on WhatsApp' }),
    end: 'rejected',
    code: 'not-on-whatsapp',
  },
  {
    name: 'not on WhatsApp, in Portuguese',
    outcome: answered(400, { error: 'O número não está registrado no WhatsApp' }),
    end: 'rejected',
    code: 'not-on-whatsapp',
  },
  { name: '403', outcome: answered(403, { error: 'x' }), end: 'rejected', code: 'unauthorized' },
  {
    name: '404 of a send',
    outcome: answered(404, { error: 'not found' }),
    end: 'rejected',
    code: 'unsupported',
  },
  {
    name: '404 of a reaction',
    outcome: answered(404, { error: 'message not found' }),
    end: 'rejected',
    code: 'gone',
    command: react,
  },
  { name: '404 of a proxy', outcome: answered(404, '<html>'), end: 'retry', command: react },
  {
    name: '404 of a revoke',
    outcome: answered(404, { error: 'message not found' }),
    end: 'rejected',
    code: 'gone',
    command: revoke,
  },
  { name: 'a reaction without an id', outcome: answered(200, {}), end: 'sent', command: react },
  { name: 'a revoke that cannot be read', outcome: answered(200, 'ok'), end: 'unknown', command: revoke },
  {
    name: 'read, partly',
    outcome: answered(200, { results: [{ status: 'error' }, { status: 'success' }] }),
    end: 'sent',
    command: read,
  },
  {
    name: 'read, none',
    outcome: answered(200, { results: [{ status: 'error', error: 'not found' }] }),
    end: 'rejected',
    code: 'gone',
    command: read,
  },
  {
    name: 'read without a session',
    outcome: answered(200, { results: [{ status: 'error', error: 'No session' }] }),
    end: 'hold',
    command: read,
  },
  {
    name: '403 not an admin',
    outcome: answered(403, { error: 'not admin' }),
    end: 'rejected',
    code: 'not-admin',
    command: remove,
  },
  {
    name: 'removed',
    outcome: answered(200, { groupUpdated: [{ JID: 'x', Error: 0 }] }),
    end: 'sent',
    command: remove,
  },
  {
    name: 'not a member',
    outcome: answered(200, { groupUpdated: [{ JID: 'x', Error: 404 }] }),
    end: 'rejected',
    code: 'gone',
    command: remove,
  },
  {
    name: 'a member we may not remove',
    outcome: answered(200, { groupUpdated: [{ JID: 'x', Error: 403 }] }),
    end: 'rejected',
    code: 'not-admin',
    command: remove,
  },
]

gatewaySuite({
  gateway: uazapi,
  simulated: uazapiSimulator,
  samplesDir: new URL('./samples/', import.meta.url),
  credentials: { secrets: [], key: 'invented-url-key', insecure: false },
  signature: { header: 'x-webhook-signature', prefix: '' },
  number: {
    instance: 'sales',
    digits: '5511955550100',
    privateDigits: '90010020030099',
    name: 'Loja Exemplo',
    connected: true,
    webhookUrl: 'http://127.0.0.1:3001/webhooks/sales/invented-url-key',
    token: TOKEN,
  },
  settings: { token: TOKEN },
  baseUrl: 'https://uazapi.example.com',
  media: (type) => ({
    source: { type: 'gateway' },
    mime: type === 'voice' ? 'audio/ogg; codecs=opus' : 'application/octet-stream',
    bytes: 1234,
    ...(type === 'document' && { fileName: 'preços & prazos.pdf' }),
    ...(type === 'video' && { seconds: 7 }),
  }),
  without: {
    'real-2': { 'delete-for-me': 'uazapi tells nobody of it' },
    'seed-1': { 'delete-for-me': 'uazapi tells nobody of it' },
  },
  redactions: [
    {
      body: JSON.stringify({
        token: TOKEN,
        owner: '5511955550100',
        message: { text: `token: ${TOKEN.slice(1)}` },
      }),
      hidden: [TOKEN],
      kept: ['"owner":"5511955550100"', `token: ${TOKEN.slice(1)}`],
    },
    {
      body: '{"instance":{"token":"aaaabbbbcccc","openai_apikey":"sk-ddddeeee","name":"x"},"AdminToken":"ffffgggg"}',
      hidden: ['aaaabbbbcccc', 'sk-ddddeeee', 'ffffgggg'],
      kept: ['"name":"x"'],
    },
    { body: '{"to\\u006ben" : "aaaabbbbcccc"}', hidden: ['aaaabbbbcccc'], kept: ['{"to\\u006ben" : "***"}'] },
    { body: `{"token":"${TOKEN}","message":{"text":"half`, hidden: [TOKEN], kept: ['"text":"half'] },
    { body: `token=${TOKEN}&event=messages`, hidden: [TOKEN], kept: ['&event=messages'] },
    { body: Buffer.from(`\xff{"apikey": '${TOKEN}'`, 'latin1'), hidden: [TOKEN], kept: ['apikey'] },
  ],
  endings,
})
