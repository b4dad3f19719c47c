import { createHmac } from 'node:crypto'
import type { Happening, SimulatedNumber, WireDelivery } from '../../../simulator/port.ts'
import { seedMembership, wireMembership, wireSettings } from './groups.ts'
import { fewKeys, wireChat, wireMessage } from './message.ts'
import type { Json } from './spell.ts'
import {
  wireBlock,
  wireCall,
  wireCampaign,
  wireChannel,
  wireChatDetails,
  wireConnection,
  wireContact,
  wireHistory,
  wireLabel,
  wireLead,
  wirePresence,
} from './state.ts'
import { wirePin, wireUpdate } from './updates.ts'

const GENERATION_SEED = 'seed-1'
/** Every body names its server. The hub never uses it; nothing answers here. */
const BASE_URL = 'https://simulated.uazapi.example'

/** What uazapi would post for a happening. */
export function encode(happening: Happening, number: SimulatedNumber): WireDelivery[] {
  const body = bodyOf(happening, number)
  return body === undefined ? [] : [post({ BaseUrl: BASE_URL, ...body }, number)]
}

/** The headers are the ones uazapi sends; a proxy in front of the hub may add the signature. */
function post(body: Json, number: SimulatedNumber): WireDelivery {
  const bytes = Buffer.from(JSON.stringify(body))
  const signature =
    number.secret === undefined ? undefined : createHmac('sha256', number.secret).update(bytes).digest('hex')
  return {
    urlSuffix: '',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'uazapiGO-Webhook/1.0',
      ...(signature !== undefined && { 'x-webhook-signature': signature }),
    },
    body: bytes,
  }
}

function bodyOf(happening: Happening, number: SimulatedNumber): Json | undefined {
  const { fact } = happening
  const seed = number.generation === GENERATION_SEED
  const named = (name: string): Json => ({
    [seed ? 'event' : 'EventType']: name,
    owner: number.digits,
    instanceName: number.instance,
    token: number.token ?? '',
  })
  const told = (name: string, payload: Json): Json => ({ ...envelope(name, number), ...payload })
  switch (fact.kind) {
    case 'message':
    case 'edit':
    case 'reaction':
    case 'vote': {
      const message = wireMessage(happening, number)
      if (seed) return { ...named('messages'), message: fewKeys(message) }
      const chat = wireChat(happening, number)
      return { ...named('messages'), chat, chatSource: 'updated', message }
    }
    case 'receipt':
    case 'revoke':
      return told('messages_update', wireUpdate(happening, number, fact.target))
    case 'pin':
      return told('messages_update', wirePin(happening, number, fact))
    case 'membership':
      return seed
        ? { ...named('groups'), message: seedMembership(happening, fact) }
        : { ...named('groups'), ...wireMembership(happening, number, fact) }
    case 'group':
      return told('groups', wireSettings(happening, fact))
    case 'connection': {
      const owner = fact.state === 'connecting' ? '' : number.digits
      return told('connection', { owner, ...wireConnection(happening, number, fact) })
    }
    case 'chat': {
      const onlyLabels = Object.keys(fact).every((key) => key === 'kind' || key === 'labels')
      return told(onlyLabels ? 'chat_labels' : 'chats', wireChatDetails(happening, fact, number))
    }
    case 'lead':
      return told(seed ? 'leads' : 'chats', wireLead(happening, fact, number))
    case 'label': {
      // That a chat got a label is told as the chat with all of its labels, which one change does not know.
      const { label, change } = fact
      if (change === 'added' || change === 'removed') return undefined
      return told('labels', wireLabel(label, change === 'deleted', number))
    }
    case 'history':
      return told('history', wireHistory(fact))
    case 'campaign':
      return told('sender', wireCampaign(fact))
    case 'presence':
      return told('presence', wirePresence(happening, fact, number))
    case 'call':
      return told('call', wireCall(happening, fact, number))
    case 'contact':
      // What a removed entry looks like is not known.
      return fact.removed ? undefined : told('contacts', wireContact(happening, fact))
    case 'block':
      return told('blocks', wireBlock(happening, fact))
    case 'channel':
      return told('newsletter_messages', wireChannel(happening, fact))
    case 'unknown':
      return named(fact.name)
    case 'delete-for-me':
      // Deleting for oneself is told to nobody.
      return undefined
  }
}

/** Keys beside every payload whose `event` is an object: both generations name these by `EventType`. */
const envelope = (name: string, number: SimulatedNumber): Json => ({
  EventType: name,
  owner: number.digits,
  instanceName: number.instance,
  token: number.token ?? '',
})
