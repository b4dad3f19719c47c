import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { address } from '../../core/address.ts'
import { type FakeTurnOptions, fakeTurn } from '../../testing/fake-turn.ts'
import { type RepliesInput, repliesSchema } from './config.ts'
import { replies } from './index.ts'
import { compileMatch, type Mode, said } from './match.ts'

type RuleInput = RepliesInput['rules'][number]

const GROUP = address('group', '123-456')
const help: RuleInput = { match: '/help', reply: 'Available commands: /help, /status' }

async function play(rules: RuleInput[], options: FakeTurnOptions) {
  const { handler } = replies.setup(repliesSchema.parse({ rules }))
  const turn = fakeTurn(options)
  const passed = await turn.run(handler!)
  return { turn, passed, said: turn.said }
}
const matches = (mode: Mode, match: string, text: string): boolean => {
  const compiled = compileMatch(mode, match)
  if (typeof compiled !== 'function') throw new Error(compiled.problem)
  return compiled(said(text))
}

describe('answering', () => {
  test('the first rule that matches answers, and the chain ends', async () => {
    const rules = [help, { match: ['/HELP', 'help'], reply: 'second' }]
    expect(await play(rules, { text: ' /Help ' })).toMatchObject({ said: [help.reply], passed: false })
    expect(await play(rules, { text: 'help' })).toMatchObject({ said: ['second'] })
  })

  test('what no rule matches goes on', async () => {
    expect(await play([help], { text: 'hello' })).toMatchObject({ said: [], passed: true })
    expect(await play([], { text: 'hello' })).toMatchObject({ said: [], passed: true })
  })

  test('with typing and quote', async () => {
    const { turn } = await play([{ ...help, typing: '2s', quote: true }], { text: '/help' })
    expect(turn.commands).toMatchObject([{ command: { replyTo: 'M1' }, options: { typingMs: 2000 } }])
  })

  test('a caption counts', async () => {
    const content = { type: 'image', media: { source: { type: 'gateway' } }, text: '/help' } as const
    expect((await play([help], { content })).said).toEqual([help.reply])
  })

  test('only on the numbers named', async () => {
    const rules = [{ ...help, instances: ['sales'] }]
    expect((await play(rules, { text: '/help', instance: { id: 'sales' } })).said).toHaveLength(1)
    expect(await play(rules, { text: '/help', instance: { id: 'support' } })).toMatchObject({
      said: [],
      passed: true,
    })
  })

  test('the monitor learns which rule it was', async () => {
    const { turn } = await play([{ ...help, match: 'no' }, help], { text: '/help' })
    expect(turn.notes).toContain('rule 2 answers')
  })
})

describe('silence', () => {
  const rules: RuleInput[] = [help, { ...help, match: 'all', groups: true }]

  test.each<[string, FakeTurnOptions]>([
    ['our own number, by hand', { author: 'person' }],
    ['our own number, through the API', { author: 'api' }],
    ['an agent of the gateway', { author: 'hosted' }],
    ['a chat that belongs to a person', { owner: 'person' }],
    ['a chat that belongs to nobody', { owner: 'nobody' }],
    ['a group, unless asked', { chat: GROUP }],
    ['status posts', { chat: address('status', 'broadcast') }],
    ['channels', { chat: address('channel', '1') }],
    ['a receipt', { fact: { kind: 'receipt', target: 'M1' as never, state: 'read' } }],
    ['an edit', { fact: { kind: 'edit', target: 'M1' as never, text: '/help' } }],
  ])('%s', async (_name, options) => {
    expect(await play(rules, { text: '/help', ...options })).toMatchObject({ said: [], passed: true })
  })

  test('a rule may answer in groups, also beside one that does not', async () => {
    expect((await play(rules, { text: 'all', chat: GROUP })).said).toHaveLength(1)
    expect((await play(rules, { text: 'all', chat: GROUP, owner: 'person' })).said).toEqual([])
  })
})

describe('cooldown', () => {
  const rules: RuleInput[] = [
    { ...help, cooldown: '1h' },
    { match: 'x', reply: 'x', cooldown: '1m' },
  ]
  const at = (now: number, state: Readonly<Record<string, unknown>>, text = '/help') =>
    play(rules, { text, now, state })

  test('rests per chat and rule, takes the message all the same, and wakes up', async () => {
    const first = await at(1000, {})
    expect(first.said).toHaveLength(1)
    const soon = await at(3_600_999, first.turn.stored)
    expect(soon).toMatchObject({ said: [], passed: false })
    expect(soon.turn.notes).toContain('rule 1 rests')
    const other = await at(2000, first.turn.stored, 'x')
    expect(other.said).toEqual(['x'])
    expect((await at(3_601_000, other.turn.stored)).said).toHaveLength(1)
    expect((await at(1000, {})).said).toHaveLength(1)
  })

  test('is kept by what the rule says, not by its place', async () => {
    const first = await at(1000, {})
    const moved = await play([...rules].reverse(), { text: '/help', now: 2000, state: first.turn.stored })
    expect(moved.said).toEqual([])
  })

  test('without one nothing is kept', async () => {
    expect((await play([help], { text: '/help' })).turn.stored).toEqual({})
  })
})

