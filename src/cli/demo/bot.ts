import { createHash } from 'node:crypto'
import { type Bot, createBot } from '../../bot/bot.ts'

type Language = 'en' | 'pt' | 'es'

/** What the demo shop remembers of a chat. */
interface Memory {
  language: Language
  order?: { item?: string }
}

const SAYS = {
  en: {
    hello: (name: string) =>
      `Hello ${name}! This is TechStore’s bot. Write "price", "order", /help or send a picture. "human" gets you a person.`,
    prices: 'Our prices:\n• Phone case: $12\n• Charger: $19\n• Headphones: $49\nWrite "order" to order one.',
    item: 'What would you like to order: case, charger or headphones?',
    confirm: (item: string) => `One ${item}. Shall I order it? (yes / no)`,
    again: 'Please answer yes or no.',
    ordered: (id: string, item: string) => `Done: order ${id}, one ${item}. Ready in 20 minutes.`,
    cancelled: 'Nothing was ordered. Write "order" to begin again.',
    picture: 'That is what I got. A picture says more than my words.',
    person: 'A colleague takes over. I stay silent until they give the chat back to me.',
    welcome: (names: string) => `Welcome, ${names}!`,
    group: 'Here I welcome who joins and answer /help. For prices and orders, write to me directly.',
  },
  pt: {
    hello: (name: string) =>
      `Olá, ${name}! Aqui é o bot da TechStore. Escreva "preço", "pedido", /ajuda ou mande uma foto. "atendente" chama uma pessoa.`,
    prices:
      'Nossos preços:\n• Capa de celular: R$ 60\n• Carregador: R$ 95\n• Fones: R$ 249\nEscreva "pedido" para pedir.',
    item: 'O que você gostaria de pedir: capa, carregador ou fones?',
    confirm: (item: string) => `Um item: ${item}. Posso fechar o pedido? (sim / não)`,
    again: 'Responda sim ou não, por favor.',
    ordered: (id: string, item: string) => `Pronto: pedido ${id}, ${item}. Fica pronto em 20 minutos.`,
    cancelled: 'Nada foi pedido. Escreva "pedido" para começar de novo.',
    picture: 'Foi isto que eu recebi. Uma foto diz mais que as minhas palavras.',
    person: 'Uma pessoa da equipe vai continuar. Eu fico em silêncio até a conversa voltar para mim.',
    welcome: (names: string) => `Boas-vindas, ${names}!`,
    group:
      'Aqui eu dou boas-vindas a quem entra e respondo a /ajuda. Para preços e pedidos, escreva direto para mim.',
  },
  es: {
    hello: (name: string) =>
      `¡Hola, ${name}! Soy el bot de TechStore. Escribe "precio", "encargo", /ayuda o envía una foto. "persona" te pasa con alguien.`,
    prices:
      'Nuestros precios:\n• Funda: 11 €\n• Cargador: 18 €\n• Auriculares: 45 €\nEscribe "encargo" para pedir uno.',
    item: '¿Qué quieres pedir: funda, cargador o auriculares?',
    confirm: (item: string) => `Un artículo: ${item}. ¿Lo pido? (sí / no)`,
    again: 'Responde sí o no, por favor.',
    ordered: (id: string, item: string) => `Listo: pedido ${id}, ${item}. Estará en 20 minutos.`,
    cancelled: 'No se pidió nada. Escribe "encargo" para empezar de nuevo.',
    picture: 'Esto es lo que recibí. Una foto dice más que mis palabras.',
    person: 'Sigue una persona del equipo. Callo hasta que me devuelva el chat.',
    welcome: (names: string) => `¡Te damos la bienvenida, ${names}!`,
    group:
      'Aquí doy la bienvenida a quien entra y respondo a /ayuda. Para precios y encargos, escríbeme directamente.',
  },
} as const

