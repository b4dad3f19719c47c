import fc from 'fast-check'
import { expect, test } from 'vitest'
import { passwordFault } from './passwords.ts'

test.each([
  ['short one!!', 'at least 12'],
  ['🕊'.repeat(11), 'has 11 characters'],
  ['x'.repeat(257), 'at most 256'],
  ['password1234', 'everybody tries first'],
  ['Password-2024!!', 'everybody tries first'],
  ['P@ssw0rd!P@ssw0rd!', 'everybody tries first'],
  ['passwordpassword', 'everybody tries first'],
  ['aaaaaaaaaaaaaaaa', 'everybody tries first'],
  ['abcdefghijklmnop', 'everybody tries first'],
  ['987654321098765', 'everybody tries first'],
  ['qwertyuiop1234', 'everybody tries first'],
  ['1q2w3e4r5t6y7u', 'everybody tries first'],
  ['MinhaSenha123456', 'everybody tries first'],
  ['contraseña2025!', 'everybody tries first'],
  ['correct horse battery staple'.replaceAll(' ', ''), 'everybody tries first'],
  ['anasilva-2024-', 'everybody tries first'],
  ['ana.silva@ana.silva', 'everybody tries first'],
])('%s is refused', (password, why) => {
  expect(passwordFault(password, ['ana.silva@example.com', 'Ana Silva'])).toContain(why)
})

test.each([
  'violet gathers 9 stones',
  'mesa janela tigre nuvem',
  'xK9#mQ2$vL7p',
  'голубь несёт письмо домой',
  '鳩が手紙を運んで帰ってくる話',
  'correct horse battery paperclip',
  'password but with a kestrel',
])('%s is taken, whatever signs it is made of', (password) => {
  expect(passwordFault(password, ['ana.silva@example.com', 'Ana Silva'])).toBeUndefined()
})

test('any text is judged, and random ones of the least length are taken', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, name) => void passwordFault(text, [name])),
  )
  const random = fc.string({
    unit: fc.constantFrom(...'bdfhkmprwxzBDFHKMPRWXZ2468'),
    minLength: 14,
    maxLength: 30,
  })
  fc.assert(
    fc.property(random, (text) => {
      fc.pre(new Set(text).size > 8)
      expect(passwordFault(text, [])).toBeUndefined()
    }),
  )
})
