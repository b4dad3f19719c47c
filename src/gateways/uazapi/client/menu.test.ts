import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Command, commandContent, makesMessage } from '../../../core/commands.ts'
import { ANA, REFERENCE, served } from './served.fixture.ts'

/** Text with everything in it that the choice language gives a meaning to. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '|',
        '\n',
        '\r',
        '[',
        ']',
        '{',
        'copy:',
        'call:',
        'url:',
        'https://x.example',
        ' ',
        'a',
        'é',
        '👍',
      ),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(''))

const reply = fc.record({ type: fc.constant('reply' as const), id: text, text })
const button = fc.oneof(
  reply,
  fc.record({ type: fc.constant('url' as const), text, url: text }),
  fc.record({ type: fc.constant('copy' as const), text, code: text }),
  fc.record({ type: fc.constant('call' as const), text, phone: text }),
)
const sections = fc.array(
  fc.record(
    {
      title: text,
      rows: fc.array(fc.record({ id: text, text, description: text }, { requiredKeys: ['id', 'text'] }), {
        maxLength: 3,
      }),
    },
    { requiredKeys: ['rows'] },
  ),
  { maxLength: 3 },
)

/** Whatever is asked: it is refused and nothing is sent, or it arrives as it was meant. */
async function arrivesOrIsRefused(command: Command): Promise<void> {
  const { client, asked, last } = served()
  const result = await client.send(command, REFERENCE)
  if (result.end === 'rejected') {
    expect(result.code).toBe('invalid')
    expect(asked).toEqual([])
    return
  }
  expect(result.end).toBe('sent')
  if (!makesMessage(command)) throw new Error('no message')
  const meant = commandContent(command)
  if (meant.type === 'menu')
    for (const row of meant.options) if (row.description === '') delete row.description
  expect(last()?.message.content).toEqual(meant)
}

describe('the choice language', () => {
  it('buttons arrive as they were meant, or not at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(button, { maxLength: 3 }), (buttons) =>
        arrivesOrIsRefused({ type: 'buttons', to: ANA, text: 'x', buttons }),
      ),
      { numRuns: 400 },
    )
  })
  it('lists arrive as they were meant, or not at all', async () => {
    await fc.assert(
      fc.asyncProperty(sections, (all) =>
        arrivesOrIsRefused({ type: 'list', to: ANA, text: 'x', button: 'y', sections: structuredClone(all) }),
      ),
      { numRuns: 400 },
    )
  })
  it('polls take any option that is not empty', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(text, { minLength: 1, maxLength: 5 }), async (options) => {
        const { client, last } = served()
        const result = await client.send({ type: 'poll', to: ANA, text: 'x', options, choices: 1 }, REFERENCE)
        if (options.some((option) => option.trim() === '')) expect(result).toMatchObject({ code: 'invalid' })
        else expect(last()?.message.content).toMatchObject({ options })
      }),
      { numRuns: 100 },
    )
  })
  it.each<[string, Command]>([
    ['a pipe', { type: 'buttons', to: ANA, text: 'x', buttons: [{ type: 'reply', id: 'a', text: 'a|b' }] }],
    [
      'a line break',
      { type: 'buttons', to: ANA, text: 'x', buttons: [{ type: 'reply', id: 'a', text: 'a\nb' }] },
    ],
    ['a bracket', { type: 'buttons', to: ANA, text: 'x', buttons: [{ type: 'reply', id: 'a', text: '[a' }] }],
    [
      'an id that is a link',
      {
        type: 'buttons',
        to: ANA,
        text: 'x',
        buttons: [{ type: 'reply', id: 'https://x.example', text: 'a' }],
      },
    ],
    ['no buttons', { type: 'buttons', to: ANA, text: 'x', buttons: [] }],
    ['no rows', { type: 'list', to: ANA, text: 'x', button: 'y', sections: [{ rows: [] }] }],
    [
      'a second section without a title',
      {
        type: 'list',
        to: ANA,
        text: 'x',
        button: 'y',
        sections: [{ rows: [{ id: 'a', text: 'a' }] }, { rows: [{ id: 'b', text: 'b' }] }],
      },
    ],
    [
      'a card with two media',
      {
        type: 'carousel',
        to: ANA,
        text: 'x',
        cards: [{ text: 'y', imageUrl: 'https://a.example', videoUrl: 'https://b.example', buttons: [] }],
      },
    ],
  ])('refuses %s and tells nothing of it', async (_, command) => {
    const result = await served().client.send(command, REFERENCE)
    expect(result).toMatchObject({
      end: 'rejected',
      code: 'invalid',
      reason: expect.not.stringContaining('a|b'),
    })
  })
})
