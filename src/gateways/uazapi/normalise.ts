import { type Address, addressKind, addressValue } from '../../core/address.ts'
import type { NormaliseContext, Normalised, Verified } from '../../core/gateway.ts'
import { hashParts } from '../../core/signature.ts'
import { readChatLabels, readChats, readLabels, readLeads } from './normalise/chats.ts'
import { readGroups } from './normalise/groups.ts'
import { readBlocks, readCall, readChannels, readContacts, readPresence } from './normalise/inferred.ts'
import { readHistory, readMessages } from './normalise/messages.ts'
import { type Reader, type Reading, unknownEvent } from './normalise/reading.ts'
import { readCampaign, readConnection } from './normalise/state.ts'
import { readUpdates } from './normalise/updates.ts'
import { readAddress } from './wire/address.ts'
import { type Detected, detect } from './wire/detect.ts'
import { flag, isObject, text } from './wire/fields.ts'

/** Every event uazapi can be told to deliver, by its own name (1.0.0 to 2.1.1). */
export const READERS: ReadonlyMap<string, Reader> = new Map([
  ['messages', readMessages],
  ['messages_update', readUpdates],
  ['connection', readConnection],
  ['groups', readGroups],
  ['chats', readChats],
  ['chat_labels', readChatLabels],
  ['labels', readLabels],
  ['history', readHistory],
  ['sender', readCampaign],
  ['presence', readPresence],
  ['call', readCall],
  ['contacts', readContacts],
  ['blocks', readBlocks],
  ['leads', readLeads],
  ['newsletter_messages', readChannels],
])

/**
 * Reads one delivery. Pure; never throws; at least one event for whatever was authentic, in the order they
 * stand in it. `BaseUrl` in the body is not looked at: where requests go is configuration, not input.
 */
export function normalise(delivery: Verified, context: NormaliseContext): Normalised {
  const detected = detect(delivery.json)
  const { envelope, name, body } = detected
  const owner = readAddress(envelope.owner)
  const ownPhone = owner !== undefined && addressKind(owner) === 'phone' ? owner : undefined
  const shown = ownAddresses(detected, ownPhone)
  let hash: string | undefined
  const reading: Reading = {
    own: new Set([...context.own, ...shown]),
    ...(ownPhone !== undefined && { ownPhone }),
    referencePrefix: context.referencePrefix,
    stateOf(...which) {
      hash ??= hashParts([delivery.delivery.body.toString('latin1')]).toString('hex')
      return { type: 'state', parts: [hash, ...which] }
    },
  }
  const events = READERS.get(name)?.(body, reading) ?? []
  const device = [ownPhone === undefined ? '' : addressValue(ownPhone), envelope.instanceName].filter(
    (one) => one !== '',
  )
  return {
    events: events.length > 0 ? events : [unknownEvent(detected.label, unknownIdentity(name, reading))],
    ...(envelope.token !== '' && { credential: envelope.token }),
    ...(device.length > 0 && { device }),
    ...(shown.length > 0 && { own: shown }),
  }
}

/** What cannot be read of the past must not run handlers either. */
const unknownIdentity = (name: string, reading: Reading) => {
  const identity = reading.stateOf()
  return name === 'history' ? { ...identity, type: 'history' as const } : identity
}

/** `owner`, and the sender of an own message: there `sender_*` are the account's own (captured on 2.x). */
function ownAddresses({ name, body }: Detected, ownPhone: Address | undefined): Address[] {
  const own = ownPhone === undefined ? [] : [ownPhone]
  const { message } = body
  if (name !== 'messages' || !isObject(message) || !flag.parse(message.fromMe)) return own
  const alias = readAddress(text.parse(message.sender_lid))
  return alias !== undefined && addressKind(alias) === 'private' ? [...own, alias] : own
}