/** The same wish in the three languages. Each word also tells which of them the customer speaks. */
const PRICE = { en: ['price', 'prices'], pt: ['preço', 'preços'], es: ['precio', 'precios'] }
const ORDER = { en: ['order'], pt: ['pedido'], es: ['encargo'] }
const HUMAN = { en: ['human'], pt: ['atendente'], es: ['persona'] }
const GREETING = {
  en: ['hello', 'hi', 'good morning'],
  pt: ['olá', 'oi', 'bom dia', 'boa tarde', 'boa noite'],
  es: ['hola', 'buenos días', 'buenas'],
}
const HELP = { en: 'help', pt: 'ajuda', es: 'ayuda' }
const LANGUAGES = ['en', 'pt', 'es'] as const satisfies readonly Language[]
const anyOf = (words: Record<Language, readonly string[]>): string[] =>
  LANGUAGES.flatMap((language) => words[language])

const YES = /^(yes|y|sim|s|sí|si)$/i
const NO = /^(no|n|não|nao)$/i

/** The same order has the same number, however often it is asked for. */
const orderNumber = (key: string): string =>
  `T-${createHash('sha256').update(key).digest('hex').slice(0, 5).toUpperCase()}`

/**
 * The bot of the demo: a small shop in three languages. It is written as any bot would be; only the
 * picture it sends back is the simulator's.
 */
export function createDemoBot({ pictureUrl }: { pictureUrl: string }): Bot<Memory> {
  const bot = createBot<Memory>({ session: () => ({ language: 'en' }) })

  bot.on('message', (ctx, next) => {
    ctx.message.read()
    return next()
  })

  // A word of a language sets the language of the chat; what answers comes further down.
  for (const language of LANGUAGES) {
    const words = [PRICE, ORDER, HUMAN, GREETING].flatMap((wish) => wish[language])
    bot.hears(words, async (ctx, next) => {
      ctx.session.language = language
      await next()
    })
  }

  bot.hears(anyOf(HUMAN), (ctx) => {
    ctx.handoff(SAYS[ctx.session.language].person)
  })

  bot.hears(anyOf(PRICE), (ctx) => {
    ctx.reply(SAYS[ctx.session.language].prices, { typing: '800ms' })
  })

  bot.hears(anyOf(ORDER), (ctx) => {
    ctx.session.order = {}
    ctx.reply(SAYS[ctx.session.language].item, { typing: '500ms' })
  })

  // The rest of an order: first the article, then yes or no.
  bot.on('message:text').filter(
    (ctx) => ctx.session.order !== undefined,
    async (ctx) => {
      const says = SAYS[ctx.session.language]
      const words = ctx.text.trim()
      const item = ctx.session.order?.item
      if (item === undefined) {
        ctx.session.order = { item: words.slice(0, 60) }
        ctx.reply(says.confirm(words.slice(0, 60)), { typing: '500ms' })
      } else if (YES.test(words)) {
        // In a real shop this calls another system. It is done once, whatever crashes.
        const id = await ctx.step('create order', ({ key }) => orderNumber(key))
        delete ctx.session.order
        ctx.reply(says.ordered(id, item), { typing: '800ms' })
      } else if (NO.test(words)) {
        delete ctx.session.order
        ctx.reply(says.cancelled)
      } else {
        ctx.reply(says.again)
      }
    },
  )

  bot.on('message:image', (ctx) => {
    ctx.reply.media(pictureUrl, { caption: SAYS[ctx.session.language].picture, typing: '500ms' })
  })

  bot.on('message:text', (ctx) => {
    ctx.reply(SAYS[ctx.session.language].hello(ctx.contact?.name?.split(' ')[0] ?? ''), { typing: '300ms' })
  })

  const groups = bot.groups()
  groups.on('membership:join', (ctx) => {
    ctx.reply(SAYS.en.welcome(ctx.mention(ctx.members)))
  })
  // In direct chats /help is answered by a rule of the configuration.
  for (const language of LANGUAGES)
    groups.command(HELP[language], (ctx) => {
      ctx.reply(SAYS[language].group)
    })

  return bot
}
