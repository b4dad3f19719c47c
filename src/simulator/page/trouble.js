import { make } from './dom.js'

const DELIVERY = ['duplicate', 'delay', 'drop', 'forge', 'reorder', 'truncate', 'corrupt']
const ANSWER = ['401', '404', '429', '500', 'hang', 'lost', 'late', 'early', 'garbled']
const HOUR_MS = 3_600_000

/**
 * The buttons that make things go wrong, for one number and the customer who writes to it.
 * @param {any} number @param {any} person @param {any} hub @param {any} view `{ say, post }`
 */
export function troubleButtons(number, person, hub, { say, post }) {
  const { instance } = number
  const { delivery, answer } = number.faults
  const fault = (change) => post('fault', { instance, ...change })
  const change = (body) => post('number', { instance, ...body })
  const toggle = (of, name, armed, body) =>
    button(say(`do_${name}`), () => fault(body), {
      title: `${say(of)} ${say(`about_${name}`)}`,
      'aria-pressed': String(armed),
    })
  const hidden = person?.shows === 'private'
  const skewed = number.skewMs !== 0
  return [
    group(
      say('nextDelivery'),
      DELIVERY.map((name) => toggle('nextDelivery', name, delivery?.fault === name, { delivery: name })),
      delivery && `… ${say(`about_${delivery.fault}`)}`,
    ),
    group(
      say('nextAnswer'),
      ANSWER.map((name) => toggle('nextAnswer', name, answer?.fault === name, { answer: name })),
      answer && `… ${say(`about_${answer.fault}`)}`,
    ),
    group(`${say('connection')}: ${number.name}`, [
      number.loggedOut
        ? button(say('do_scan'), () => change({ pair: true, scan: true }))
        : button(say(number.connected ? 'do_disconnect' : 'do_reconnect'), () =>
            change({ connected: !number.connected }),
          ),
      !number.loggedOut && button(say('do_logOut'), () => change({ logOut: true })),
      button(say('do_restart'), () => change({ restart: true })),
      button(say('do_skew'), () => change({ skewMs: skewed ? 0 : HOUR_MS }), {
        'aria-pressed': String(skewed),
      }),
    ]),
    number.generations.length > 1 &&
      group(
        say('generation'),
        number.generations.map((generation) =>
          button(generation, () => change({ generation }), {
            'aria-pressed': String(generation === number.generation),
          }),
        ),
      ),
    person &&
      group(
        say('personTrouble', { name: person.name }),
        [
          button(
            say('do_flip'),
            () => post('person', { digits: person.digits, shows: hidden ? 'both' : 'private' }),
            { 'aria-pressed': String(hidden) },
          ),
        ],
        hidden && say('about_flip'),
      ),
    hub.canKill &&
      group(
        say('hub'),
        [button(say('do_kill'), () => post('kill', {}), { class: 'danger', id: 'kill' })],
        say('about_kill'),
      ),
  ].filter(Boolean)
}

const button = (words, onclick, more = {}) => make('button', { type: 'button', onclick, ...more }, words)

const group = (title, buttons, about = undefined) =>
  make(
    'div',
    { role: 'group', 'aria-label': title },
    make('h3', {}, title),
    make('div', { class: 'buttons' }, ...buttons),
    about && make('p', { class: 'meta' }, about),
  )
