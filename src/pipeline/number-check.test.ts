import { expect, test } from 'vitest'
import type { Address } from '../core/address.ts'
import type { Party } from '../core/events.ts'
import type { Answer, GatewayClient } from '../core/gateway.ts'
import type { InstanceId } from '../core/ids.ts'
import type { Logger } from '../core/ports.ts'
import { createNumberCheck } from './number-check.ts'

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
const SUPPORT = 'support' as InstanceId
const MOBILE = 'phone:5491123456789' as Address
const PLAIN = 'phone:541123456789' as Address
const LID = 'private:99' as Address

function setup(
  answer: () => Answer<{ query: string; exists: boolean; party?: Party }[]>,
  seen: Address[] = [],
) {
  const asked: (readonly string[])[] = []
  const learnt: Party[] = []
  const client = {
    directory: {
      check: async (phones: readonly string[]) => {
        asked.push(phones)
        return answer()
      },
    },
  } as unknown as GatewayClient
  const check = createNumberCheck({
    store: { hasSeen: async (a) => seen.includes(a), learn: async (party) => void learnt.push(party) },
    clients: new Map([[SUPPORT, client]]),
    log: silent,
    wake() {},
  })
  return { check, asked, learnt }
}
const found = (party: Party) => () => ({ ok: true as const, value: [{ query: '', exists: true, party }] })

test('learns under which form the gateway knows a number, once', async () => {
  const { check, asked, learnt } = setup(found({ address: PLAIN, aliases: [LID] }))
  await check(SUPPORT, MOBILE)
  await check(SUPPORT, MOBILE)
  expect(asked).toEqual([['5491123456789']])
  expect(learnt).toEqual([{ address: PLAIN, aliases: [LID, MOBILE] }])
})

test('does not ask about what is clear, seen, or no phone', async () => {
  const { check, asked } = setup(found({ address: PLAIN, aliases: [] }), [MOBILE])
  for (const to of [MOBILE, 'phone:5531988887777', 'phone:15551234567', LID, 'group:1-2'])
    await check(SUPPORT, to as Address)
  await check('other' as InstanceId, PLAIN)
  expect(asked).toEqual([])
})

test('a directory that names somebody else is not believed', async () => {
  for (const party of [
    { address: 'phone:15551234567' as Address, aliases: [] },
    { address: LID, aliases: ['phone:15551234567' as Address] },
  ]) {
    const { check, learnt } = setup(found(party))
    await check(SUPPORT, MOBILE)
    expect(learnt).toEqual([])
  }
})

test('no answer now: asked again at the next send; nobody there: not', async () => {
  let answer: Answer<{ query: string; exists: boolean; party?: Party }[]> = {
    ok: false,
    reason: 'x',
    retry: true,
  }
  const { check, asked, learnt } = setup(() => {
    if (asked.length === 2) throw new Error('down')
    return answer
  })
  await check(SUPPORT, MOBILE)
  await check(SUPPORT, MOBILE)
  answer = { ok: true, value: [{ query: '', exists: false }] }
  await check(SUPPORT, MOBILE)
  await check(SUPPORT, MOBILE)
  expect([asked.length, learnt]).toEqual([3, []])
})
