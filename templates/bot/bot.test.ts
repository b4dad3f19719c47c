import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testHub } from 'pombo/testing'
import { bot } from './bot.ts'

// A whole hub in this process: no network, and a clock that moves only when told to.

test('says hello, counts, and gets a person when asked', async () => {
  await using hub = await testHub({ bot })
  const ana = hub.customer('+55 11 91234-5678', { name: 'Ana' })

  await ana.says('hi')
  assert.match(ana.last ?? '', /Hello Ana! That was message 1/)
  await ana.says('again')
  assert.match(ana.last ?? '', /message 2/)

  await ana.says('a HUMAN, please')
  await ana.says('are you there?') // the bot is silent now
  assert.equal(ana.last, 'A person will answer you soon.')
  assert.equal(await hub.owner(ana), 'person')
})

test('a reminder survives a crash', async () => {
  await using hub = await testHub({ bot })
  const ana = hub.customer('+55 11 91234-5678')

  await ana.says('/remind bread')
  await hub.crash() // a real restart on the same store
  await hub.clock.advance('1h')
  assert.deepEqual(ana.heard, ['I will remind you in an hour.', 'Remember: bread'])
})
