import { defineGateway } from '../../core/gateway.ts'
import { settings } from './config.ts'
import { normalise } from './normalise.ts'
import { redact } from './redact.ts'
import { connect } from './send.ts'
import { prove, verify } from './verify.ts'
import { readRecipient } from './wire/address.ts'

/** uazapi (uazapiGO v2), versions 1.0.0 to 2.1.1. What is known of it, and from where, is in README.md. */
export const uazapi = defineGateway({
  name: 'uazapi',
  settings,
  capabilities: new Set([
    'typing',
    'media',
    'react',
    'revoke',
    'read',
    'mentions',
    'groups',
    'sees-own-messages',
    'references',
    'connection-events',
  ]),
  proof: 'url-key',
  verify,
  prove,
  normalise,
  credential: ({ token }) => token,
  redact,
  parseRecipient: readRecipient,
  connect,
})
