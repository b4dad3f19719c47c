import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ADDRESS_KINDS, addressKind, parseAddress } from '../../../core/address.ts'
import { fullForm, numberForm, readAddress, readParty, readRecipient, withoutDevice } from './address.ts'

describe('addresses on the wire', () => {
  it.each([
    ['5511955550101@s.whatsapp.net', 'phone:5511955550101'],
    ['5511955550101:12@s.whatsapp.net', 'phone:5511955550101'],
    ['5511955550101.0:12@s.whatsapp.net', 'phone:5511955550101'],
    ['5511955550101_1@s.whatsapp.net', 'phone:5511955550101'],
    ['5511955550101@c.us', 'phone:5511955550101'],
    ['5511955550101', 'phone:5511955550101'],
    ['90010020030040@lid', 'private:90010020030040'],
    ['90010020030040:3@LID', 'private:90010020030040'],
    ['120363000000000001@g.us', 'group:120363000000000001'],
    ['5511955550101-1500000000@g.us', 'group:5511955550101-1500000000'],
    ['120363000000000009@newsletter', 'channel:120363000000000009'],
    ['status@broadcast', 'status:broadcast'],
    ['BR.13491208655302741918', 'business:BR.13491208655302741918'],
    ['US.1349120865ab@s.whatsapp.net', 'business:US.1349120865ab'],
  ])('%s → %s', (text, expected) => expect(readAddress(text)).toBe(expected))

  it.each([
    ['nothing', ''],
    ['no user', '@lid'],
    ['words', 'ana@s.whatsapp.net'],
    ['the system account', '0@s.whatsapp.net'],
    ['an unknown server', '5511955550101@hologram'],
    ['a broadcast list', '123456@broadcast'],
    ['a group without its server', '120363000000000001'],
    ['a word with a full stop', 'Oi.tudo'],
    ['a business id of a group', 'BR.13491208655302741918@g.us'],
    ['two servers', '1@s.whatsapp.net@g.us'],
    ['a line break', '5511955550101\n'],
  ])('%s is nobody', (_, text) => expect(readAddress(text)).toBeUndefined())

  it('every kind that has a name on the wire comes back from it', () => {
    const values = { phone: '5511955550101', group: '5511955550101-1500000000', status: 'broadcast' }
    for (const kind of ADDRESS_KINDS.filter((one) => one !== 'business')) {
      const value = kind in values ? values[kind as keyof typeof values] : '120363000000000001'
      const one = parseAddress(`${kind}:${value}`)!
      expect(readAddress(fullForm(one)!)).toBe(one)
      expect(readRecipient(numberForm(one)!)).toBe(one)
    }
    expect(fullForm(parseAddress('business:BR.1')!)).toBeUndefined()
  })

  it('drops agent and device, and nothing else', () => {
    expect(withoutDevice('5511955550101.0:12@s.whatsapp.net')).toBe('5511955550101@s.whatsapp.net')
    expect(withoutDevice('90010020030040:3')).toBe('90010020030040')
    for (const text of ['', '@', 'x:1@lid', '5511955550101-1500000000@g.us', 'status@broadcast']) {
      expect(withoutDevice(text)).toBe(text)
    }
  })

  it.each([
    ['+55 (11) 95555-0101', 'phone:5511955550101'],
    [' 55 11 95555.0101 ', 'phone:5511955550101'],
    ['120363000000000001@g.us', 'group:120363000000000001'],
    ['120363000000000001', undefined],
    ['call me', undefined],
    ['', undefined],
  ])('recipient %s → %s', (text, expected) => expect(readRecipient(text)).toBe(expected))

  it('never throws and never invents an address the core would not take', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom('', '@lid', '@g.us', '@s.whatsapp.net', '@newsletter'),
        (a, b) => {
          const found = readAddress(a + b)
          if (found !== undefined) expect(parseAddress(found)).toBe(found)
        },
      ),
    )
  })
})

describe('a party', () => {
  it('is known by its phone, and by its private id besides', () => {
    expect(
      readParty(['90010020030040@lid', '', '5511955550101@s.whatsapp.net', '90010020030040:2@lid']),
    ).toEqual({
      address: 'phone:5511955550101',
      aliases: ['private:90010020030040'],
    })
  })
  it('is known by its private id where there is no phone', () => {
    expect(addressKind(readParty(['', '90010020030040@lid'], 'Ana')!.address)).toBe('private')
  })
  it('is nobody when nothing is readable', () => expect(readParty(['', 'x'], 'Ana')).toBeUndefined())
})

it('nobody has two phones or two private ids in one fact', () => {
  const party = readParty([
    '90010020030040@lid',
    '5511955550101@s.whatsapp.net',
    '5511955550109@s.whatsapp.net',
    '90010020030049@lid',
  ])
  expect(party).toEqual({ address: 'phone:5511955550101', aliases: ['private:90010020030040'] })
})
