import { defineGateway } from '../../core/gateway.ts'
import { GowaSettings } from './config.ts'
import { normalise } from './normalise.ts'
import { administer, connect } from './send.ts'
import { prove, verify } from './verify.ts'
import { parseLoose } from './wire/address.ts'

/** GOWA (go-whatsapp-web-multidevice), 3.6 to 9.2. What it can do and what not: README.md beside this. */
export const gowa = defineGateway({
  name: 'gowa',
  settings: GowaSettings,
  capabilities: new Set([
    'typing',
    'media',
    'media-bytes',
    'voice',
    'stickers',
    'view-once',
    'link-preview',
    'location',
    'contact',
    'poll',
    'forward',
    'edit',
    'react',
    'revoke',
    'delete-for-me',
    'read',
    'star',
    'mentions',
    'mention-all',
    'groups',
    'group-admin',
    'archive',
    'pin-chat',
    'ephemeral',
    'reject-call',
    'directory',
    'profile',
    'privacy',
    'webhooks',
    'instances',
    'pairing',
    'search',
    'download',
    'sees-own-messages',
  ] as const),
  proof: 'signature',
  verify,
  prove,
  normalise,
  /** GOWA puts no credential into a body. */
  redact: (body) => body,
  parseRecipient: (text) => parseLoose(text.trim())?.address,
  connect,
  administer,
  // A device is named by its slot; the login is the server's.
  adopt: ({ id }, { settings }) => ({ settings: { ...settings }, device: id }),
  setup: ({ url, secret = '' }) => [
    { kind: 'env', name: 'WHATSAPP_WEBHOOK', value: url, secret: false },
    { kind: 'env', name: 'WHATSAPP_WEBHOOK_SECRET', value: secret, secret: true },
    { kind: 'flag', name: '--webhook', value: url, secret: false },
    { kind: 'flag', name: '--webhook-secret', value: secret, secret: true },
  ],
})