describe('matching', () => {
  test.each<[Mode, string, string, boolean]>([
    ['exact', 'preço', '  PRECO ', true],
    ['exact', 'preço', 'o preço', false],
    ['prefix', 'order', 'Order 12', true],
    ['prefix', 'order', 'my order', false],
    ['word', 'preço', 'Qual o PREÇO?', true],
    ['word', 'preço', 'preços', false],
    ['word', 'é', 'isto é bom', true],
    ['word', 'é', 'café', false],
    ['regex', '^order\\s+[0-9]+$', 'ORDER 12', true],
    ['regex', 'pre[cç]o', 'o PREÇO', true],
    ['regex', 'caf\u00e9', 'cafe\u0301', true],
    ['regex', '^a', 'ba', false],
  ])('%s %s / %s: %s', (mode, match, text, expected) => {
    expect(matches(mode, match, text)).toBe(expected)
  })

  const letters = fc.constantFrom(...'abcçéñoßйиω日')
  const word = fc.string({ unit: letters, minLength: 1, maxLength: 8 })
  const gap = fc.constantFrom(' ', ', ', '!', '\n', ' — ', '🙂')
  const anyText = fc.string({ unit: 'binary', maxLength: 50 })
  const folding = fc.constantFrom<Exclude<Mode, 'regex'>>('exact', 'prefix', 'word')

  test('a text matches itself in any mode, whatever its case, accents and surrounding space', () => {
    fc.assert(
      fc.property(folding, word, fc.constantFrom('', ' ', '\n\t'), (mode, match, space) => {
        for (const text of [match.toUpperCase(), match.normalize('NFD'), match.normalize('NFC')])
          expect(matches(mode, match, space + text + space)).toBe(true)
      }),
    )
  })

  test('exact implies prefix, and a word found alone implies word', () => {
    fc.assert(
      fc.property(word, anyText, (match, text) => {
        if (matches('exact', match, text)) {
          expect(matches('prefix', match, text)).toBe(true)
          expect(matches('word', match, text)).toBe(true)
        }
      }),
    )
  })

  test('a word is found among others exactly when it is one of them', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), word, gap, (words, wanted, between) => {
        const same = (a: string, b: string) => matches('exact', a, b)
        expect(matches('word', wanted, words.join(between))).toBe(words.some((one) => same(wanted, one)))
      }),
    )
  })

  test('prefix agrees with the model', () => {
    fc.assert(
      fc.property(word, word, (match, rest) => {
        expect(matches('prefix', match, match + rest)).toBe(true)
      }),
    )
  })

  test('nothing throws on any text', () => {
    fc.assert(
      fc.property(fc.constantFrom<Mode>('exact', 'prefix', 'word', 'regex'), anyText, (mode, text) => {
        expect(typeof matches(mode, 'a+', text)).toBe('boolean')
      }),
    )
  })

  test('expressions that hang other engines do not hang this one', () => {
    const started = performance.now()
    for (const evil of ['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '(.*)*x'])
      expect(matches('regex', evil, `${'a'.repeat(4000)}!`)).toBe(false)
    expect(performance.now() - started).toBeLessThan(2000)
  })
})

describe('the configuration', () => {
  const issues = (rule: object) => repliesSchema.safeParse({ rules: [rule] }).error?.issues ?? []

  test('has its defaults', () => {
    expect(repliesSchema.parse({ rules: [help] }).rules[0]).toEqual({
      ...help,
      mode: 'exact',
      groups: false,
      quote: false,
    })
  })

  test.each([
    ['(?=x)', /look-around/],
    ['(?<!x)y', /look-around/],
    ['(a)\\1', /back-references/],
    ['(', /RE2 syntax/],
    ['(.{0,900}){1}(.{0,900}){1}', /smaller counts/],
  ])('%s is no expression', (match, mend) => {
    const [issue] = issues({ match: ['fine', match], mode: 'regex', reply: 'x' })
    expect(issue).toMatchObject({
      path: ['rules', 0, 'match', 1],
      params: { mend: expect.stringMatching(mend) },
    })
  })

  test.each([
    [{ match: '  ', reply: 'x' }],
    [{ match: '\u0301', reply: 'x' }],
    [{ match: [], reply: 'x' }],
    [{ match: '', reply: 'x' }],
    [{ match: 'x', reply: '' }],
    [{ match: 'x', reply: 'x'.repeat(4097) }],
    [{ match: 'x'.repeat(4097), reply: 'x' }],
    [{ match: 'x', reply: 'x', mode: 'fuzzy' }],
    [{ match: 'x', reply: 'x', cooldown: 'long' }],
    [{ match: 'x', reply: 'x', instances: [] }],
    [{ match: 'x', reply: 'x', answer: 'y' }],
    [{ reply: 'x' }],
  ])('%j is refused', (rule) => {
    expect(issues(rule)).not.toHaveLength(0)
  })

  test('takes 200 rules and no more', () => {
    const many = (count: number) => repliesSchema.safeParse({ rules: Array(count).fill(help) }).success
    expect(many(200)).toBe(true)
    expect(many(201)).toBe(false)
    expect(repliesSchema.safeParse({}).success).toBe(false)
  })
})
