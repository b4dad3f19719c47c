import { gatewaySuite } from '../../../test/gateway-suite.ts'
import type { Media, MediaType } from '../../core/events.ts'
import type { HttpOutcome } from '../../core/ports.ts'
import { gowa } from './index.ts'
import { gowaSimulator } from './simulator.ts'

const answered = (status: number, body: unknown, headers = {}): HttpOutcome => ({
  type: 'answered',
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
const error = (status: number, code: string): HttpOutcome => answered(status, { code, message: 'in words' })

const FILES: Readonly<Record<MediaType, [extension: string, mime: string]>> = {
  image: ['jpe', 'image/jpeg'],
  video: ['mp4', 'video/mp4'],
  'video-note': ['mp4', 'video/mp4'],
  audio: ['mp3', 'audio/mpeg'],
  voice: ['ogg', 'audio/ogg'],
  document: ['pdf', 'application/pdf'],
  sticker: ['webp', 'image/webp'],
}
const media = (type: MediaType): Media => {
  const [extension, mime] = FILES[type]
  return { source: { type: 'path', path: `statics/media/1788000000-0b7e.${extension}` }, mime }
}

const NO_CONNECTION = 'GOWA posts nothing about its connection'
const NO_ECHO = 'what the API sends yields no delivery'
const NO_VOICE = 'GOWA does not tell voice notes from other audio'
const NO_RECEIPT = 'GOWA never posts this receipt'
const NO_OWN = '8.0 to 8.2 never deliver own messages'
const CAPTION_LOST = '8.2 loses captions'
const NO_GROUPS = 'group changes came with 7.4.0'
const always = {
  'own api text': NO_ECHO,
  voice: NO_VOICE,
  'receipt sent': NO_RECEIPT,
  'receipt played': NO_RECEIPT,
  connected: NO_CONNECTION,
  disconnected: NO_CONNECTION,
}

gatewaySuite({
  gateway: gowa,
  simulated: gowaSimulator,
  samplesDir: new URL('./samples/', import.meta.url),
  credentials: { secrets: ['current-webhook-secret', 'former-webhook-secret'], insecure: false },
  signature: { header: 'x-hub-signature-256', prefix: 'sha256=' },
  number: {
    instance: 'support',
    digits: '5511955559999',
    privateDigits: '70010020030040',
    name: 'Loja',
    connected: true,
    webhookUrl: 'https://hub.example.com/webhooks/support',
    secret: 'current-webhook-secret',
    device: 'front-desk',
    basicAuth: { username: 'hub', password: 'a-password-of-gowa' },
  },
  settings: { basicAuth: { username: 'hub', password: 'a-password-of-gowa' } },
  baseUrl: 'http://gowa.example.com:3000/wa',
  device: 'front-desk',
  media,
  without: {
    'envelope-9': always,
    'envelope-8.3': always,
    'envelope-8.1': { ...always, 'own text': NO_OWN },
    'envelope-8.2': {
      ...always,
      'own text': NO_OWN,
      'image caption': CAPTION_LOST,
      'video caption': CAPTION_LOST,
      'document caption': CAPTION_LOST,
    },
    'flat-7': { ...always, 'reaction removed': 'it looks like an empty message' },
    'flat-3': {
      ...always,
      'own text': 'own messages came with 6.1.1',
      'video-note': 'came with 7.10.1',
      edit: 'it looks like a message',
      revoke: 'it looks like an empty message',
      'delete-for-me': 'came with 7.2.1',
      'receipt delivered': 'receipts came with 7.3.0',
      'receipt read': 'receipts came with 7.3.0',
      'receipt self': 'receipts came with 7.3.0',
      join: NO_GROUPS,
      leave: NO_GROUPS,
      promote: NO_GROUPS,
      demote: NO_GROUPS,
      'own join': NO_GROUPS,
    },
  },
  withoutCapability: {
    'flat-7': { mentions: 'came with 8.1.0' },
    'flat-3': { mentions: 'came with 8.1.0' },
  },
  redactions: [{ body: '{"device_id":"x","payload":{"body":"oi"}}', hidden: [], kept: ['oi'] }],
  endings: [
    {
      name: '200 with id',
      outcome: answered(200, {
        code: 'SUCCESS',
        message: 'ok',
        results: { message_id: '3EB0', status: 'ok' },
      }),
      end: 'sent',
    },
    {
      name: '200 with null results',
      outcome: answered(200, { code: 'SUCCESS', results: null }),
      end: 'unknown',
    },
    {
      name: '200 with empty id',
      outcome: answered(200, { code: 'SUCCESS', results: { message_id: '' } }),
      end: 'unknown',
    },
    { name: '400 field rules', outcome: error(400, 'VALIDATION_ERROR'), end: 'rejected', code: 'invalid' },
    { name: '400 unreadable', outcome: error(400, 'BAD_REQUEST'), end: 'rejected', code: 'invalid' },
    {
      name: '400 not on WhatsApp',
      outcome: error(400, 'INVALID_JID'),
      end: 'rejected',
      code: 'not-on-whatsapp',
    },
    { name: '400 no device chosen', outcome: error(400, 'DEVICE_ID_REQUIRED'), end: 'hold' },
    { name: '400 of another sort', outcome: answered(400, 'Bad Request'), end: 'unknown' },
    { name: '401 not connected', outcome: error(401, 'AUTHENTICATION_ERROR'), end: 'hold' },
    { name: '401 basic auth', outcome: answered(401, 'Unauthorized'), end: 'hold' },
    { name: '404 unknown device', outcome: error(404, 'DEVICE_NOT_FOUND'), end: 'hold' },
    { name: '404 of a wrong base URL', outcome: answered(404, 'Cannot POST /send/message'), end: 'retry' },
    { name: '403 of a proxy', outcome: answered(403, '<html>'), end: 'retry' },
    { name: '413', outcome: answered(413, ''), end: 'rejected', code: 'invalid' },
    { name: '408 context', outcome: error(408, 'CONTEXT_ERROR'), end: 'unknown' },
    {
      name: '429 time lock',
      outcome: error(429, 'WA_REACHOUT_TIMELOCK'),
      end: 'rejected',
      code: 'time-locked',
    },
    {
      name: '429 in seconds',
      outcome: answered(429, '', { 'retry-after': '12' }),
      end: 'retry',
      afterMs: 12_000,
    },
    {
      name: '429 as a date',
      outcome: answered(429, '', { 'retry-after': new Date(1_788_000_030_000).toUTCString() }),
      end: 'retry',
      afterMs: 30_000,
    },
    { name: '429 without a time', outcome: answered(429, ''), end: 'retry' },
    { name: '500 no client', outcome: error(500, 'INVALID_WA_CLI'), end: 'hold' },
    { name: '500 unspecific', outcome: error(500, 'INTERNAL_SERVER_ERROR'), end: 'unknown' },
    { name: '500 upload', outcome: error(500, 'UPLOAD_MEDIA_ERROR'), end: 'unknown' },
    { name: '503 device manager', outcome: error(503, 'DEVICE_MANAGER_UNAVAILABLE'), end: 'unknown' },
    { name: '504 deadline', outcome: error(504, 'GATEWAY_TIMEOUT'), end: 'unknown' },
    { name: 'a known code under another status', outcome: error(500, 'VALIDATION_ERROR'), end: 'unknown' },
  ],
})
