import { expect, test } from 'vitest'
import { testHub } from '../testing/index.ts'

test('before a voice message the customer sees somebody recording, before a text somebody typing', async () => {
  await using hub = await testHub({
    gateway: 'uazapi',
    bot: (turn) => {
      if (turn.event.fact.kind !== 'message' || !turn.chat) return
      const to = turn.chat.address
      turn.intend({ type: 'text', to, text: 'Listen:' }, { typingMs: 1_000 })
      turn.intend(
        { type: 'media', to, media: 'voice', url: 'https://shop.test/hello.ogg' },
        { typingMs: 1_000 },
      )
    },
  })
  await hub.customer('+55 11 91234-5678').says('hi')
  await hub.clock.advance('5s')
  const shown = hub.gateway.requests.flatMap(({ path, body }) =>
    path === '/message/presence' ? [(JSON.parse(body) as { presence: string }).presence] : [],
  )
  expect(shown).toEqual(['composing', 'recording'])
})
