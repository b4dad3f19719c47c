import { describe, expect, test } from 'vitest'
import { type Evidence, judge, type Said } from '../scripts/crash/judge.ts'

const heard = (text: string, at = 0, reference = '') => ({ chat: '55', text, reference, at })

/** Two messages of one chat, handled as they should be. */
const sound: Evidence = {
  said: [
    { chat: '55', id: 'A', text: '55/1', acknowledged: true },
    { chat: '55', id: 'B', text: '55/2', acknowledged: true },
  ],
  heard: [heard('re:55/1#1'), heard('re:55/2#2')],
  events: [
    { messageId: 'B', status: 'done' },
    { messageId: 'A', status: 'done' },
  ],
  commands: [
    { text: 're:55/2#2', state: 'sent' },
    { text: 're:55/1#1', state: 'sent' },
  ],
}
const clean = { lost: 0, outOfOrder: 0, doubleSends: 0, blindRepeats: 0, unknownHeld: 0, stateFaults: 0 }
const [first, second] = sound.said as [Said, Said]

describe('the judge of the crash run', () => {
  test('finds nothing wrong with a sound run', () => {
    expect(judge(sound)).toMatchObject({ ...clean, acknowledged: 2, handled: 2, faults: [] })
  })

  test('an acknowledged message without an event is lost', () => {
    expect(judge({ ...sound, events: sound.events.slice(0, 1) })).toMatchObject({ lost: 1, handled: 1 })
  })

  test('an event that never got done is lost', () => {
    const events = [{ messageId: 'A', status: 'pending' }, sound.events[0]!]
    expect(judge({ ...sound, events })).toMatchObject({ lost: 1 })
  })

  test('a reply recorded as sent that nobody heard is lost', () => {
    expect(judge({ ...sound, heard: sound.heard.slice(1) })).toMatchObject({ lost: 1 })
  })

  test.each(['unknown', 'held'])('a reply nobody heard is accounted for when it is openly %s', (state) => {
    const commands = [sound.commands[0]!, { text: 're:55/1#1', state }]
    expect(judge({ ...sound, heard: sound.heard.slice(1), commands })).toMatchObject({
      ...clean,
      unknownHeld: 1,
      handled: 2,
    })
  })

  test('a reply whose end was found out counts as such', () => {
    const found = { text: 're:55/1#1', state: 'sent', reason: 'found at the gateway' }
    expect(judge({ ...sound, commands: [sound.commands[0]!, found] })).toMatchObject({
      ...clean,
      reconciled: 1,
    })
    expect(judge(sound)).toMatchObject({ reconciled: 0 })
  })

  test('a message that was not acknowledged may be anywhere or nowhere', () => {
    const said = [{ ...first, acknowledged: false }, second]
    expect(judge({ ...sound, said })).toMatchObject({ ...clean, acknowledged: 1 })
    const without = {
      ...sound,
      said,
      heard: [heard('re:55/2#1')],
      events: sound.events.slice(0, 1),
      commands: [{ text: 're:55/2#1', state: 'sent' }],
    }
    expect(judge(without)).toMatchObject({ ...clean, acknowledged: 1, handled: 1 })
  })

  test('a reply heard twice is a double send, and no fault of order', () => {
    expect(judge({ ...sound, heard: [...sound.heard, heard('re:55/1#1')] })).toMatchObject({
      doubleSends: 1,
      outOfOrder: 0,
    })
  })

  test('replies of one chat heard the wrong way round are out of order', () => {
    expect(judge({ ...sound, heard: sound.heard.toReversed() })).toMatchObject({ outOfOrder: 1, lost: 0 })
  })

  test('a message that was given up may come after its successors, and is counted where it came', () => {
    const said = [{ ...first, acknowledged: false }, second]
    const late = {
      ...sound,
      said,
      heard: [heard('re:55/2#1'), heard('re:55/1#2')],
      commands: [
        { text: 're:55/2#1', state: 'sent' },
        { text: 're:55/1#2', state: 'sent' },
      ],
    }
    expect(judge(late)).toMatchObject(clean)
    expect(judge({ ...late, said: [first, second] })).toMatchObject({ outOfOrder: 1, stateFaults: 1 })
  })

  test('a message that was given up cannot overtake one acknowledged before it was written', () => {
    const said = [first, { ...second, acknowledged: false }]
    const commands = [
      { text: 're:55/2#1', state: 'sent' },
      { text: 're:55/1#2', state: 'sent' },
    ]
    expect(judge({ ...sound, said, heard: sound.heard.toReversed(), commands })).toMatchObject({
      outOfOrder: 1,
      stateFaults: 1,
    })
  })

  test('a double is a blind repeat only if a node stood still from before the proof of absence until it wrote', () => {
    const told = (reference: string, ...times: number[]) => [
      ...times.map((at) => heard('re:55/1#1', at, reference)),
      heard('re:55/2#2', 200_000, 'ref-2'),
    ]
    const stops = [{ from: 10_000, to: 160_000 }]
    const blind = { doubleSends: 0, blindRepeats: 1 }
    const double = { doubleSends: 1, blindRepeats: 0 }
    expect(judge({ ...sound, heard: told('ref-1', 140_000, 161_000), stops })).toMatchObject(blind)
    expect(judge({ ...sound, heard: told('ref-1', 140_000, 161_000) })).toMatchObject(double)
    expect(judge({ ...sound, heard: told('', 140_000, 161_000), stops })).toMatchObject(double)
    expect(judge({ ...sound, heard: told('ref-1', 20_000, 161_000), stops })).toMatchObject(double)
    expect(judge({ ...sound, heard: told('ref-1', 140_000, 150_000), stops })).toMatchObject(double)
    const twoOfThree = judge({ ...sound, heard: told('ref-1', 140_000, 161_000, 162_000), stops })
    expect(twoOfThree).toMatchObject({ doubleSends: 1, blindRepeats: 1 })
  })

  test('a message handled twice shows in what the session counted', () => {
    const commands = [{ text: 're:55/2#3', state: 'sent' }, sound.commands[1]!]
    expect(judge({ ...sound, commands })).toMatchObject({ stateFaults: 1 })
  })
})
