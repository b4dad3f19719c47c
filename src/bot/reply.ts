import type { Address } from '../core/address.ts'
import type {
  Button,
  CarouselCard,
  Command,
  ListSection,
  PaymentRequest,
  PixKeyType,
} from '../core/commands.ts'
import type { Duration } from '../core/duration.ts'
import { HubError } from '../core/errors.ts'
import type { MediaType } from '../core/events.ts'
import type { CommandId } from '../core/ids.ts'
import { type MediumSource, mediumFrom } from './medium.ts'

/** An intended effect. It leaves when the turn has committed; `id` finds it in the outbox. */
export interface Handle {
  readonly id: CommandId
}

/** Somebody who can be named in a text. */
export type Mentionable = Address | { readonly address: Address; readonly name?: string }

export interface SayOptions {
  /** Show "typing…" this long first. Default: none. */
  typing?: Duration
  /** Answer as a quote of the message at hand. Default false. */
  quote?: boolean
  /** Whom to notify, beside those of `ctx.mention`. `'all'`: everybody in the group. */
  mentions?: readonly Mentionable[] | 'all'
  /** Say it although a person owns the chat. For group moderation; default false. */
  ignoreOwner?: boolean
}
/** For what has no words that could name somebody. */
export type ShowOptions = Omit<SayOptions, 'mentions'>

export interface TextOptions extends SayOptions {
  /** A preview of the first link: the gateway's own, or as given. Default: as the gateway does. */
  linkPreview?: Extract<Command, { type: 'text' }>['linkPreview']
}
export interface MediaOptions extends SayOptions {
  /** Text under the medium. */
  caption?: string
  /** Default: told by the ending of the name; `document` when that says nothing. */
  type?: MediaType
  /** Name a document is shown with. Default: the last part of the path. */
  fileName?: string
  viewOnce?: boolean
}
export interface MenuOptions extends ShowOptions {
  /** Small print below. */
  footer?: string
}

/**
 * Says or sends something in this chat. Buttons, lists, carousels and polls become numbered text on a gateway
 * that has none.
 */
export interface Reply {
  /** @throws HubError E_BOT when `text` is empty or the event has no chat */
  (text: string, options?: TextOptions): Handle
  /** @throws HubError E_BOT for a URL or file that cannot be sent */
  media(source: MediumSource, options?: MediaOptions): Handle
  location(
    place: { latitude: number; longitude: number; name?: string; address?: string },
    options?: ShowOptions,
  ): Handle
  contact(card: { name: string; phones: string[]; organization?: string }, options?: ShowOptions): Handle
  /** `choices`: how many may be chosen. Default 1. */
  poll(question: string, options: readonly string[], settings?: ShowOptions & { choices?: number }): Handle
  /** A plain text is a button that comes back with that text as its id. */
  buttons(
    text: string,
    buttons: readonly (string | Button)[],
    options?: MenuOptions & { imageUrl?: string },
  ): Handle
  /** @param button what opens the list */
  list(text: string, button: string, sections: readonly ListSection[], options?: MenuOptions): Handle
  carousel(text: string, cards: readonly CarouselCard[], options?: ShowOptions): Handle
  pix(key: { key: string; keyType: PixKeyType; name?: string }, options?: ShowOptions): Handle
  payment(request: PaymentRequest, options?: ShowOptions): Handle
}

type WithoutTo<C> = C extends Command ? Omit<C, 'to'> : never
/** A command of this chat: everything but whom it is for. */
export type Intent = WithoutTo<Command>

/** @param say puts mentions and quote in, and intends it in this chat */
export function createReply(say: (intent: Intent, options?: SayOptions) => Handle): Reply {
  const reply = (text: string, { linkPreview, ...options }: TextOptions = {}) => {
    if (text === '') throw new HubError('E_BOT', 'There is nothing to say: the text of a reply is empty.')
    return say({ type: 'text', text, ...(linkPreview !== undefined && { linkPreview }) }, options)
  }
  const verbs: Omit<Reply, never> = {
    media(source, { caption, type, fileName, viewOnce, ...options } = {}) {
      const found = mediumFrom(source, fileName)
      const media = type ?? found.type
      const name = fileName ?? (media === 'document' ? found.fileName : undefined)
      return say(
        {
          type: 'media',
          media,
          url: found.url,
          ...(caption !== undefined && { text: caption }),
          ...(name !== undefined && { fileName: name }),
          ...(viewOnce && { viewOnce }),
        },
        options,
      )
    },
    location: (place, options) => say({ type: 'location', ...place }, options),
    contact: (card, options) => say({ type: 'contact', ...card }, options),
    poll: (text, choices, { choices: most = 1, ...options } = {}) =>
      say({ type: 'poll', text, options: [...choices], choices: most }, options),
    buttons: (text, buttons, { footer, imageUrl, ...options } = {}) =>
      say(
        {
          type: 'buttons',
          text,
          buttons: buttons.map((one) =>
            typeof one === 'string' ? { type: 'reply', id: one, text: one } : one,
          ),
          ...(footer !== undefined && { footer }),
          ...(imageUrl !== undefined && { imageUrl }),
        },
        options,
      ),
    list: (text, button, sections, { footer, ...options } = {}) =>
      say(
        { type: 'list', text, button, sections: [...sections], ...(footer !== undefined && { footer }) },
        options,
      ),
    carousel: (text, cards, options) => say({ type: 'carousel', text, cards: [...cards] }, options),
    pix: (key, options) => say({ type: 'pix', ...key }, options),
    payment: (request, options) => say({ type: 'payment', ...request }, options),
  }
  return Object.assign(reply, verbs)
}
