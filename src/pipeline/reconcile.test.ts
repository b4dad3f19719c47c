import { describe, expect, test } from 'vitest'
import type { MessageId } from '../core/ids.ts'
import { ANA, type Doubt, doubtful } from './doubt.fixture.ts'

const withReferences = () => doubtful(['references', 'search'])
const withoutReferences = () => doubtful(['search'])
const logged = async (world: Doubt) => {
  const chat = await world.store.findChat('main' as never, ANA)
  return (await world.store.listMessages(chat!, { limit: 50 })).data.reverse()
}

describe('over a gateway that gives references back', () => {
  test('what went out is found within seconds and lets its chat go on; receipts find it', async () => {
    await using world = await withReferences()
    world.next('lost')
    const id = await world.say('one')
    await world.say('two')
    expect(world.heard).toEqual(['one'])
    await world.clock.advance('3s')
    expect(world.heard).toEqual(['one', 'two'])
    expect(await world.command(id)).toMatchObject({ state: 'sent', messageId: world.records[1]!.id })
    await world.receipt(world.records[1]!.id, 'read')
    expect(await logged(world)).toMatchObject([
      { content: { text: 'one' }, status: 'read' },
      { content: { text: 'two' }, status: 'sent' },
    ])
  })

  test('what is nowhere is sent again, once, after three searches over two minutes', async () => {
    await using world = await withReferences()
    world.next('nothing')
    const id = await world.say('one')
    await world.clock.advance('59s')
    expect((await world.command(id)).state).toBe('unknown')
    await world.clock.advance('1m')
    expect((await world.command(id)).state).toBe('held')
    expect(world.heard).toEqual([])
    await world.clock.advance('2m')
    expect(world.heard).toEqual(['one'])
    await world.clock.advance('3h')
    expect(world.heard).toEqual(['one'])
    expect((await world.command(id)).state).toBe('sent')
  })

  test('what is nowhere is not said after later words: a person decides', async () => {
    await using world = await withReferences()
    world.next('nothing')
    const id = await world.say('one')
    await world.say('two')
    await world.clock.advance('3h')
    expect(world.heard).toEqual(['two'])
    expect(await world.command(id)).toMatchObject({
      state: 'held',
      reason: expect.stringMatching(/no trace/),
    })
  })

  test('silence counts only while the number is connected, answers, and nothing like it is in the chat', async () => {
    await using world = await withReferences()
    world.next('nothing')
    const id = await world.say('one')
    world.deaf = true
    await world.clock.advance('10m')
    world.deaf = false
    world.connection = 'disconnected'
    await world.clock.advance('10m')
    expect(world.heard).toEqual([])
    world.connection = 'connected'
    await world.clock.advance('90s')
    expect(world.heard).toEqual([])
    await world.clock.advance('2m')
    expect((await world.command(id)).state).toBe('sent')

    world.next('nothing')
    const like = await world.say('like it')
    await world.byHand('like it')
    await world.clock.advance('3h')
    expect(world.heard).toEqual(['one', 'like it'])
    expect((await world.command(like)).state).toBe('held')
  })

  test('a message in a chat nobody knows, told of by a receipt, is no silence', async () => {
    await using world = await withReferences()
    world.next('nothing')
    const id = await world.say('one')
    await world.clock.advance('100s')
    await world.receipt('STRANGE1' as MessageId)
    await world.clock.advance('4m')
    expect((await world.command(id)).state).toBe('held')
    expect(world.heard).toEqual([])
  })

  test('queued counts as sent, failed as not sent', async () => {
    await using world = await withReferences()
    world.next('lost')
    const queued = await world.say('one')
    world.records[0] = { ...world.records[0]!, state: 'queued' }
    world.next('failed')
    await world.clock.advance('3s')
    expect((await world.command(queued)).state).toBe('sent')
    const failed = await world.say('two')
    await world.say('three')
    await world.clock.advance('10s')
    expect(world.heard).toEqual(['one', 'two', 'three'])
    expect((await world.command(failed)).state).toBe('sent')
  })

  test('what an earlier attempt failed at says nothing about a later one', async () => {
    await using world = await withReferences()
    world.next('failed', 'late')
    const id = await world.say('one')
    await world.clock.advance('10m')
    expect(world.heard).toEqual(['one'])
    expect((await world.command(id)).state).toBe('sent')
  })

  test.each([-3_600_000, 3_600_000])('a clock %i ms off hides nothing and repeats nothing', async (off) => {
    await using world = await withReferences()
    world.next('failed', 'lost')
    const id = await world.say('one')
    world.records[0] = { ...world.records[0]!, at: world.records[0]!.at! + off }
    await world.clock.advance('1h')
    expect((await world.command(id)).state).toBe('sent')
    expect(world.heard).toEqual(['one'])
  })

  test('an echo before the answer settles it, and neither answer nor search changes that', async () => {
    await using world = await withReferences()
    world.next('hang')
    const id = await world.say('one')
    await world.echo(world.records[0]!)
    await new Promise((next) => setTimeout(next, 50))
    expect(await world.command(id)).toMatchObject({ state: 'sent', messageId: world.records[0]!.id })
    await world.crash()
    await world.clock.advance('1h')
    expect(world.heard).toEqual(['one'])
    expect((await logged(world)).map(({ messageId }) => messageId)).toEqual([world.records[0]!.id])
  })

  test('what was sent when the process died is found, not repeated; what was not goes out once', async () => {
    await using world = await withReferences()
    world.next('hang')
    const id = await world.say('one')
    await world.crash()
    expect((await world.command(id)).state).toBe('unknown')
    await world.clock.advance('3s')
    expect((await world.command(id)).state).toBe('sent')
    await world.clock.advance('1h')
    expect(world.heard).toEqual(['one'])
  })

  test('a process that dies between its searches does not make two minutes shorter', async () => {
    await using world = await withReferences()
    world.next('nothing')
    await world.say('one')
    await world.clock.advance('75s')
    for (let i = 0; i < 10; i++) {
      await world.clock.advance('5s')
      await world.crash()
    }
    expect(world.heard).toEqual([])
    await world.clock.advance('3m')
    expect(world.heard).toEqual(['one'])
  })
})

