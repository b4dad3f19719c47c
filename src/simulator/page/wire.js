import { make } from './dom.js'

/**
 * One line of the strip: a delivery on its way to the hub, or a request the hub made.
 * @param {any} entry @param {any} view `{ say, clock, now, open }`
 */
export function wireLine(entry, view) {
  return entry.type === 'post' ? delivery(entry, view) : call(entry, view)
}

/** What a line holds, as a button. */
const openable = (entry, { say, open }, ...content) =>
  make(
    'div',
    {
      class: 'open',
      role: 'button',
      tabindex: '-1',
      title: say('openLine'),
      'data-entry': entry.id,
      onclick: () => open(entry),
      onkeydown: (event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return
        event.preventDefault()
        open(entry)
      },
    },
    ...content,
  )

/**
 * What went over the wire, in full. @param {any} found @param {(word: string) => string} say
 * @returns {HTMLElement[]}
 */
export function wireDetail({ headers, body, answer }, say) {
  const part = (title, content) => [make('h3', {}, title), make('pre', { tabindex: '0' }, content || '–')]
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [
    ...part(say('detailBody'), pretty(body)),
    ...part(say('detailHeaders'), lines.join('\n')),
    ...part(say('detailAnswer'), answer ? `${answer.status}\n${pretty(answer.body)}` : say('unanswered')),
  ]
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}

function delivery(entry, view) {
  const { say, clock, now } = view
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
    openable(
      entry,
      view,
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
    ),
  )
}

function call(entry, view) {
  const { say, clock } = view
  const good = entry.status >= 200 && entry.status < 300
  const quiet = entry.path.includes('presence') || entry.method === 'GET'
  return make(
    'li',
    { class: `line call ${good ? 'good' : 'bad'}${quiet ? ' quiet' : ''}` },
    openable(
      entry,
      view,
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
