import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GoldenSample } from '../../../test/gateway-suite.ts'
import { mutate, mutation } from '../../../test/mutate.ts'
import { address, addressKind } from '../../core/address.ts'
import type { InboundEvent, Party } from '../../core/events.ts'
import { verified } from '../../core/gateway.ts'
import { normalise } from './normalise.ts'

/** That nothing throws and every event is sound, the gateway suite shows. Here: what must never be said. */
const OWN = [address('phone', '5511955550100'), address('private', '90010020030099')]
const folder = new URL('./samples/', import.meta.url)
const samples = readdirSync(folder)
  .flatMap((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as GoldenSample[])
  .filter((sample) => sample.text === undefined)
const read = (body: unknown): InboundEvent[] =>
  normalise(verified({ headers: {}, body: Buffer.from(JSON.stringify(body) ?? '') }), {
    own: OWN,
    referencePrefix: 'hub1-',
  }).events
const spoiled = fc
  .tuple(fc.constantFrom(...samples), fc.array(mutation, { minLength: 1, maxLength: 5 }))
  .map(([sample, mutations]) => mutations.reduce(mutate, structuredClone(sample.body)))
const always = (holds: (events: InboundEvent[], body: unknown) => void) =>
  fc.assert(
    fc.property(spoiled, (body) => holds(read(body), body)),
    { numRuns: 1_500 },
  )
const people = (event: InboundEvent): Party[] => [
  ...(event.chat ? [event.chat] : []),
  ...(event.sender ? [event.sender] : []),
  ...(event.fact.kind === 'membership' ? event.fact.members : []),
]

describe('however a delivery is spoiled', () => {
  it('nobody gets two phones or two private ids', () => {
    always((events) => {
      for (const party of events.flatMap(people)) {
        const kinds = [party.address, ...party.aliases].map(addressKind)
        expect(new Set(kinds).size).toBe(kinds.length)
      }
    })
  })
  it('a customer’s chat never gets an address of ours', () => {
    always((events) => {
      for (const { chat } of events) {
        if (chat && !OWN.includes(chat.address))
          for (const one of OWN) expect(chat.aliases).not.toContain(one)
      }
    })
  })
  it('what is not understood is exactly one unknown; only in a batch of the past it stands beside others', () => {
    always((events) => {
      const unknown = events.filter(({ fact }) => fact.kind === 'unknown')
      expect(unknown.length).toBeLessThanOrEqual(1)
      if (unknown.length === 1 && events.length > 1) {
        for (const { identity } of events) expect(identity.type).toBe('history')
      }
    })
  })
  it('the past stays the past', () => {
    always((events, body) => {
      if ((body as { EventType?: unknown } | null)?.EventType !== 'history') return
      for (const { identity } of events) expect(identity.type).toBe('history')
    })
  })
  it('only a message by hand is a person’s', () => {
    always((events) => {
      for (const { author, fact } of events) {
        if (author !== 'person') continue
        const kinds = ['message', 'edit', 'reaction', 'vote', 'pin', 'receipt', 'presence']
        expect(kinds).toContain(fact.kind)
      }
    })
  })
})
