import { HubError } from './errors.ts'
import type { Answer } from './gateway.ts'

/** @throws HubError what became of the question, when it has no answer */
export function answered<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.value
  const { reason, retry, code, afterMs } = answer
  const details = { retry, ...(code !== undefined && { reason: code }) }
  switch (code) {
    case 'not-connected':
      throw new HubError('E_NOT_CONNECTED', `${reason}. Pair the number, then ask again.`, { details })
    case 'unsupported':
      throw new HubError('E_UNSUPPORTED', reason, { details })
    case 'invalid':
    case 'not-on-whatsapp':
      throw new HubError('E_INVALID', reason, { details })
    case 'not-admin':
      throw new HubError('E_FORBIDDEN', `${reason}. The number must be an admin there.`, { details })
    case 'gone':
      throw new HubError('E_NOT_FOUND', reason, { details })
    case 'rate-limited':
      throw new HubError('E_TOO_MANY', `${reason}. Ask again later.`, {
        details: {
          ...details,
          ...(afterMs !== undefined && { retryAfterSeconds: Math.ceil(afterMs / 1000) }),
        },
      })
    case 'time-locked':
    case 'unauthorized':
    case 'gateway-bug':
    case undefined:
      throw new HubError('E_GATEWAY', `${reason}.${retry ? ' Asking again may help.' : ''}`, { details })
  }
}
