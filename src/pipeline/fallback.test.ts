import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Address } from '../core/address.ts'
import type { Button, Command } from '../core/commands.ts'
import { CAPABILITIES, type Capability } from '../core/gateway.ts'
import type { MessageId } from '../core/ids.ts'
import { adapt } from './fallback.ts'

const to = 'phone:5511911110001' as Address
const replyTo = 'M1' as MessageId
const none: ReadonlySet<Capability> = new Set()
const all: ReadonlySet<Capability> = new Set(CAPABILITIES)
const having = (...capabilities: Capability[]) => new Set(capabilities)
const words = (command: Command, capabilities = none) => {
  const adapted = adapt(command, capabilities)
  return adapted.ok ? adapted.command : adapted.reason
}

const buttons: Button[] = [
  { type: 'reply', id: 'a', text: 'Yes' },
  { type: 'url', text: 'Shop', url: 'https://shop.example/x' },
  { type: 'reply', id: 'b', text: 'No' },
  { type: 'call', text: 'Call us', phone: '+55 11 4000-0000' },
  { type: 'copy', text: 'Coupon', code: 'TEN' },
]

describe('in words', () => {
  test('buttons: replies are numbered, the others are spelled out, the footer is kept', () => {
    expect(words({ type: 'buttons', to, text: 'Well?', buttons, footer: 'Shop Ltd', replyTo })).toEqual({
      type: 'text',
      to,
      replyTo,
      text: 'Well?\n\n1. Yes\nShop: https://shop.example/x\n2. No\nCall us: +55 11 4000-0000\nCoupon: TEN\n\nShop Ltd',
    })
  })

  test('buttons with a picture: the picture, with the words as its caption', () => {
    const command: Command = {
      type: 'buttons',
      to,
      text: 'Well?',
      buttons: buttons.slice(0, 1),
      imageUrl: 'https://a.example/b.png',
    }
    expect(words(command, having('media'))).toEqual({
      type: 'media',
      to,
      media: 'image',
      url: 'https://a.example/b.png',
      text: 'Well?\n\n1. Yes',
    })
    expect(words(command)).toMatch(/"buttons"/)
  })

  test('a list: numbers run on through its sections', () => {
    expect(
      words({
        type: 'list',
        to,
        text: 'Choose',
        button: 'Open',
        sections: [
          { title: 'Hot', rows: [{ id: '1', text: 'Tea', description: 'green' }] },
          { rows: [{ id: '2', text: 'Water' }] },
        ],
        footer: 'Bar',
      }),
    ).toMatchObject({ type: 'text', text: 'Choose\n\n*Hot*\n1. Tea – green\n\n2. Water\n\nBar' })
  })

  test('a carousel: card after card; one with pictures of its own bytes is refused', () => {
    const cards = [
      { text: 'One', imageUrl: 'https://a.example/1.png', buttons: buttons.slice(0, 2) },
      { text: 'Two', buttons: buttons.slice(2, 3) },
    ]
    expect(words({ type: 'carousel', to, text: 'Look', cards })).toMatchObject({
      text: 'Look\n\nOne\nhttps://a.example/1.png\n1. Yes\nShop: https://shop.example/x\n\nTwo\n2. No',
    })
    const bytes = [{ ...cards[0]!, imageUrl: 'data:image/png;base64,AA==' }]
    expect(words({ type: 'carousel', to, text: 'Look', cards: bytes })).toMatch(/"carousel"/)
  })

  test('a poll: its options numbered', () => {
    expect(words({ type: 'poll', to, text: 'Size?', options: ['S', 'L'], choices: 1 })).toMatchObject({
      type: 'text',
      text: 'Size?\n\n1. S\n2. L',
    })
  })

  test('the preview of a link is left out, the link is not', () => {
    const text: Command = { type: 'text', to, text: 'https://a.example', linkPreview: true }
    expect(words(text)).toEqual({ type: 'text', to, text: 'https://a.example' })
    expect(words(text, having('link-preview'))).toBe(text)
  })
})

describe('refused, by name', () => {
  test.each<[Command, Capability]>([
    [{ type: 'media', to, media: 'voice', url: 'https://a.example/v.ogg' }, 'voice'],
    [{ type: 'media', to, media: 'image', url: 'https://a.example/i.png', viewOnce: true }, 'view-once'],
    [{ type: 'media', to, media: 'sticker', url: 'data:image/webp;base64,AA==' }, 'stickers'],
    [{ type: 'media', to, media: 'image', url: 'https://a.example/i.png', mentions: 'all' }, 'media'],
    [{ type: 'text', to, text: 'all', mentions: 'all' }, 'mention-all'],
    [{ type: 'pix', to, key: 'a@b.c', keyType: 'email' }, 'pix'],
    [{ type: 'chat', to, set: 'labels', labels: [] }, 'labels'],
    [{ type: 'edit', to, target: replyTo, text: 'new' }, 'edit'],
  ])('%o', (command, capability) => {
    expect(words(command)).toBe(`this gateway lacks the capability "${capability}"`)
    expect(words(command, all)).toBe(command)
  })

  test('bytes where the gateway only fetches, whatever the kind', () => {
    const command: Command = { type: 'media', to, media: 'voice', url: 'data:audio/ogg;base64,AA==' }
    expect(words(command, having('media', 'voice'))).toMatch(/"media-bytes"/)
    expect(words(command, having('media', 'voice', 'media-bytes'))).toBe(command)
  })

  test.each(['voice', 'audio', 'sticker', 'video-note'] as const)(
    'words with a %s, which nobody would see',
    (media) => {
      const command: Command = { type: 'media', to, media, url: 'https://a.example/x', text: 'look' }
      expect(words(command, all)).toMatch(/no caption/)
      expect(words({ ...command, text: '' }, all)).toMatchObject({ media })
    },
  )
})

test('no word of a menu gets lost, and an answer names exactly one option', () => {
  const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((s) => s.trim() === s)
  const button: fc.Arbitrary<Button> = fc.oneof(
    fc.record({ type: fc.constant('reply' as const), id: word, text: word }),
    fc.record({ type: fc.constant('url' as const), text: word, url: fc.webUrl() }),
    fc.record({ type: fc.constant('copy' as const), text: word, code: word }),
  )
  const menu: fc.Arbitrary<Command> = fc.record({
    type: fc.constant('carousel' as const),
    to: fc.constant(to),
    text: word,
    cards: fc.array(fc.record({ text: word, buttons: fc.array(button, { maxLength: 3 }) }), { maxLength: 5 }),
  })
  fc.assert(
    fc.property(menu, (command) => {
      const adapted = adapt(command, none)
      if (!adapted.ok || adapted.command.type !== 'text' || command.type !== 'carousel') throw new Error()
      const said = adapted.command.text
      let n = 0
      for (const card of command.cards) {
        expect(said).toContain(card.text)
        for (const one of card.buttons) {
          expect(said).toContain(one.type === 'reply' ? `${++n}. ${one.text}` : `${one.text}: `)
        }
      }
    }),
  )
})
