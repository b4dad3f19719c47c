import type { IncomingMessage } from 'node:http'

const NAME = 'pombo_session'
const TOKEN = new RegExp(`(?:^|;\\s*)${NAME}=([\\w-]{1,200})(?:;|$)`)

/** The token of the session a request is made with, if it holds one. */
export const cookieOf = (req: IncomingMessage): string | undefined =>
  TOKEN.exec(req.headers.cookie ?? '')?.[1]

/**
 * The header that has a browser keep a session's token: no script reads it, and no other site's form sends it.
 * @param seconds how long; 0 forgets it
 */
export function sessionCookie(token: string, seconds: number, secure: boolean): string {
  const parts = [`${NAME}=${token}`, 'Path=/', `Max-Age=${seconds}`, 'HttpOnly', 'SameSite=Lax']
  return [...parts, ...(secure ? ['Secure'] : [])].join('; ')
}
