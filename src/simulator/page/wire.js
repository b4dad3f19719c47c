import { make } from './dom.js'

/**
 * One line of the strip: a delivery on its way to the hub, or a request the hub made.
 * @param {any} entry @param {any} view `{ say, clock, now }`
 */
export function wireLine(entry, view) {
  return entry.type === 'post' ? delivery(entry, view) : call(entry, view)
}

function delivery(entry, { say, clock, now }) {
  const { state, attempts } = entry
  const duplicate = state === 'accepted' && entry.accepted === 0 && entry.duplicates > 0
  const signal = duplicate ? 'waiting' : SIGNALS[state]
  const outcome = say(duplicate ? 'state_duplicate' : `state_${state}`, {
    seconds: Math.max(0, Math.ceil(((entry.nextAt ?? now) - now) / 1000)),
    count: attempts.length,
  })
  const detail = entry.detail && say(`detail_${entry.detail}`)
  return make(
    'li',
    { class: `line ${signal}${entry.what === 'receipt' ? ' quiet' : ''}`, 'data-message': entry.message },
    make(
      'p',
      {},
      make('time', {}, clock(entry.at, true)),
      make('span', { class: 'way', title: say('toHub') }, '→'),
      make('b', {}, say(`kind_${entry.what}`)),
      detail && make('span', {}, detail),
      make('span', { class: 'of' }, entry.instance),
      entry.fault && make('span', { class: 'tag' }, say(`fault_${entry.fault}`)),
    ),
    make(
      'p',
      { class: 'outcome' },
      ...attempts.map((attempt) =>
        make(
          'span',
          { class: `attempt ${attempt.status >= 200 && attempt.status < 300 ? 'good' : 'bad'}` },
          `${attempt.status ?? say(attempt.failed)} · ${milliseconds(attempt.ms)}`,
        ),
      ),
      make('span', {}, outcome),
    ),
  )
}

function call(entry, { say, clock }) {
  const good = entry.status >= 200 && entry.status < 300
  const quiet = entry.path.includes('presence') || entry.method === 'GET'
  return make(
    'li',
    { class: `line call ${good ? 'good' : 'bad'}${quiet ? ' quiet' : ''}` },
    make(
      'p',
      {},
      make('time', {}, clock(entry.at, true)),
      make('span', { class: 'way', title: say('fromHub') }, '←'),
      make('code', {}, `${entry.method} ${entry.path.replace(/[0-9A-F]{16,}/gi, '…')}`),
      make('span', { class: 'of' }, entry.instance),
    ),
    make(
      'p',
      { class: 'outcome' },
      make(
        'span',
        { class: `attempt ${good ? 'good' : 'bad'}` },
        `${entry.status ?? say('unanswered')} · ${milliseconds(entry.ms)}`,
      ),
    ),
  )
}

const SIGNALS = {
  waiting: 'waiting',
  posting: 'waiting',
  retrying: 'attention',
  accepted: 'good',
  refused: 'bad',
  lost: 'bad',
  dropped: 'bad',
}

const milliseconds = (ms) => (ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`)

const DELIVERY = ['duplicate', 'delay', 'drop', 'forge', 'reorder']
const ANSWER = ['429', '500', 'hang', 'lost']

/**
 * The buttons that make things go wrong, for one number.
 * @param {any} number @param {any} hub @param {any} view `{ say, post }`
 */
export function troubleButtons(number, hub, { say, post }) {
  const { delivery, answer } = number.faults
  const fault = (change) => post('fault', { instance: number.instance, ...change })
  const toggle = (of, name, armed, change) =>
    make(
      'button',
      {
        type: 'button',
        title: `${say(of)} ${say(`about_${name}`)}`,
        'aria-pressed': String(armed),
        onclick: () => fault(change),
      },
      say(`do_${name}`),
    )
  const group = (title, buttons, about) =>
    make(
      'div',
      { role: 'group', 'aria-label': title },
      make('h3', {}, title),
      make('div', { class: 'buttons' }, ...buttons),
      about && make('p', { class: 'meta' }, about),
    )
  return [
    group(
      say('nextDelivery'),
      DELIVERY.map((name) => toggle('nextDelivery', name, delivery === name, { delivery: name })),
      delivery && `… ${say(`about_${delivery}`)}`,
    ),
    group(
      say('nextAnswer'),
      ANSWER.map((name) => toggle('nextAnswer', name, answer?.fault === name, { answer: name })),
      answer && `… ${say(`about_${answer.fault}`)}`,
    ),
    group(`${say('connection')}: ${number.name}`, [
      make(
        'button',
        { type: 'button', onclick: () => fault({ connected: !number.connected }) },
        say(number.connected ? 'do_disconnect' : 'do_reconnect'),
      ),
    ]),
    ...(hub.canKill
      ? [
          group(
            say('hub'),
            [
              make(
                'button',
                { type: 'button', class: 'danger', id: 'kill', onclick: () => post('kill', {}) },
                say('do_kill'),
              ),
            ],
            say('about_kill'),
          ),
        ]
      : []),
  ]
}
