import { type Address, chatKind } from '../../../core/address.ts'
import type { Author, Identity, InboundEvent, Party } from '../../../core/events.ts'
import { readAddress } from '../wire/address.ts'

/** What reading one delivery needs to know beside its payload. */
export interface Reading {
  /** Every own address known, by the hub or from this body. */
  own: ReadonlySet<Address>
  ownPhone?: Address
  referencePrefix: string
  /**
   * Identity of a fact that has none of its own: the bytes it came in, and what tells it from others of its
   * kind in the same delivery. Hashes the whole body, so it is made only when needed.
   */
  stateOf(...which: string[]): Identity & { type: 'state' }
}

/**
 * Reads the body of one sort of event. No events: the body is not what it should be. Never throws.
 */
export type Reader = (body: Readonly<Record<string, unknown>>, reading: Reading) => InboundEvent[]

/** An event of uazapi that says nothing the hub understands, under uazapi's own name for it. */
export function unknownEvent(label: string, identity: Identity): InboundEvent {
  const name = label.trim().slice(0, 100).toWellFormed()
  return { fact: { kind: 'unknown', name }, identity, author: 'other' }
}

/** The spelling, if it names a person: where a group or nobody may stand as well. */
export const emptyUnlessPerson = (text: string): string => {
  const found = readAddress(text)
  return found !== undefined && chatKind(found) === 'direct' ? text : ''
}

/** What is ours taken out: a counterpart named like us would be merged with us for good. */
export const unlessOwn = (spellings: readonly string[], { own }: Reading): string[] =>
  spellings.filter((spelling) => {
    const found = readAddress(spelling)
    return found === undefined || !own.has(found)
  })

export const isOwn = (party: Party | undefined, { own }: Reading): boolean =>
  party !== undefined && [party.address, ...party.aliases].some((one) => own.has(one))

/** Our own number may have acted by hand or through the API; nothing tells, so nobody is claimed for. */
export const authorOfChange = (sender: Party | undefined, reading: Reading): Author =>
  isOwn(sender, reading) ? 'api' : 'other'
