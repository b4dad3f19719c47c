import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { address } from '../core/address.ts'
import { MAX_DATA_BYTES } from '../core/commands.ts'
import type { Fact } from '../core/events.ts'
import { messageId } from '../core/ids.ts'
import { type FakeTurnOptions, fakeTurn } from '../testing/fake-turn.ts'
import { createBot } from './bot.ts'
import type { Context } from './context.ts'

const ANA = address('phone', '5511912345678')

async function commands(handler: (ctx: Context) => unknown, options: FakeTurnOptions = {}) {
  const bot = createBot()
  bot.everywhere().always().use(handler)
  const turn = fakeTurn(options)
  await turn.run(bot)
  return turn.commands.map(({ command }) => command)
}

test.each<[string, (ctx: Context) => unknown, object]>([
  [
    'a place',
    (ctx) => ctx.reply.location({ latitude: -23.5, longitude: -46.6, name: 'Shop' }),
    { type: 'location', latitude: -23.5, longitude: -46.6, name: 'Shop' },
  ],
  [
    'a card',
    (ctx) => ctx.reply.contact({ name: 'Bia', phones: ['+5511998765432'] }),
    { type: 'contact', name: 'Bia', phones: ['+5511998765432'] },
  ],
  [
    'a poll with one choice unless said',
    (ctx) => ctx.reply.poll('When?', ['Mon', 'Tue']),
    { type: 'poll', text: 'When?', options: ['Mon', 'Tue'], choices: 1 },
  ],
  [
    'buttons, short and long',
    (ctx) =>
      ctx.reply.buttons('Size?', ['Small', { type: 'url', text: 'Table', url: 'https://x.example' }], {
        footer: 'cm',
      }),
    {
      type: 'buttons',
      text: 'Size?',
      footer: 'cm',
      buttons: [
        { type: 'reply', id: 'Small', text: 'Small' },
        { type: 'url', text: 'Table', url: 'https://x.example' },
      ],
    },
  ],
  [
    'a list',
    (ctx) => ctx.reply.list('Menu', 'Open', [{ title: 'Pizza', rows: [{ id: 'm', text: 'Margherita' }] }]),
    {
      type: 'list',
      text: 'Menu',
      button: 'Open',
      sections: [{ title: 'Pizza', rows: [{ id: 'm', text: 'Margherita' }] }],
    },
  ],
  [
    'cards',
    (ctx) => ctx.reply.carousel('New', [{ text: 'Bag', buttons: [] }]),
    { type: 'carousel', text: 'New', cards: [{ text: 'Bag', buttons: [] }] },
  ],
  [
    'a pix key',
    (ctx) => ctx.reply.pix({ key: 'a@b.example', keyType: 'email' }),
    { type: 'pix', key: 'a@b.example', keyType: 'email' },
  ],
  ['a request to pay', (ctx) => ctx.reply.payment({ amount: 10 }), { type: 'payment', amount: 10 }],
  [
    'a text with a preview',
    (ctx) => ctx.reply('See https://x.example', { linkPreview: true }),
    { type: 'text', text: 'See https://x.example', linkPreview: true },
  ],
  [
    'anything else',
    (ctx) => ctx.do({ type: 'chat', set: 'archived', on: true }),
    { type: 'chat', set: 'archived', on: true },
  ],
])('%s', async (_, handler, expected) => {
  expect(await commands(handler)).toEqual([{ to: ANA, ...expected }])
})

test('whatever is said can quote, and takes the typing that was asked for', async () => {
  const message = { id: messageId('Q1') }
  const [poll] = await commands((ctx) => ctx.reply.poll('When?', ['a', 'b'], { quote: true }), { message })
  expect(poll).toMatchObject({ replyTo: 'Q1' })
})

test('a file goes along with its bytes, read when it is intended', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pombo-medium-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'price list.pdf')
  writeFileSync(path, 'first')
  const [sent] = await commands((ctx) => {
    ctx.reply.media(pathToFileURL(path), { caption: 'Prices' })
    writeFileSync(path, 'second')
  })
  expect(sent).toEqual({
    to: ANA,
    type: 'media',
    media: 'document',
    fileName: 'price list.pdf',
    text: 'Prices',
    url: `data:application/pdf;base64,${Buffer.from('first').toString('base64')}`,
  })
})

test('bytes go along; their name says what they are', async () => {
  const [picture, other] = await commands((ctx) => {
    ctx.reply.media(new Uint8Array([1, 2, 3]), { fileName: 'chart.png' })
    ctx.reply.media(Buffer.from('x'))
  })
  expect(picture).toMatchObject({ media: 'image', url: 'data:image/png;base64,AQID' })
  expect(other).toMatchObject({ media: 'document', url: 'data:application/octet-stream;base64,eA==' })
})

test.each<[string, Parameters<Context['reply']['media']>[0], RegExp]>([
  ['a file that is not there', new URL('file:///nowhere/at-all.pdf'), /cannot be read: ENOENT/],
  ['too many bytes', new Uint8Array(MAX_DATA_BYTES + 1), /16 MiB/],
  ['another protocol', new URL('ftp://x.example/a.pdf'), /absolute http/],
])('%s is refused', async (_, source, message) => {
  await expect(commands((ctx) => ctx.reply.media(source))).rejects.toThrow(message)
})

test('taps, votes and calls have their own words', async () => {
  const seen: unknown[] = []
  const bot = createBot()
  bot.on('message:choice', (ctx) => seen.push([ctx.choice?.id, ctx.text]))
  bot.on('vote', (ctx) => seen.push([ctx.target, ctx.votes]))
  bot.on('call:offered', (ctx) => {
    seen.push(ctx.call.id)
    ctx.call.reject()
  })
  const facts: Fact[] = [
    {
      kind: 'message',
      message: { id: messageId('M1'), content: { type: 'choice', id: 's', text: 'Small' } },
    },
    { kind: 'vote', target: messageId('P1'), options: ['Mon'] },
    { kind: 'call', id: 'C1', state: 'offered' },
  ]
  const sent = []
  for (const fact of facts) {
    const turn = fakeTurn({ fact })
    await turn.run(bot)
    sent.push(...turn.commands)
  }
  expect(seen).toEqual([['s', 'Small'], ['P1', ['Mon']], 'C1'])
  expect(sent.map(({ command }) => command)).toEqual([{ type: 'reject-call', to: ANA, call: 'C1' }])
})
