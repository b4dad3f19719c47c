import type { AccessStore } from '../core/access.ts'
import { HubError } from '../core/errors.ts'
import { hashToken } from './tokens.ts'

/**
 * Failed sign-ins are counted in the store, so that more nodes are not more tries. By source, whoever it tries; and
 * by account, whoever tries it. Neither wait grows past its limit, and what is refused does not prolong it: somebody
 * who is attacked waits, but never for good. Whoever has the machine makes a link with `pombo owner link`.
 */
const BY_SOURCE = { free: 10, longestMs: 60_000, forgetMs: 3_600_000 }
const BY_ACCOUNT = { free: 5, longestMs: 30_000, forgetMs: 900_000 }

export interface Attempt {
  succeeded(): Promise<void>
}

/**
 * Begins to check a password: counted as failed until it has succeeded, so that many at once do not all pass.
 * @param source name under which the address is counted
 * @throws HubError E_TOO_MANY saying how long to wait, before anything is checked
 */
export async function beginAttempt(
  store: Pick<AccessStore, 'admitAttempt' | 'forgiveAttempt'>,
  { source, login }: { source: string; login: string },
): Promise<Attempt> {
  const bySource = { key: hashToken(`source ${source}`), ...BY_SOURCE }
  const byAccount = { key: hashToken(`account ${login}`), ...BY_ACCOUNT }
  const wait = await store.admitAttempt([bySource, byAccount])
  if (wait > 0) {
    const seconds = Math.ceil(wait / 1000)
    throw new HubError(
      'E_TOO_MANY',
      `Too many sign-ins have failed. Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
      { details: { retryAfterSeconds: seconds } },
    )
  }
  return {
    // Of the source only this one: somebody with an account of their own may try others.
    succeeded: () => store.forgiveAttempt({ forget: byAccount.key, takeBack: bySource.key }),
  }
}
