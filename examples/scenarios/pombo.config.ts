import { defineHub } from 'pombo'
import { createDemoBot } from '../../src/cli/demo/bot.ts'

/** A hub for the scenarios of this folder: their two numbers, as `pombo simulate --setup` prints them. */
const SIMULATOR = 'http://127.0.0.1:3002'

export default defineHub({
  database: 'sqlite:data/scenarios/pombo.db',
  instances: [
    {
      id: 'support',
      gateway: 'gowa',
      baseUrl: `${SIMULATOR}/gateways/support`,
      webhook: { secrets: ['scenario-secret-0001'] },
    },
    {
      id: 'sales',
      gateway: 'uazapi',
      baseUrl: `${SIMULATOR}/gateways/sales`,
      webhook: { key: 'scenario-key-0001' },
      token: 'scenario-token-0001',
    },
  ],
  bot: createDemoBot({ pictureUrl: `${SIMULATOR}/media/example.png` }),
  features: {
    replies: {
      rules: [
        { match: '/help', reply: 'Available commands: /help, /status, /info.' },
        { match: '/status', reply: 'All systems operational.' },
        { match: '/info', reply: 'TechStore is invented.' },
      ],
    },
  },
})