describe('over a gateway without references', () => {
  test('the one message like it in its chat is it, found only once nothing more can come', async () => {
    await using world = await withoutReferences()
    world.next('late')
    const id = await world.say('one')
    await world.clock.advance('69s')
    expect(world.asked).not.toContain('search chat,since')
    expect((await world.command(id)).state).toBe('held')
    await world.clock.advance('3s')
    expect(await world.command(id)).toMatchObject({ state: 'sent', messageId: world.records[0]!.id })
    expect(await logged(world)).toMatchObject([{ messageId: world.records[0]!.id, content: { text: 'one' } }])
    expect(world.heard).toEqual(['one'])
  })

  test('silence proves nothing: it is held for a person and never repeated', async () => {
    await using world = await withoutReferences()
    world.next('nothing')
    const id = await world.say('one')
    await world.say('two')
    await world.clock.advance('3h')
    expect(world.heard).toEqual(['two'])
    expect((await world.command(id)).state).toBe('held')
  })

  test.each([
    ['went out', 'lost', 'sent'],
    ['did not', 'nothing', 'held'],
  ] as const)(
    'two identical replies, one unknown, and a person types the same words: it %s',
    async (_, manner, end) => {
      await using world = await withoutReferences()
      await world.say('Yes')
      world.next(manner)
      const id = await world.say('Yes')
      const ours = world.records[0]!.id
      await world.byHand('Yes')
      await world.clock.advance('3h')
      expect(await world.command(id)).toMatchObject({
        state: end,
        ...(end === 'sent' && { messageId: ours }),
      })
      expect(world.heard.filter((text) => text === 'Yes')).toHaveLength(manner === 'lost' ? 3 : 2)
    },
  )

  test('two candidates are no proof, nor are two sends for one candidate', async () => {
    await using world = await withoutReferences()
    world.next('lost')
    await world.say('Yes')
    await world.byHand('Yes', { echo: false })
    await world.clock.advance('3h')
    expect(await world.states()).toEqual(['held'])
    world.next('lost', 'nothing')
    await world.say('No')
    await world.say('No')
    await world.clock.advance('3h')
    expect(await world.states()).toEqual(['held', 'held', 'held'])
  })

  test('a person who types the same words at the last moment is told of before anything is concluded', async () => {
    await using world = await withoutReferences()
    world.next('hang')
    const id = await world.say('one')
    // It never left.
    world.records.length = 0
    await world.clock.advance('60s')
    await world.crash()
    await world.clock.advance('8s')
    await world.byHand('one', { echo: false })
    await world.clock.advance('5s')
    expect(world.asked).toContain('search chat,since')
    await world.echo(world.records[0]!, 'person')
    await world.clock.advance('3h')
    expect((await world.command(id)).state).toBe('held')
  })

  test('other words, another time and words of old do not count', async () => {
    await using world = await withoutReferences()
    await world.byHand('one', { echo: false })
    await world.clock.advance('1m')
    world.next('nothing')
    await world.say('one')
    await world.byHand('one more', { echo: false })
    await world.clock.advance('69s')
    await world.byHand('one', { echo: false })
    await world.clock.advance('1h')
    expect(await world.states()).toEqual(['held'])
  })

  test.each([-3_600_000, 3_600_000])(
    'a clock %i ms off leaves it to a person, and repeats nothing',
    async (off) => {
      await using world = await withoutReferences()
      world.next('lost')
      const id = await world.say('one')
      world.records[0] = { ...world.records[0]!, at: world.records[0]!.at! + off }
      await world.clock.advance('3h')
      expect((await world.command(id)).state).toBe('held')
      expect(world.heard).toEqual(['one'])
    },
  )

  test('a receipt that comes late makes it worth another look', async () => {
    await using world = await withoutReferences()
    world.deaf = true
    world.next('lost')
    const id = await world.say('one')
    await world.clock.advance('2h')
    expect((await world.command(id)).state).toBe('held')
    world.deaf = false
    await world.receipt(world.records[0]!.id, 'read')
    await world.clock.advance('1s')
    expect((await world.command(id)).state).toBe('sent')
    expect(await logged(world)).toMatchObject([{ status: 'read', content: { text: 'one' } }])
  })

  test('a gateway that cannot be searched leaves it to a person', async () => {
    await using world = await doubtful([], { searchable: false })
    world.next('lost')
    const id = await world.say('one')
    await world.say('two')
    await world.clock.advance('2h')
    expect(world.heard).toEqual(['one', 'two'])
    expect((await world.command(id)).state).toBe('held')
  })
})

