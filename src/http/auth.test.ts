import Fastify from 'fastify'
import { expect, test } from 'vitest'
import type { Access } from '../access/index.ts'
import { guard } from './auth.ts'
import type { Api } from './edge.ts'

function guarded() {
  const api = Fastify() as unknown as Api
  guard(api, { access: {} as Access, open: false })
  return api
}

test.each(['post', 'put', 'patch', 'delete'] as const)(
  'a route that takes %s and names no scope is refused at start',
  (method) => {
    const api = guarded()
    expect(() => api[method]('/things', async () => 'done')).toThrow(/\/things names no scope/)
    expect(() => api[method]('/things', { config: { scope: 'manage' } }, async () => 'done')).not.toThrow()
  },
)

test('a route that only shows needs to say nothing', () => {
  expect(() => guarded().get('/things', async () => 'shown')).not.toThrow()
})
