import type { Mail, SendMail } from '../core/alerts.ts'
import type { SmtpConfig } from '../core/config.ts'

/** For each step of a conversation with the server (ms). */
const TIMEOUT_MS = 15_000
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i

/**
 * Sends letters by SMTP, each over a connection of its own. The library is loaded with the first letter.
 * A password is only ever sent encrypted, but on this machine.
 */
export function createMailer({ host, port, secure, auth }: SmtpConfig): SendMail {
  return async (mail: Mail) => {
    const { createTransport } = await import('nodemailer')
    const transport = createTransport({
      host,
      port,
      secure,
      requireTLS: !secure && auth !== undefined && !LOOPBACK.test(host),
      ...(auth && { auth: { user: auth.username, pass: auth.password } }),
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    })
    try {
      await transport.sendMail({ ...mail, to: [...mail.to] })
      return { ok: true }
    } catch (error) {
      return { ok: false, reason: reasonOf(error) }
    } finally {
      transport.close()
    }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EAUTH: 'the server refused the login; check alerts.email.smtp.username and password',
  EDNS: 'the name of the server cannot be found; check alerts.email.smtp.host',
  ESOCKET: 'the server cannot be reached, or speaks no TLS where it should; check host, port and secure',
  ECONNECTION: 'the server cannot be reached; check alerts.email.smtp.host and port',
  ETIMEDOUT: 'the server does not answer in time; check alerts.email.smtp.host and port',
  ETLS: 'the server offers no encryption, and a password is only sent encrypted; check port and secure',
  EENVELOPE: 'the server refused the sender or a recipient; check alerts.email.from and to',
}

/** Of the server's words only its number is told: they may name logins and addresses. */
function reasonOf(error: unknown): string {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown }
  const known = typeof code === 'string' && Object.hasOwn(REASONS, code) ? REASONS[code] : undefined
  const answered = typeof responseCode === 'number' ? ` (SMTP ${responseCode})` : ''
  return `${known ?? 'the server did not take the letter'}${answered}`
}
