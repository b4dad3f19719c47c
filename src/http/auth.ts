import type { IncomingMessage } from 'node:http'
import { HubError } from '../core/errors.ts'
import { sameText } from '../core/signature.ts'

const BEARER = /^Bearer +([^ ]+) *$/i

/**
 * Checks `Authorization: Bearer <key>` against the hub's key, in constant time.
 * @throws HubError E_UNAUTHENTICATED saying what to send, or how to set a key where there is none
 */
export function requireApiKey(req: IncomingMessage, apiKey: string | undefined): void {
  if (!apiKey) {
    throw new HubError(
      'E_UNAUTHENTICATED',
      'This hub has no API key yet. Set the environment variable POMBO_API_KEY to a long random text (openssl rand -hex 32) and start it again.',
    )
  }
  const given = BEARER.exec(req.headers.authorization ?? '')?.[1]
  if (given === undefined) {
    throw new HubError('E_UNAUTHENTICATED', 'Send the API key as "Authorization: Bearer <key>".')
  }
  if (!sameText(given, apiKey))
    throw new HubError('E_UNAUTHENTICATED', 'The API key is not the one of this hub.')
}
