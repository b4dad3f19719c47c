import { expectTypeOf, test } from 'vitest'
import type { Author, Media } from '../core/events.ts'
import type { MessageId } from '../core/ids.ts'
import type { ChatView, ContactView } from '../core/turn.ts'
import { createBot } from './bot.ts'
import type { Context, Group, Member } from './context.ts'
import type { FilterQuery } from './filter.ts'

// Read by the compiler; at run time it only registers handlers.
test('a filter narrows ctx', () => {
  const bot = createBot()
  bot.use((ctx) => {
    expectTypeOf(ctx.text).toEqualTypeOf<string | undefined>()
    expectTypeOf(ctx.chat).toEqualTypeOf<ChatView | undefined>()
    expectTypeOf(ctx.contact).toEqualTypeOf<ContactView | undefined>()
  })
  bot.on('message', (ctx) => {
    expectTypeOf(ctx.text).toEqualTypeOf<string | undefined>()
    expectTypeOf(ctx.chat).toExtend<ChatView>()
    expectTypeOf(ctx.contact).toExtend<ContactView>()
    expectTypeOf(ctx.message.id).toEqualTypeOf<MessageId>()
  })
  bot.on('message:text', (ctx) => {
    expectTypeOf(ctx.text).toEqualTypeOf<string>()
    expectTypeOf(ctx.media).toEqualTypeOf<undefined>()
    expectTypeOf(ctx.message.content.type).toEqualTypeOf<'text'>()
  })
  bot.on('message:image', (ctx) => {
    expectTypeOf(ctx.media).toExtend<Media>()
    expectTypeOf(ctx.media.type).toEqualTypeOf<'image'>()
    expectTypeOf(ctx.text).toEqualTypeOf<string | undefined>()
  })
  bot.on('message:media', (ctx) => {
    expectTypeOf(ctx.media.type).toEqualTypeOf<
      'image' | 'video' | 'audio' | 'voice' | 'document' | 'sticker' | 'video-note'
    >()
  })
  bot.on('message:choice', (ctx) => {
    expectTypeOf(ctx.choice.text).toEqualTypeOf<string>()
    expectTypeOf(ctx.choice.id).toEqualTypeOf<string | undefined>()
  })
  bot.on('vote', (ctx) => {
    expectTypeOf(ctx.votes).toEqualTypeOf<string[]>()
  })
  bot.on(['edit', 'revoke'], (ctx) => {
    expectTypeOf(ctx.target).toEqualTypeOf<MessageId>()
    expectTypeOf(ctx.contact).toExtend<ContactView>()
  })
  bot.on(['message:text', 'message:image'], (ctx) => {
    expectTypeOf(ctx.message.content.type).toEqualTypeOf<'text' | 'image'>()
  })
  bot.on('receipt:read', (ctx) => {
    expectTypeOf(ctx.receipt.state).toEqualTypeOf<'read'>()
    expectTypeOf(ctx.receipt.messageId).toEqualTypeOf<MessageId>()
  })
  bot.on('receipt', (ctx) => {
    expectTypeOf(ctx.receipt.state).toEqualTypeOf<'sent' | 'delivered' | 'read' | 'played'>()
  })
  bot.on('membership:join', (ctx) => {
    expectTypeOf(ctx.change).toEqualTypeOf<'join'>()
    expectTypeOf(ctx.group).toExtend<Group>()
    expectTypeOf(ctx.members).toExtend<Member[]>()
  })
  bot.on('connection', (ctx) => {
    expectTypeOf(ctx.chat).toEqualTypeOf<ChatView | undefined>()
    expectTypeOf(ctx.connection.reason).toEqualTypeOf<string | undefined>()
  })
  bot.on('reaction', (ctx) => expectTypeOf(ctx.emoji).toEqualTypeOf<string>())
  bot.timer('key', (ctx) => expectTypeOf(ctx.timer.data).toEqualTypeOf<unknown>())
})

test('commands and words', () => {
  const bot = createBot()
  bot.command('help', (ctx) => {
    expectTypeOf(ctx.args).toEqualTypeOf<string>()
    expectTypeOf(ctx.text).toEqualTypeOf<string>()
  })
  bot.hears('price', (ctx) => expectTypeOf(ctx.match).toEqualTypeOf<string>())
  bot.hears(/price/, (ctx) => {
    expectTypeOf(ctx.match).toExtend<RegExpExecArray>()
    expectTypeOf(ctx.text).toEqualTypeOf<string>()
  })
})

test('scopes compose', () => {
  const bot = createBot()
  bot
    .instance('sales')
    .groups()
    .hears(/https?:/, (ctx) => {
      expectTypeOf(ctx.group.name).toEqualTypeOf<string>()
      expectTypeOf(ctx.member.remove).toBeFunction()
    })
  bot.own().on('message', (ctx) => {
    expectTypeOf(ctx.author).toEqualTypeOf<Exclude<Author, 'other'>>()
    // Who holds the phone is not known to be a contact.
    expectTypeOf(ctx.contact).toEqualTypeOf<ContactView | undefined>()
  })
  bot
    .filter((ctx): ctx is typeof ctx & { media: Media } => ctx.media !== undefined)
    .use((ctx) => expectTypeOf(ctx.media).toExtend<Media>())
})

test('the session has its type', () => {
  const bot = createBot({ session: () => ({ visits: 0 }) })
  bot.on('message:text', (ctx) => expectTypeOf(ctx.session).toEqualTypeOf<{ visits: number }>())
  interface Cart {
    items: string[]
  }
  createBot<Cart>({ session: () => ({ items: [] }) }).command('cart', (ctx) =>
    expectTypeOf(ctx.session.items).toEqualTypeOf<string[]>(),
  )
  // @ts-expect-error a session type needs its initial value
  createBot<Cart>()
  expectTypeOf<Context<Cart>>().toExtend<Context>()
})

test('mistakes do not compile', () => {
  const bot = createBot()
  const handlers = () => {
    // @ts-expect-error no such query
    bot.on('message:txt', () => {})
    // @ts-expect-error no such kind
    bot.on('mesage', () => {})
    bot.on('message', (ctx) => {
      // @ts-expect-error no such unit
      ctx.reply('hi', { typing: '2 seconds' })
      // @ts-expect-error a message has no receipt
      ctx.receipt.state
    })
  }
  expectTypeOf(handlers).toBeFunction()
  expectTypeOf<'message:media' | 'receipt:played' | 'membership:demote' | 'edit'>().toExtend<FilterQuery>()
  expectTypeOf<'timer:x'>().not.toExtend<FilterQuery>()
})
