import type { ClientContext, GatewayClient } from '../../../core/gateway.ts'
import type { UazapiSettings } from '../config.ts'
import { send } from '../send.ts'
import { numberForm } from '../wire/address.ts'
import { agentsClient } from './agents.ts'
import { asking } from './asking.ts'
import { caller, SEND_TIMEOUT_MS } from './caller.ts'
import { campaignsClient } from './campaigns.ts'
import { directoryClient } from './directory.ts'
import { groupInfo, groupsClient } from './groups.ts'
import { newLine, spelled } from './line.ts'
import { disconnect, pair, status } from './pairing.ts'
import { profileClient } from './profile.ts'
import { download, search } from './search.ts'
import { version } from './version.ts'
import { webhooksClient } from './webhooks.ts'

/** The longest `delay` `/message/presence` takes. */
const TYPING_MAX_MS = 300_000

/** Speaks to one instance, with what it learns of the server in memory. */
export function connect(settings: UazapiSettings, context: ClientContext): GatewayClient {
  const { clock, log, baseUrl } = context
  const line = newLine(clock)
  const call = spelled(caller({ token: settings.token }, context), line, clock)
  const asks = asking(call, line, clock)
  let known: Awaited<ReturnType<typeof version>> | undefined

  return {
    sendTimeoutMs: SEND_TIMEOUT_MS,
    send: (command, reference) => send(asks, command, reference),

    async typing(to, state, ms, as) {
      const number = numberForm(to)
      if (number === undefined) return
      const shown = as === 'voice' ? 'recording' : 'composing'
      const presence = state === 'start' ? shown : 'paused'
      const delay = Math.min(Math.max(Math.round(ms), 0), TYPING_MAX_MS)
      const body = { number, presence, ...(state === 'start' && { delay }) }
      const judged = await asks.attempt({ method: 'POST', path: '/message/presence', body, about: 'chat' })
      if (!judged.ok) log.debug({ failure: judged.failure.kind }, 'typing was not shown')
    },

    groupInfo: (group) => groupInfo(asks, group),
    groups: groupsClient(asks),
    status: () => status(asks),
    async version(fresh) {
      if (known?.ok && !fresh) return known
      if (fresh) line.forget()
      known = await version(asks, line)
      return known
    },
    search: (query) => search(asks, query),
    download: ({ id }) => download(asks, baseUrl, id),
    directory: directoryClient(asks),
    profile: profileClient(asks),
    webhooks: webhooksClient(asks),
    pair: (phone) => pair(asks, phone),
    disconnect: () => disconnect(asks),
    campaigns: campaignsClient(asks, clock),
    agents: agentsClient(asks),
  }
}
