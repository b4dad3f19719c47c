import { defineGateway } from '../../core/gateway.ts'
import { GowaSettings } from './config.ts'
import { normalise } from './normalise.ts'
import { connect } from './send.ts'
import { prove, verify } from './verify.ts'
import { parseLoose } from './wire/address.ts'

/** GOWA (go-whatsapp-web-multidevice), 4.22 to 9.x. What it can do and what not: README.md beside this. */
export const gowa = defineGateway({
  name: 'gowa',
  settings: GowaSettings,
  capabilities: new Set([
    'typing',
    'media',
    'react',
    'revoke',
    'read',
    'mentions',
    'groups',
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
})
