/** Changes to deliveries that know the structure: types swapped, fields dropped, arrays for objects, huge texts, wrong encodings. */

type Random = () => number
type Json = Record<string, unknown> | unknown[]
interface Place {
  holder: Json
  key: string
}

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T

/** A body after one to four changes of its structure; the given one stays as it is. */
export function mutated(body: unknown, random: Random): unknown {
  let changed = structuredClone(body)
  for (let left = 1 + Math.floor(random() * 4); left > 0; left--) changed = once(changed, random)
  return changed
}

function once(body: unknown, random: Random): unknown {
  const all = places(body)
  if (all.length === 0) return odd(random)
  const one = pick(random, all)
  const value = read(one)
  switch (Math.floor(random() * 8)) {
    case 0:
      if (Array.isArray(one.holder)) one.holder.splice(Number(one.key), 1)
      else delete one.holder[one.key]
      break
    case 1:
    case 2:
      write(one, odd(random))
      break
    case 3:
      write(one, [value])
      break
    case 4:
      write(one, typeof value === 'string' ? Number(value) || value.length : String(value))
      break
    case 5:
      write(one, typeof value === 'string' ? bent(value, random) : { value })
      break
    case 6: {
      const two = pick(random, all)
      const [first, second] = [structuredClone(value), structuredClone(read(two))]
      write(one, second)
      write(two, first)
      break
    }
    default:
      write(one, structuredClone(read(pick(random, all))))
  }
  return body
}

/** A text that looks nearly right. */
function bent(text: string, random: Random): string {
  switch (Math.floor(random() * 7)) {
    case 0:
      return text.toUpperCase()
    case 1:
      return text.slice(0, Math.floor(random() * text.length))
    case 2:
      return `${text}${text}`
    case 3:
      return `${text}\u0000\ud800`
    case 4:
      return text.replace(/\d/g, () => String(Math.floor(random() * 10)))
    case 5:
      return ` ${text}\n`
    default:
      return text.replace(/[@:.-]/g, () => pick(random, ['@', ':', '.', '-', '/', ' in ', '']))
  }
}

const ODD: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  -0.5,
  Number.MAX_SAFE_INTEGER + 2,
  '',
  ' ',
  '0',
  '@',
  '1:2@',
  'a in b',
  'status@broadcast',
  '2026-13-45T99:99:99Z',
  '99999999999999999999',
  'toString',
  '__proto__',
  '\u202e\u0007',
  [],
  {},
  [null],
  [[[]]],
  { constructor: {} },
  { id: {} },
]
function odd(random: Random): unknown {
  const dice = random()
  if (dice < 0.02) return 'x'.repeat(Math.floor(random() * 200_000))
  if (dice < 0.03) return deep(2 + Math.floor(random() * 500))
  return structuredClone(pick(random, ODD))
}
const deep = (levels: number): unknown => {
  let value: unknown = 1
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { value }
  return value
}

/** The bytes, now and then not what JSON should be. */
export function encoded(body: unknown, random: Random): Buffer {
  const bytes = Buffer.from(JSON.stringify(body) ?? 'undefined')
  const dice = random()
  if (dice > 0.03) return bytes
  if (dice > 0.025) return bytes.subarray(0, Math.floor(random() * bytes.length))
  if (dice > 0.02) return Buffer.from(bytes.toString('utf8'), 'utf16le')
  if (dice > 0.015) return Buffer.from(bytes.toString('utf8'), 'latin1')
  if (dice > 0.01) return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes])
  if (dice > 0.005) {
    const broken = Buffer.from(bytes)
    for (let i = 0; i < 4; i++) broken[Math.floor(random() * broken.length)] = Math.floor(random() * 256)
    return broken
  }
  return Buffer.concat([bytes, bytes])
}

function places(value: unknown): Place[] {
  const found: Place[] = []
  const walk = (holder: unknown, depth: number): void => {
    if (typeof holder !== 'object' || holder === null || depth > 40) return
    for (const key of Object.keys(holder)) {
      found.push({ holder: holder as Json, key })
      walk((holder as Record<string, unknown>)[key], depth + 1)
    }
  }
  walk(value, 0)
  return found
}
const read = ({ holder, key }: Place): unknown => (holder as Record<string, unknown>)[key]
function write({ holder, key }: Place, value: unknown): void {
  // `__proto__` would set the prototype instead of a field.
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true })
}
