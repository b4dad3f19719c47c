import { z } from 'zod'
import type { Answer, HostedAgentsClient, HostedPart } from '../../../core/gateway.ts'
import { text } from '../wire/fields.ts'
import { type Asking, done, refuse, toVoid } from './asking.ts'
import type { Json } from './caller.ts'

/**
 * uazapi's own bot: agents, triggers, knowledge and functions. Documents from 1.0.0 to the first of 2.0.1
 * have it; later servers have not.
 */
const GONE: Extract<Answer<never>, { ok: false }> = {
  ok: false,
  code: 'unsupported',
  reason: 'This server hosts no agents: uazapi took them out after 2.0.1.',
  retry: false,
}
const SETTINGS: ReadonlySet<string> = new Set([
  'openai_apikey',
  'chatbot_enabled',
  'chatbot_ignoreGroups',
  'chatbot_stopConversation',
  'chatbot_stopMinutes',
  'chatbot_stopWhenYouSendMsg',
])
/** `headers` of a function hold its authorisation. */
const SECRET = /api_?key|secret|passw|authori[sz]|(?:^|_)token$|^headers$/i

const record = z.record(z.string(), z.unknown())
/** A record as it may be shown: what was written into a secret field never comes back. */
function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked)
  const read = record.safeParse(value)
  return read.success ? maskedRecord(read.data) : value
}
const maskedRecord = (fields: Json): Json =>
  Object.fromEntries(
    Object.entries(fields).map(([key, one]) => [key, SECRET.test(key) && one ? '***' : masked(one)]),
  )
const records = (body: unknown): Json[] | undefined =>
  Array.isArray(body)
    ? body.flatMap((one) => {
        const read = record.safeParse(one)
        return read.success ? [maskedRecord(read.data)] : []
      })
    : undefined
const withId = z.object({ id: text })

/** A server without them says so in its own words, whatever was asked. */
const told = <T>(answer: Answer<T>): Answer<T> => (answer.ok || answer.code !== 'unsupported' ? answer : GONE)

export function agentsClient({ ask }: Asking): HostedAgentsClient {
  const feature = 'agents'
  const edit = (part: HostedPart, body: Json, once: boolean) => ({
    method: 'POST' as const,
    path: `/${part}/edit`,
    body,
    about: 'hosted' as const,
    feature: feature as typeof feature,
    ...(once && { once: true as const }),
  })
  return {
    list: async (part) =>
      told(await ask({ method: 'GET', path: `/${part}/list`, about: 'hosted', feature }, records)),

    async edit(part, { id, fields }) {
      // Written back as it was shown, a mask would become the secret.
      if (Object.entries(fields).some(([key, one]) => SECRET.test(key) && one === '***')) {
        return refuse('invalid', 'A masked secret cannot be written: leave the field out or give a new one.')
      }
      const body = { id: id ?? '', delete: false, [part]: fields }
      return told(
        await ask(edit(part, body, id === undefined), (answer) => {
          const read = withId.safeParse(answer)
          if (!read.success) return undefined
          const found = read.data.id || id
          return found ? { id: found } : undefined
        }),
      )
    },

    remove: async (part, id) => told(toVoid(await ask(edit(part, { id, delete: true }, false), done))),

    async settings(fields) {
      const keys = Object.keys(fields)
      if (keys.length === 0 || keys.some((key) => !SETTINGS.has(key))) {
        return refuse('invalid', `The settings of uazapi’s bot are ${[...SETTINGS].join(', ')}.`)
      }
      const path = '/instance/updatechatbotsettings'
      return told(toVoid(await ask({ method: 'POST', path, body: fields, about: 'hosted', feature }, done)))
    },
  }
}
