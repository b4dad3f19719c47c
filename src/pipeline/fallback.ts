import type { Button, CarouselCard, Command, ListSection } from '../core/commands.ts'
import type { MediaType } from '../core/events.ts'
import { type Capability, neededCapability } from '../core/gateway.ts'

/** What is said in place of a command, or why nothing can be. */
export type Adapted = { ok: true; command: Command } | { ok: false; reason: string }

/**
 * Pure: what a gateway of these capabilities is asked for a command. The same command where it can do it;
 * menus and polls as text with numbered options where it cannot; a link's preview is left out. What would
 * say less than was meant is no fallback: it is refused, with a reason that names what the gateway lacks.
 */
export function adapt(command: Command, capabilities: ReadonlySet<Capability>): Adapted {
  if (command.type === 'media' && command.text && SILENT_MEDIA.has(command.media)) {
    return refuse(
      `WhatsApp shows no caption with a ${command.media}; send the words as a message of their own`,
    )
  }
  const missing = needs(command).find((capability) => !capabilities.has(capability))
  if (missing === undefined) return { ok: true, command: withoutPreview(command, capabilities) }
  const instead = inWords(command)
  // What stands in its place may itself be beyond the gateway: a picture, say.
  return instead && needs(instead).every((capability) => capabilities.has(capability))
    ? { ok: true, command: instead }
    : refuse(`this gateway lacks the capability "${missing}"`)
}

/** Kinds that WhatsApp shows without any words. */
const SILENT_MEDIA: ReadonlySet<MediaType> = new Set(['audio', 'voice', 'sticker', 'video-note'])

const refuse = (reason: string): Adapted => ({ ok: false, reason })

/** All that a command needs, the most telling first. */
function needs(command: Command): Capability[] {
  const needed = neededCapability(command)
  const all: Capability[] = needed === undefined ? [] : [needed]
  if (urlsOf(command).some((url) => url.startsWith('data:'))) all.push('media-bytes')
  if (command.type === 'media' && command.mentions !== undefined) {
    if (command.mentions === 'all') all.push('mention-all')
    else if (command.mentions.length > 0) all.push('mentions')
  }
  return all
}

function urlsOf(command: Command): string[] {
  switch (command.type) {
    case 'media':
      return [command.url]
    case 'status':
      return command.url === undefined ? [] : [command.url]
    case 'buttons':
      return command.imageUrl === undefined ? [] : [command.imageUrl]
    case 'carousel':
      return command.cards.flatMap((card) => cardUrl(card) ?? [])
    default:
      return []
  }
}

function withoutPreview(command: Command, capabilities: ReadonlySet<Capability>): Command {
  if (command.type !== 'text' || command.linkPreview === undefined || capabilities.has('link-preview'))
    return command
  const { linkPreview: _, ...plain } = command
  return plain
}

/** A menu or poll in words; undefined for kinds that words cannot stand in for. */
function inWords(command: Command): Command | undefined {
  switch (command.type) {
    case 'poll':
      return say(command, [command.text, numbered(command.options)])
    case 'buttons': {
      const text = paragraphs([command.text, buttonLines(command.buttons, counter()), command.footer])
      return command.imageUrl === undefined
        ? say(command, [text])
        : { type: 'media', media: 'image', url: command.imageUrl, text, ...base(command) }
    }
    case 'list':
      return say(command, [command.text, ...listLines(command.sections), command.footer])
    case 'carousel': {
      // Bytes cannot be spelled out, and a card without its picture may mean nothing.
      if (urlsOf(command).some((url) => url.startsWith('data:'))) return undefined
      const next = counter()
      return say(command, [command.text, ...command.cards.map((card) => cardLines(card, next))])
    }
    default:
      return undefined
  }
}

const base = ({ to, replyTo }: Command & { replyTo?: Extract<Command, { type: 'text' }>['replyTo'] }) => ({
  to,
  ...(replyTo !== undefined && { replyTo }),
})

const say = (command: Parameters<typeof base>[0], parts: readonly (string | undefined)[]): Command => ({
  type: 'text',
  text: paragraphs(parts),
  ...base(command),
})

const paragraphs = (parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== '').join('\n\n')

/** Numbers run on through all the options of a message, so that an answer names exactly one. */
function counter(): () => number {
  let last = 0
  return () => ++last
}

const numbered = (options: readonly string[]): string =>
  options.map((option, i) => `${i + 1}. ${option}`).join('\n')

/** Only a `reply` can be answered, so only it has a number; the others are spelled out. */
const buttonLines = (buttons: readonly Button[], next: () => number): string =>
  buttons.map((button) => buttonLine(button, next)).join('\n')

function buttonLine(button: Button, next: () => number): string {
  switch (button.type) {
    case 'reply':
      return `${next()}. ${button.text}`
    case 'url':
      return `${button.text}: ${button.url}`
    case 'call':
      return `${button.text}: ${button.phone}`
    case 'copy':
      return `${button.text}: ${button.code}`
  }
}

function listLines(sections: readonly ListSection[]): string[] {
  const next = counter()
  return sections.map(({ title, rows }) =>
    [
      ...(title ? [`*${title}*`] : []),
      ...rows.map(({ text, description }) => `${next()}. ${text}${description ? ` – ${description}` : ''}`),
    ].join('\n'),
  )
}

const cardUrl = (card: CarouselCard): string | undefined => card.imageUrl ?? card.videoUrl
const cardLines = (card: CarouselCard, next: () => number): string =>
  [card.text, cardUrl(card), buttonLines(card.buttons, next)].filter((line) => line).join('\n')
