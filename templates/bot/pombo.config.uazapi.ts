import { defineHub } from 'pombo'
import { bot } from './bot.ts'

export default defineHub({
  instances: [
    {
      id: 'main',
      gateway: 'uazapi',
      baseUrl: 'https://example.uazapi.com', // your server
      token: { env: 'UAZAPI_TOKEN' },
      webhook: { key: { env: 'UAZAPI_KEY' } },
    },
  ],
  bot,
  // Fixed answers need no code.
  features: { replies: { rules: [{ match: '/status', reply: 'All systems operational.' }] } },
})
