import { expect, test } from 'vitest'
import type { GatewayKind } from '../../../../src/http/contract/servers.ts'
import { settingsBody, settingsOf } from './settings-schema.ts'

const kind = (settings: Record<string, unknown>): GatewayKind => ({
  name: 'fake',
  capabilities: [],
  proof: 'signature',
  settings,
  server: { manages: false, adminToken: false },
})

test('the texts a gateway asks for become fields, those inside of others too', () => {
  const schema = {
    type: 'object',
    required: ['token'],
    properties: {
      token: { type: 'string', description: 'Of the instance' },
      retries: { type: 'number' },
      basicAuth: {
        type: 'object',
        required: ['username'],
        properties: { username: { type: 'string' }, password: { type: 'string' } },
      },
    },
  }
  expect(settingsOf(kind(schema))).toEqual([
    { path: 'token', required: true, hint: 'Of the instance' },
    { path: 'basicAuth.username', required: false, hint: undefined },
    { path: 'basicAuth.password', required: false, hint: undefined },
  ])
  expect(settingsOf(undefined)).toEqual([])
  expect(settingsOf(kind({}))).toEqual([])
})

test('what was filled in becomes the settings; nothing filled in is no settings', () => {
  expect(settingsBody({ token: '', 'basicAuth.username': '' })).toBeUndefined()
  expect(settingsBody({ token: 't', 'basicAuth.username': 'u', 'basicAuth.password': 'p' })).toEqual({
    token: 't',
    basicAuth: { username: 'u', password: 'p' },
  })
})
