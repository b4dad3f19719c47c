import { defineHub } from 'pombo'
import { bot } from './bot.ts'

export default defineHub({
  instances: [
    {
      id: 'main',
      gateway: 'gowa',
      baseUrl: 'http://127.0.0.1:3000', // where GOWA runs
      webhook: { secrets: [{ env: 'GOWA_SECRET' }] },
    },
  ],
  bot,
  // Fixed answers need no code.
  features: { replies: { rules: [{ match: '/status', reply: 'All systems operational.' }] } },
})
