import { z } from 'zod'
import { ALERT_KINDS, ALERT_LANGUAGES } from '../core/alerts.ts'
import type { AlertsConfig, EmailConfig } from '../core/config.ts'
import { type Faults, type Path, readFields, ruled } from './faults.ts'
import { duration, whole } from './rules.ts'

/** What a setting is when nobody sets it. */
export const ALERT_DEFAULTS = { afterMs: 60_000, language: 'en' } as const
export const WATCH_EVERY_MS = 30_000

/** The form of Standard Webhooks, so that its libraries verify what the hub signs. */
const signingSecret = ruled(z.string(), (value) => {
  const key = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(value)?.[1] ?? ''
  const { length } = Buffer.from(key, 'base64')
  if (length >= 24 && length <= 64) return undefined
  return {
    code: 'E_CONFIG_SECRET_WEAK',
    problem: 'is not "whsec_" and 24 to 64 bytes in base64',
    mend: 'Make one: echo "whsec_$(openssl rand -base64 32)"',
  }
})

/** The operator's own endpoint: unlike a gateway's it may have a query, and may be on a private network. */
const endpoint = ruled(z.string(), (value) => {
  const url = URL.parse(value)
  if (url === null || !/^https?:$/.test(url.protocol))
    return { problem: 'is not an http(s) URL', mend: 'Write it whole, as in https://example.com/alerts.' }
  if (url.username !== '' || url.password !== '')
    return { problem: 'holds a user name or password', mend: 'Take it out: what is posted is signed.' }
  return undefined
})

const mailAddress = ruled(z.string(), (value) =>
  /^[^\s@<>,;"]+@[^\s@<>,;"]+$/.test(value)
    ? undefined
    : { problem: 'is not an e-mail address', mend: 'Write it bare, as in ops@example.com.' },
)

const ALERTS = {
  after: duration(0, '1h').default(ALERT_DEFAULTS.afterMs),
  kinds: z.array(z.enum(ALERT_KINDS)).default([...ALERT_KINDS]),
  language: z.enum(ALERT_LANGUAGES).default(ALERT_DEFAULTS.language),
}
const WEBHOOK = { url: endpoint, secret: signingSecret }
const EMAIL = {
  from: mailAddress,
  to: z.array(mailAddress).min(1),
}
const SMTP = {
  host: z.string().min(1).meta({ example: 'the name of the server, as in "smtp.example.com"' }),
  port: whole(1, 65_535).optional(),
  secure: z.boolean().optional(),
  username: z.string().min(1).optional(),
  password: z.string().min(1).optional(),
}

/** Port on which TLS begins with the first byte, and the one on which it is asked for. */
const SECURE_PORT = 465
const SUBMISSION_PORT = 587

/** The key `alerts`. Only whole when no fault was noted. */
export function readAlerts(input: unknown, faults: Faults): AlertsConfig {
  const given = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>
  const read = readFields(ALERTS, input, ['alerts'], faults, ['webhook', 'email'])
  const webhook =
    given.webhook === undefined
      ? undefined
      : readFields(WEBHOOK, given.webhook, ['alerts', 'webhook'], faults)
  const email = given.email === undefined ? undefined : readEmail(given.email, ['alerts', 'email'], faults)
  return {
    afterMs: read.after ?? 0,
    kinds: read.kinds ?? [],
    language: read.language ?? ALERT_DEFAULTS.language,
    ...(webhook && { webhook: { url: webhook.url ?? '', secret: webhook.secret ?? '' } }),
    ...(email && { email }),
  }
}

function readEmail(input: unknown, path: Path, faults: Faults): EmailConfig {
  const given = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>
  const { from = '', to = [] } = readFields(EMAIL, input, path, faults, ['smtp'])
  const {
    host = '',
    port,
    secure,
    username,
    password,
  } = readFields(SMTP, given.smtp ?? {}, [...path, 'smtp'], faults)
  if ((username === undefined) !== (password === undefined)) {
    const missing = username === undefined ? 'username' : 'password'
    faults.add([...path, 'smtp', missing], 'is missing', 'A login needs both; without any, leave both out.')
  }
  const usesTls = secure ?? port === SECURE_PORT
  return {
    smtp: {
      host,
      port: port ?? (usesTls ? SECURE_PORT : SUBMISSION_PORT),
      secure: usesTls,
      ...(username !== undefined && password !== undefined && { auth: { username, password } }),
    },
    from,
    to,
  }
}
