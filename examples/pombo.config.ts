import { defineHub } from 'pombo'
import { bot } from './first-bot.ts'

export default defineHub({
  instances: [
    {
      id: 'support',
      gateway: 'gowa',
      baseUrl: 'http://127.0.0.1:3000',
      webhook: { secrets: [{ env: 'GOWA_SECRET' }] },
    },
    {
      id: 'sales',
      gateway: 'uazapi',
      baseUrl: 'https://acme.uazapi.com',
      token: { env: 'UAZAPI_TOKEN' },
      webhook: { key: { env: 'UAZAPI_KEY' } },
    },
  ],
  bot,
  features: {
    replies: { rules: [{ match: '/status', reply: 'All systems operational' }] },
  },
})
