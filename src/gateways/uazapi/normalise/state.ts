import type { InboundEvent } from '../../../core/events.ts'
import { campaign } from '../wire/batches.ts'
import { connection, connectionState } from '../wire/connection.ts'
import type { Reader } from './reading.ts'

/** `connection`: in which state the number is now. */
export const readConnection: Reader = (body, reading) => {
  const wire = connection.safeParse(body).data
  if (wire === undefined) return []
  const { status, lastDisconnect, lastDisconnectReason } = wire.instance
  const state = wire.type === 'LoggedOut' ? 'logged-out' : connectionState(status, lastDisconnectReason)
  if (state === undefined) return []
  const down = state === 'disconnected' || state === 'logged-out'
  const reason = lastDisconnectReason || (status.toLowerCase() === 'hibernated' ? status : '')
  const event: InboundEvent = {
    fact: {
      kind: 'connection',
      state,
      ...(down && reason !== '' && { reason: reason.slice(0, 200).toWellFormed() }),
    },
    identity: reading.stateOf(),
    ...(down && lastDisconnect !== undefined && { at: lastDisconnect }),
    author: 'other',
  }
  return [event]
}

const CAMPAIGN_STATES: ReadonlyMap<string, 'running' | 'done'> = new Map([
  ['sending', 'running'],
  ['done', 'done'],
])
/** `sender`: a campaign uazapi runs itself began or ended. Nothing is told in between. */
export const readCampaign: Reader = (body, reading) => {
  const wire = campaign.safeParse(body).data
  const state = CAMPAIGN_STATES.get(wire?.status.toLowerCase() ?? '')
  if (wire === undefined || state === undefined) return []
  const { folder_id: id, sentCount: sent, messageCount: total } = wire
  return [
    {
      fact: {
        kind: 'campaign',
        state,
        ...(id !== '' && { id }),
        ...(sent !== undefined && { sent }),
        ...(total !== undefined && { total }),
      },
      identity: reading.stateOf(),
      author: 'hosted',
    },
  ]
}
