import { describe, expect, test } from 'vitest'
import { canonicalAddress, Networks, sourceKey } from './source.ts'

describe('Networks', () => {
  test.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.1.2.3/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['203.0.113.7', '203.0.113.7', true],
    ['203.0.113.7', '203.0.113.8', false],
    ['0.0.0.0/0', '8.8.8.8', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::/0', '2001:db8::1', true],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:db8::1', '2001:db8::1', true],
    ['::ffff:10.0.0.0/104', '10.9.9.9', true],
    ['::ffff:10.0.0.0/104', '11.9.9.9', false],
    ['10.0.0.0/8', '', false],
    ['10.0.0.0/8', 'not an address', false],
  ])('%s has %s: %s', (block, ip, has) => expect(new Networks([block]).has(ip)).toBe(has))

  test.each([
    '',
    'x',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10/8',
    '::/129',
    '010.0.0.1',
  ])('refuses "%s"', (block) => expect(() => new Networks([block])).toThrow(/is not a network/))

  test('of nothing has nothing', () => {
    expect([new Networks([]).empty, new Networks([]).has('10.0.0.1')]).toEqual([true, false])
  })
})

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['::FFFF:CB00:7109', '203.0.113.9'],
  ['2001:0DB8::0001', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['0xcb.0.113.9', undefined],
  ['203.0.113', undefined],
  ['', undefined],
])('canonicalAddress(%s) is %s', (text, canonical) => expect(canonicalAddress(text)).toBe(canonical))

test('sources are counted by address, IPv6 by /64', () => {
  expect(sourceKey('203.0.113.9')).toBe('203.0.113.9')
  expect(sourceKey('2001:db8::1')).toBe(sourceKey('2001:db8::ffff:1'))
  expect(sourceKey('2001:db8::1')).not.toBe(sourceKey('2001:db8:0:1::1'))
  expect(sourceKey('')).toBe('')
})
