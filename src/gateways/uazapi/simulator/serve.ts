import type { SimulatedNumber, WireRequest, WireResponse, World } from '../../../simulator/port.ts'
import { readObject } from '../client/endings.ts'
import {
  answer,
  failure,
  lineOf,
  type MadeInstance,
  type Route,
  type Routes,
  remembered,
  type Served,
} from './rest.ts'
import { actionRoutes } from './serve-actions.ts'
import { agentRoutes } from './serve-agents.ts'
import { chatRoutes } from './serve-chats.ts'
import { groupRoutes } from './serve-groups.ts'
import { instanceRoutes } from './serve-instance.ts'
import { messageRoutes } from './serve-messages.ts'
import { senderRoutes } from './serve-sender.ts'
import { SIMULATED_ADMIN_TOKEN, serverRoutes } from './serve-server.ts'

const ROUTES: Routes = {
  ...messageRoutes,
  ...actionRoutes,
  ...chatRoutes,
  ...groupRoutes,
  ...instanceRoutes,
  ...serverRoutes,
  ...senderRoutes,
  ...agentRoutes,
}

/** Answers one request as uazapi would: of the line the number's generation belongs to. */
export function serve(request: WireRequest, number: SimulatedNumber, world: World): WireResponse {
  const line = lineOf(number)
  const { route, last } = routeOf(request)
  if (route?.admin) {
    if (request.headers.admintoken !== SIMULATED_ADMIN_TOKEN) return failure(401, 'Unauthorized')
  } else {
    const known = instanceOf(request, number, world)
    if ('status' in known) return known
    if (route) return run(route, { number, world, line, last, ...known })
  }
  return route ? run(route, { number, world, line, last }) : failure(404, 'not found')

  function run(found: Route, about: Omit<Served, 'body' | 'query'>): WireResponse {
    if (found.only !== undefined && found.only !== line) return failure(404, 'not found')
    // Documented as 401 on some paths and 500 on others; the client has to read the words.
    const connected = about.made === undefined && number.connected
    if (!found.offline && !connected) return failure(500, 'No session')
    const body = request.method === 'POST' ? readObject(request.body) : {}
    return body ? found.run({ ...about, body, query: request.query }) : failure(400, 'invalid payload')
  }
}

function routeOf({ method, path }: WireRequest): { route?: Route; last: string } {
  const cut = path.lastIndexOf('/')
  const last = safelyDecoded(path.slice(cut + 1))
  for (const name of [`${method} ${path}`, `${method} ${path.slice(0, cut)}/:last`]) {
    const route = Object.hasOwn(ROUTES, name) ? ROUTES[name] : undefined
    if (route) return { route, last }
  }
  return { last }
}
function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

/** Whose token it is: the number's own, or that of an instance that was made. */
function instanceOf(
  { headers: { token } }: WireRequest,
  number: SimulatedNumber,
  world: World,
): WireResponse | { made?: MadeInstance } {
  if (!token) return failure(401, 'missing token')
  if (token === number.token && world.memory.get('deleted') !== true) return {}
  const made = remembered<MadeInstance[]>({ world }, 'instances', []).find((one) => one.token === token)
  return made ? { made } : failure(401, 'Invalid token')
}

/** WhatsApp's refusal to let a number begin new chats (2.0.1 and later), for whoever wants it to happen. */
export const timeLocked = (): WireResponse =>
  answer(500, {
    error: 'WhatsApp refused to send the message',
    error_source: 'whatsapp_server',
    provider: 'whatsapp',
    provider_code: 463,
    error_key: 'WHATSAPP_REACHOUT_TIMELOCK',
    message: 'This number cannot start new conversations right now.',
    message_ptbr: 'Este número não pode iniciar novas conversas agora.',
    provider_message: 'reachout timelock',
    provider_message_ptbr: 'bloqueio temporário de novas conversas',
    diagnostics_endpoint: '/instance/wa_messages_limits',
    details: { new_chat_message_capping: {}, reachout_timelock: {} },
  })