describe('a person who decides first', () => {
  test('is not overruled by what a search finds of the attempt before', async () => {
    await using world = await withoutReferences()
    world.next('nothing')
    const id = await world.say('one')
    await world.clock.advance('65s')
    expect(await world.store.resolveCommand(id, 'discard')).toBe(true)
    world.hub.nudge()
    await world.byHand('one', { echo: false })
    await world.clock.advance('1h')
    expect((await world.command(id)).state).toBe('discarded')
  })
})

describe('before a send', () => {
  test('what the gateway lacks is said in words; the log keeps what was said', async () => {
    await using world = await withoutReferences()
    const id = await world.say({ type: 'poll', text: 'Size?', options: ['S', 'L'], choices: 1 } as never)
    expect(world.asked).toEqual(['send text'])
    expect(world.heard).toEqual(['Size?\n\n1. S\n2. L'])
    expect(await world.command(id)).toMatchObject({ state: 'sent', command: { type: 'poll' } })
    expect(await logged(world)).toMatchObject([{ content: { type: 'text', text: 'Size?\n\n1. S\n2. L' } }])
  })

  test('what was said in words is found by its words', async () => {
    await using world = await withoutReferences()
    world.next('lost')
    const id = await world.say({ type: 'poll', text: 'Size?', options: ['S', 'L'], choices: 1 } as never)
    await world.clock.advance('3m')
    expect((await world.command(id)).state).toBe('sent')
  })

  test('what words cannot stand in for is refused without any request', async () => {
    await using world = await withoutReferences()
    const id = await world.say({ type: 'pix', key: 'a@b.c', keyType: 'email' } as never)
    await world.say('two')
    expect(world.asked).toEqual(['send text'])
    expect(await world.command(id)).toMatchObject({
      state: 'rejected',
      reason: 'unsupported: this gateway lacks the capability "pix"',
    })
    expect(world.heard).toEqual(['two'])
  })
})
