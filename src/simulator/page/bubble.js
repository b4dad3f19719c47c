import { isSpecial, special } from './attach.js'
import { icon, make } from './dom.js'

const LONG_PRESS_MS = 450

/** @param {string} words */
export const shorten = (words) => (words.length > 60 ? `${words.slice(0, 59)}…` : words)

/**
 * A message in one line. @param {any} message @param {any} view `{ say, nameOf }`
 * @returns {string}
 */
export function summary({ revokedAt, content }, view) {
  if (revokedAt) return view.say('deleted')
  return withNames(content.text ?? '', view) || (content.type === 'text' ? '' : kindOf(content, view.say))
}

/** A content without words, in one. */
function kindOf({ type, name, contacts }, say) {
  if (type === 'location') return name ?? say('location')
  if (type === 'contacts') return contacts[0]?.name ?? say('contact')
  return say(type === 'image' ? 'picture' : type)
}

/**
 * A message as it stands in the chat.
 * @param {any} message
 * @param {any} view `say`, `clock`, `locale`; `nameOf(digits)`, where no digits are the business; `mine`;
 * `named`: says who wrote it; `failure`: the delivery that will never reach the hub; `open(element)`
 */
export function bubble(message, view) {
  const { say, nameOf, mine } = view
  const byHand = message.author === 'person'
  const content = message.revokedAt ? [make('p', { class: 'gone' }, say('deleted'))] : said(message, view)
  const body = make(
    'article',
    {
      class: `bubble ${mine ? 'mine' : 'theirs'}${byHand ? ' hand' : ''}`,
      'data-id': message.id,
      tabindex: '-1',
    },
    view.named && make('p', { class: 'sender' }, nameOf(message.by)),
    ...content,
    make(
      'p',
      { class: 'foot' },
      view.failure && make('span', { class: 'bad' }, say(`fate_${view.failure.state}`)),
      byHand && make('span', {}, say('handWritten')),
      message.pinned && make('span', {}, say('pinned')),
      message.editedAt && !message.revokedAt && make('span', {}, say('edited')),
      make(
        'time',
        { title: new Date(message.at).toLocaleString(view.locale, { hourCycle: 'h23' }) },
        view.clock(message.at),
      ),
      !message.revokedAt && ticks(message.status, say),
    ),
    !message.revokedAt && moreButton(view, () => view.open(body)),
    message.reactions.length > 0 &&
      make(
        'p',
        { class: 'reactions' },
        ...message.reactions.map((one) => make('span', { title: nameOf(one.by) }, one.emoji)),
      ),
  )
  return openable(body, () => view.open(body))
}

const said = (message, view) => {
  const { content, picture, replyTo } = message
  return [
    replyTo && make('p', { class: 'quote' }, shorten(replyTo.text ?? '…')),
    content.media && medium(content, picture, view),
    content.text && make('p', { class: 'words' }, withNames(content.text, view)),
    isSpecial(content) && special(message, view),
  ]
}

function medium({ type, media }, picture, { say }) {
  if (picture) return make('img', { src: picture, alt: say('picture'), width: '240', height: '160' })
  const name = media.fileName ?? say(type)
  return make(
    'p',
    { class: 'file' },
    make('b', {}, shorten(name)),
    make('span', { class: 'meta' }, say('fileNoPreview')),
  )
}

/** Somebody who is mentioned is shown by name, as WhatsApp does. */
const withNames = (words, { nameOf }) =>
  words.replace(/@(\d{5,20})/g, (mention, digits) => (nameOf(digits) ? `@${nameOf(digits)}` : mention))

const TICKS = {
  pending: ['tick', 'statusSent'],
  sent: ['tick', 'statusSent'],
  delivered: ['ticks', 'statusDelivered'],
  read: ['ticks', 'statusRead'],
  played: ['ticks', 'statusRead'],
}

function ticks(status, say) {
  const [shape, word] = TICKS[status]
  const label = say(word)
  return make(
    'span',
    { class: `status ${status}`, role: 'img', 'aria-label': label, title: label },
    icon(shape),
  )
}

const moreButton = ({ say }, open) =>
  make(
    'button',
    { type: 'button', class: 'icon dotted', 'aria-label': say('more'), tabindex: '-1', onclick: open },
    icon('more'),
  )

/** Right click, long press and Enter open a message's menu. */
function openable(body, open) {
  let press
  body.addEventListener('contextmenu', (event) => {
    event.preventDefault()
    open()
  })
  body.addEventListener(
    'touchstart',
    () => {
      press = setTimeout(open, LONG_PRESS_MS)
    },
    { passive: true },
  )
  for (const end of ['touchend', 'touchmove', 'touchcancel'])
    body.addEventListener(end, () => clearTimeout(press), { passive: true })
  body.addEventListener('keydown', (event) => {
    if (event.target !== body || event.key !== 'Enter') return
    // Else the same stroke would press the menu's first button.
    event.preventDefault()
    open()
  })
  return body
}
