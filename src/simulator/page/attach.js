import { make } from './dom.js'

const MEDIA = ['voice', 'video', 'document', 'sticker']

/**
 * Everything a customer can send beside text, as the items of a menu. What stands in the box goes with it: a
 * caption, or the question of a poll.
 * @param {any} view `say`; `send(action, body)`; `words()`, what stands in the box; `mayCall`
 * @returns {[label: string, act: () => void][]}
 */
export function attachItems({ say, send, words, mayCall }) {
  const content = (body) => send('say', { content: body })
  const caption = () => (words() === '' ? {} : { text: words() })
  const [question, ...options] = say('samplePoll').split('|')
  return [
    [say('picture'), () => send('media', caption())],
    ...MEDIA.map((type) => [
      say(type),
      () => content({ type, ...(type === 'voice' || type === 'sticker' ? {} : caption()) }),
    ]),
    [
      say('location'),
      () =>
        content({
          type: 'location',
          latitude: -23.5614,
          longitude: -46.6559,
          name: 'Avenida Paulista',
          address: 'São Paulo',
        }),
    ],
    [
      say('contact'),
      () => content({ type: 'contacts', contacts: [{ name: 'Carla Dias', phones: ['+55 11 91234-0001'] }] }),
    ],
    [say('poll'), () => content({ type: 'poll', text: words() || question, options, choices: 1 })],
    ...(mayCall ? [[say('callUp'), () => send('call', {})]] : []),
  ]
}

/**
 * What a message holds beside its words: a poll to vote in, a menu to tap on, a place, a card.
 * @param {any} message @param {any} view `say`; `me`, digits; `vote(message, options)`; `tap(message, choice)`
 * @returns {HTMLElement | undefined}
 */
export function special(message, view) {
  const { content } = message
  switch (content.type) {
    case 'poll':
      return options(
        content.options.map((option) => {
          const votes = (message.votes ?? []).filter((vote) => vote.options.includes(option))
          const mine = votes.some((vote) => vote.by === view.me)
          const label = view.say(mine ? 'unvote' : 'voteFor', { option, count: votes.length })
          return [
            `${option} · ${votes.length}`,
            label,
            mine,
            () => view.vote(message, chosen(message, option, view.me)),
          ]
        }),
      )
    case 'menu':
      return options(
        content.options.map(({ id, text }) => [
          text,
          view.say('tap', { option: text }),
          undefined,
          () => view.tap(message, id ?? text),
        ]),
      )
    case 'location': {
      const { name, address, latitude, longitude } = content
      return card(name ?? `${latitude}, ${longitude}`, address ?? `${latitude}, ${longitude}`)
    }
    case 'contacts':
      return make('div', {}, ...content.contacts.map((one) => card(one.name, one.phones.join(', '))))
    case 'unsupported':
      return card(content.wire, view.say('unsupported'))
    default:
      return undefined
  }
}

const card = (title, about) =>
  make('p', { class: 'file' }, make('b', {}, title), make('span', { class: 'meta' }, about))

const options = (entries) =>
  make(
    'div',
    { class: 'buttons' },
    ...entries.map(([words, label, pressed, act]) =>
      make(
        'button',
        {
          type: 'button',
          title: label,
          'aria-label': label,
          'aria-pressed': pressed === undefined ? undefined : String(pressed),
          onclick: act,
        },
        words,
      ),
    ),
  )

/** The whole vote after one more tap on an option. */
function chosen({ content, votes = [] }, option, me) {
  const before = votes.find((vote) => vote.by === me)?.options ?? []
  if (before.includes(option)) return before.filter((one) => one !== option)
  return content.choices === 1 ? [option] : [...before, option]
}

/** Types whose words and options are all there is to show. */
export const isSpecial = ({ type }) => ['poll', 'menu', 'location', 'contacts', 'unsupported'].includes(type)
