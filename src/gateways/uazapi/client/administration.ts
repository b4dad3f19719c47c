import { z } from 'zod'
import type { Answer, ClientContext, RemoteInstance, ServerClient } from '../../../core/gateway.ts'
import type { UazapiSettings } from '../config.ts'
import { readAddress } from '../wire/address.ts'
import { connectionState } from '../wire/connection.ts'
import { text } from '../wire/fields.ts'
import { type Asking, asking, done, refuse, toVoid } from './asking.ts'
import { caller } from './caller.ts'
import { type Line, newLine } from './line.ts'
import { globalWebhookClient } from './webhooks.ts'

const instanceBody = z.object({
  id: text,
  token: text,
  name: text,
  status: text,
  lastDisconnectReason: text,
  owner: text,
})
interface Known {
  instance: RemoteInstance
  token: string
}
function readInstance(body: unknown): Known[] {
  const read = instanceBody.safeParse(body)
  if (!read.success || read.data.id === '') return []
  const { id, token, name, status, lastDisconnectReason, owner } = read.data
  const state = connectionState(status, lastDisconnectReason)
  // Digits in captures, the full form once.
  const digits = owner.replace(/[^0-9@].*$/, '').replace(/@.*$/, '')
  const phone = readAddress(digits)
  return [
    {
      token,
      instance: {
        id,
        ...(name !== '' && { name }),
        ...(state && { state }),
        ...(phone && { phone }),
      },
    },
  ]
}
const createBody = z.object({ instance: z.unknown(), token: text })
const statusBody = z.object({ instance: z.unknown() })

const NO_ADMIN = refuse('unsupported', 'This needs the admin token of the uazapi server ("adminToken").')
const UNKNOWN: Answer<never> = {
  ok: false,
  code: 'gone',
  reason: 'uazapi has no such instance, or none that the given credentials show.',
  retry: false,
}

/**
 * A whole server. Listing, making and the global webhook need the admin token; renaming and removing are
 * done with the instance's own token, which the list shows to the admin only.
 */
export function administer(
  { adminToken, settings }: { adminToken?: string; settings?: UazapiSettings },
  context: ClientContext,
): ServerClient {
  const line = newLine(context.clock)
  const instanceAsking = (token: string): Asking => asking(caller({ token }, context), line, context.clock)
  const admin =
    adminToken === undefined
      ? undefined
      : asking(caller({ admintoken: adminToken }, context), line, context.clock)

  /** What the credentials show: with the admin token all of them, else the own one. */
  async function known(): Promise<Answer<Known[]>> {
    if (admin) {
      return admin.ask({ method: 'GET', path: '/instance/all', about: 'server' }, (body) =>
        Array.isArray(body) ? body.flatMap(readInstance) : undefined,
      )
    }
    if (!settings) return NO_ADMIN
    const own = instanceAsking(settings.token)
    return own.ask({ method: 'GET', path: '/instance/status', about: 'instance' }, (body) =>
      readInstance(statusBody.safeParse(body).data?.instance).map((one) => ({
        ...one,
        token: settings.token,
      })),
    )
  }
  async function withToken(
    id: string,
    act: (asking: Asking) => Promise<Answer<unknown>>,
  ): Promise<Answer<void>> {
    const all = await known()
    if (!all.ok) return all
    const found = all.value.find(({ instance }) => instance.id === id)
    return found && found.token !== '' ? toVoid(await act(instanceAsking(found.token))) : UNKNOWN
  }

  return {
    async instances() {
      const all = await known()
      if (!all.ok) return all
      return {
        ok: true,
        value: all.value.map(({ instance, token }) => ({
          ...instance,
          ...(token !== '' && { credential: token }),
        })),
      }
    },
    async create(name) {
      if (!admin) return NO_ADMIN
      if (name === '') return refuse('invalid', 'An instance needs a name.')
      return create(admin, line, name)
    },
    rename: (id, name) =>
      withToken(id, ({ ask }) =>
        ask(
          { method: 'POST', path: '/instance/updateInstanceName', body: { name }, about: 'instance' },
          done,
        ),
      ),
    remove: (id) =>
      withToken(id, ({ ask }) => ask({ method: 'DELETE', path: '/instance', about: 'instance' }, done)),
    ...(admin && { globalWebhook: globalWebhookClient(admin) }),
  }
}

/** `/instance/create` was `/instance/init` in 1.0.0; the one that is there is remembered. */
async function create({ ask }: Asking, line: Line, name: string): Promise<Answer<RemoteInstance>> {
  const read = (body: unknown): RemoteInstance | undefined => {
    const answer = createBody.safeParse(body).data
    const [found] = readInstance(answer?.instance)
    if (!answer || !found) return undefined
    const credential = answer.token || found.token
    return { ...found.instance, ...(credential !== '' && { credential }) }
  }
  const body = { name }
  const request = { method: 'POST', body, about: 'server', once: true } as const
  const made = await ask({ ...request, path: '/instance/create', feature: 'instance/create' }, read)
  if (made.ok || line.has('instance/create') !== false) return made
  return ask({ ...request, path: '/instance/init' }, read)
}
