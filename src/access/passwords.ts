import { KNOWN_SECRETS } from '../core/known-secrets.ts'

/** Fewest and most characters of a password. */
export const PASSWORD_LENGTH = { least: 12, most: 256 } as const

/** What else people take, in the languages of the console. */
const COMMON_WORDS = [
  ...['iloveyou', 'welcome', 'monkey', 'dragon', 'football', 'baseball', 'princess', 'sunshine', 'superman'],
  ...[
    'batman',
    'shadow',
    'master',
    'login',
    'user',
    'access',
    'root',
    'hello',
    'trustno',
    'whatever',
    'ninja',
  ],
  ...[
    'senha',
    'minhasenha',
    'mudar',
    'brasil',
    'flamengo',
    'corinthians',
    'palmeiras',
    'teamo',
    'amor',
    'deus',
  ],
  ...['jesus', 'teste', 'usuario', 'contrasena', 'clave', 'prueba', 'hola', 'tequiero', 'futbol', 'bomdia'],
  ...['pombo', 'whatsapp', 'zap', 'owner', 'hub', 'pass', 'word', 'correcthorsebatterystaple'],
]
/** Rows of keys and of the alphabet; a walk goes along one of them, either way. */
const ROWS = [
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  '01234567890',
  'qazwsxedcrfvtgbyhnujmikolp',
  '1q2w3e4r5t6y7u8i9o0p',
].flatMap((row) => [row, [...row].reverse().join('')])
const WALK = 4
/** Characters nobody would guess that a password needs at least. */
const UNGUESSED = 4
const LOOKALIKES: Readonly<Record<string, string>> = {
  '@': 'a',
  $: 's',
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
}

/**
 * What is wrong with a password somebody chose, in words that follow "The password"; undefined if nothing is. Length
 * counts, and that it is none of those everybody tries first; signs and digits are nobody's business.
 * @param about names that belong to its owner
 */
export function passwordFault(password: string, about: readonly string[]): string | undefined {
  const { length } = [...password]
  const { least, most } = PASSWORD_LENGTH
  if (length < least)
    return `has ${length} characters; it needs at least ${least}. Several words make a good one.`
  if (length > most) return `has ${length} characters; at most ${most} are taken.`
  const own = about.flatMap((name) => fold(name).split(/[^\p{L}\p{N}]+/u)).filter((part) => part.length >= 3)
  const plain = fold(password)
  const spelt = [...plain].map((sign) => LOOKALIKES[sign] ?? sign).join('')
  if (Math.min(unguessed(plain, own), unguessed(spelt, own)) >= UNGUESSED) return undefined
  return 'is made of words, names or rows of keys that everybody tries first. Take several words that have nothing to do with each other.'
}

const fold = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()

/** How many letters and digits are left when all is taken away that is guessed first. */
function unguessed(password: string, own: readonly string[]): number {
  const words = [...own, ...KNOWN_SECRETS, ...COMMON_WORDS].sort((a, b) => b.length - a.length)
  let rest = password
  for (const word of words) rest = rest.replaceAll(word, ' ')
  rest = rest.replace(/(?:19|20)\d\d/g, ' ').replace(/(.)\1{2,}/gu, ' ')
  let count = 0
  for (let at = 0; at < rest.length; ) {
    const walk = walkAt(rest, at)
    if (walk === 0 && /[\p{L}\p{N}]/u.test(rest[at]!)) count += 1
    at += Math.max(1, walk)
  }
  return count
}

/** Length of the walk that begins here; 0 if none does. */
function walkAt(text: string, at: number): number {
  let length = 0
  const isWalk = (end: number) => end <= text.length && ROWS.some((row) => row.includes(text.slice(at, end)))
  for (let end = at + WALK; isWalk(end); end += 1) length = end - at
  return length
}
