import { testHub } from 'pombo/testing'
import { expect, test } from 'vitest'
import { bot } from './first-bot.ts'
import { bot as reminders } from './reminders.ts'

test('a customer asks, and gets to a person', async () => {
  await using hub = await testHub({ bot })
  const ana = hub.customer('+55 11 91234-5678', { name: 'Ana' })

  await ana.says('hello')
  expect(ana.last).toBe('Hello Ana! Write /help to see what I know.')
  await ana.says('Quanto? Qual o PREÇO?')
  expect(ana.last).toBe('Our prices')

  await ana.says('/human')
  await ana.says('are you there?') // the bot is silent now
  expect(ana.last).toBe('A person will answer you soon.')
})

test('a reminder survives a crash', async () => {
  await using hub = await testHub({ bot: reminders })
  const ana = hub.customer('+55 11 91234-5678')

  await ana.says('/remind bread')
  await hub.crash() // a real restart on the same store
  expect(ana.heard).toEqual(['I will remind you in an hour. That makes 1.'])

  await hub.clock.advance('1h') // no waiting
  expect(ana.last).toBe('Remember: bread')
})

test('a gateway that refuses the connection is tried again', async () => {
  await using hub = await testHub({ bot, gateway: 'uazapi' })
  const ana = hub.customer('+55 11 91234-5678')
  hub.gateway.failNext({ refuse: true })

  await ana.says('/help')
  expect(ana.heard).toEqual([])
  await hub.clock.advance('1m')
  expect(ana.heard).toEqual(['Commands: /help, /hours, /human'])
})
