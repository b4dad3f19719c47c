import { expect, test } from 'vitest'
import { type SecurityFacts, securityFindings } from './security.ts'

const instance = (id: string, key: string, insecure = false) =>
  ({
    id,
    insecure,
    webhook: { secrets: [], key, allow: [] },
  }) as unknown as SecurityFacts['instances'][number]
const GOOD: SecurityFacts = {
  config: { host: '127.0.0.1', servers: [], secretKey: 'a key of at least 32 characters!' },
  instances: [instance('support', 'kx81-mn20-qq55'), instance('sales', '92-ab-77-cd-01')],
  open: false,
  hasOwner: true,
}
const levels = (facts: SecurityFacts) =>
  Object.fromEntries(securityFindings(facts).map(({ check, level }) => [check, level]))

test('everything is good where nothing is wrong', () => {
  expect(new Set(Object.values(levels(GOOD)))).toEqual(new Set(['good']))
})

test.each([
  [undefined, '127.0.0.1', 'good'],
  ['https://hub.example.com', '0.0.0.0', 'good'],
  ['http://localhost:3001', '0.0.0.0', 'good'],
  ['http://[::1]:3001', '0.0.0.0', 'good'],
  ['http://hub.example.com', '127.0.0.1', 'bad'],
  [undefined, '0.0.0.0', 'bad'],
])('reached by %s on %s: %s', (publicUrl, host, level) => {
  const config = { ...GOOD.config, host, ...(publicUrl && { publicUrl }) }
  expect(levels({ ...GOOD, config }).transport).toBe(level)
})

test('says which instances take deliveries without proof, and which secrets are shared or weak', () => {
  const findings = securityFindings({
    ...GOOD,
    instances: [
      instance('open', 'kx81-mn20-qq55', true),
      instance('same', 'kx81-mn20-qq55'),
      instance('weak', 'ababababababab'),
    ],
  })
  expect(findings).toContainEqual({ check: 'proof', level: 'bad', where: ['open'] })
  expect(findings).toContainEqual({
    check: 'secrets-differ',
    level: 'attention',
    where: ['same: webhook.key'],
  })
  expect(findings).toContainEqual({
    check: 'secrets-strong',
    level: 'attention',
    where: ['weak: webhook.key'],
  })
  expect(JSON.stringify(findings)).not.toMatch(/kx81|abab/)
})

test('a hub without a login has no owner to miss; what is not known is not said', () => {
  expect(levels({ ...GOOD, open: true, hasOwner: false })).toMatchObject({ login: 'attention' })
  expect(levels({ ...GOOD, open: true, hasOwner: false })).not.toHaveProperty('owner')
  const { open: _open, hasOwner: _hasOwner, ...unknown } = GOOD
  expect(Object.keys(levels(unknown))).not.toEqual(expect.arrayContaining(['login', 'owner']))
  expect(levels({ ...GOOD, hasOwner: false }).owner).toBe('attention')
})

test('a key of all rights in the environment, and a key file that only lies on this disk, bring advice', () => {
  const { secretKey: _secretKey, ...config } = GOOD.config
  const found = levels({ ...GOOD, config: { ...config, apiKey: 'b7c1-99aa-4410' } })
  expect(found).toMatchObject({ 'environment-key': 'advice', 'secret-key': 'advice' })
})
