import { attachItems } from './attach.js'
import { bubble, shorten, summary } from './bubble.js'
import { icon, make, the } from './dom.js'
import { troubleButtons } from './trouble.js'
import { wireDetail, wireLine } from './wire.js'
import { pickLanguage, pickLocale, speaker } from './words.js'

const REACTIONS = ['👍', '❤️', '😂', '😮', '😢', '🙏']
const SHOWN = 200
const STRIP = 60
/** A gateway that takes longer (ms) is worth a word. */
const SLOW_MS = 3_000
const DECISIONS = ['resend', 'sent', 'discard']
const text = /** @type {HTMLTextAreaElement} */ (the('text'))
const log = the('log')
const menu = the('menu')
const main = /** @type {HTMLElement} */ (document.querySelector('main'))

/** Everything the server told us, and what the person is doing now. */
const model = {
  numbers: [],
  people: [],
  groups: [],
  /** @type {Map<string, any>} by `instance address` */
  chats: new Map(),
  strip: [],
  hub: { state: 'unknown', canKill: false, canAsk: false },
  /** What the hub says of chats: their owner, and sends of which nobody knows the end. */
  hubChats: [],
  live: false,
  /** @type {{ instance?: string, person?: string, group?: string }} */
  place: readPlace(),
  /** @type {{ type: 'edit' | 'reply', message: any } | undefined} */
  doing: undefined,
}
let language = pickLanguage(
  new URLSearchParams(location.search).get('lang') ?? stored('pombo-language'),
  navigator.languages,
)
let say = speaker(language)

// --- the server ---------------------------------------------------------------------------------------

const stream = new EventSource('/phone/stream')
stream.onopen = () => setLive(true)
stream.onerror = () => setLive(false)
const on = (type, handle) =>
  stream.addEventListener(type, (event) => handle(JSON.parse(/** @type {MessageEvent} */ (event).data)))

on('state', (state) => {
  Object.assign(model, state, {
    chats: new Map(state.chats.map((chat) => [keyOf(chat.instance, chat.address), chat])),
  })
  choosePlace(model.place)
})
on('message', ({ instance, chat, message }) => {
  const found = chatAt(instance, chat)
  const index = found.messages.findIndex((other) => other.id === message.id)
  if (index >= 0) found.messages[index] = message
  else found.messages.push(message)
  if (found.messages.length > SHOWN) found.messages.shift()
  renderChats()
  if (found === chosenChat()) showMessage(message, index < 0)
})
on('typing', ({ instance, chat, typing }) => {
  chatAt(instance, chat).typing = typing
  renderHead()
  renderChats()
})
on('chat', ({ instance, chat, byHand }) => {
  chatAt(instance, chat).byHand = byHand
  renderBanner()
})
on('hub-chats', (hubChats) => {
  model.hubChats = hubChats
  renderBanner()
  renderOpenSend()
})
on('number', (number) => replace(model.numbers, 'instance', number))
on('group', (group) => replace(model.groups, 'address', group))
on('person', (person) => replace(model.people, 'digits', person))
on('hub', (hub) => {
  model.hub = hub
  renderState()
  renderTrouble()
})
on('strip', (entry) => {
  const index = model.strip.findIndex((other) => other.id === entry.id)
  if (index >= 0) model.strip[index] = entry
  else model.strip.push(entry)
  if (model.strip.length > STRIP) model.strip.shift()
  renderStrip()
  const message = failed(entry) && chosenChat().messages.find((one) => one.id === entry.message)
  if (message) showMessage(message, false)
})

function replace(list, key, item) {
  const index = list.findIndex((other) => other[key] === item[key])
  if (index >= 0) list[index] = item
  else list.push(item)
  renderAll()
}

/** Asks the simulator to do something; false when it was not done, and the page says why. */
async function post(name, body) {
  try {
    const response = await fetch(`/phone/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (response.ok) return showError()
    const problem = await response.json()
    return showError(problem.detail)
  } catch {
    return showError(say('offline'))
  }
}

function showError(reason) {
  const error = the('error')
  error.hidden = reason === undefined
  error.textContent = reason === undefined ? '' : say('failed', { reason })
  return reason === undefined
}

function setLive(live) {
  model.live = live
  renderState()
}

// --- where we are -------------------------------------------------------------------------------------

function stored(key) {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}
function store(key, value) {
  try {
    localStorage.setItem(key, value)
  } catch {
    // A browser that stores nothing still shows everything.
  }
}

const keyOf = (instance, address) => `${instance} ${address}`

/** The place is in the URL: `#support/5511912345678` or `#support/5511912345678/group:1203`. */
function readPlace() {
  const [instance, person, group] = decodeURIComponent(location.hash.slice(1)).split('/')
  return { instance, person, group }
}

function choosePlace(wanted) {
  const person = model.people.find((one) => one.digits === wanted.person) ?? model.people[0]
  const group = model.groups.find((one) => one.address === wanted.group)
  const number =
    model.numbers.find((one) => one.instance === (group?.instance ?? wanted.instance)) ?? model.numbers[0]
  model.place = { instance: number?.instance, person: person?.digits, group: group?.address }
  const { instance, person: digits, group: address } = model.place
  history.replaceState(null, '', `#${instance}/${digits}${address ? `/${address}` : ''}`)
  stopDoing()
  renderAll()
  renderLog()
}

const address = (place = model.place) => place.group ?? `phone:${place.person}`
const number = () => model.numbers.find((one) => one.instance === model.place.instance)
const group = () => model.groups.find((one) => one.address === model.place.group)
const personNamed = (digits) => model.people.find((one) => one.digits === digits)
const isMember = () => group()?.members.includes(model.place.person) ?? true
const placeBody = () => ({ ...model.place })

function chatAt(instance, at) {
  const key = keyOf(instance, at)
  if (!model.chats.has(key))
    model.chats.set(key, { instance, address: at, messages: [], typing: false, byHand: false })
  return model.chats.get(key)
}
const hubChat = () =>
  model.hubChats.find((one) => one.instance === model.place.instance && one.address === address())
const chosenChat = () => chatAt(model.place.instance, address())

// --- drawing ------------------------------------------------------------------------------------------

const clock = (at, exact = false) =>
  new Intl.DateTimeFormat(locale(), {
    hour: '2-digit',
    minute: '2-digit',
    ...(exact && { second: '2-digit' }),
    hourCycle: 'h23',
  }).format(at)

const locale = () => pickLocale(language, navigator.languages)

function renderAll() {
  if (!number()) return
  renderState()
  renderPeople()
  renderChats()
  renderHead()
  renderBanner()
  renderOpenSend()
  renderComposer()
  renderStrip()
  renderTrouble()
}

function renderWords() {
  document.documentElement.lang = language === 'pt' ? 'pt-BR' : language
  document.title = `Pombo: ${say('title')}`
  for (const element of document.querySelectorAll('[data-word]'))
    element.textContent = say(element.dataset.word)
  for (const element of document.querySelectorAll('[data-label]')) {
    element.setAttribute('aria-label', say(element.dataset.label))
    if (element.matches('button')) element.title = say(element.dataset.label)
  }
  text.placeholder = say('message')
}

function renderState() {
  const page = the('page-state')
  page.className = `state ${model.live ? 'good' : 'attention'}`
  page.textContent = say(model.live ? 'pageLive' : 'pageReconnecting')
  const hub = the('hub-state')
  hub.className = `state ${{ live: 'good', down: 'bad', unknown: 'waiting' }[model.hub.state]}`
  hub.textContent = say({ live: 'hubLive', down: 'hubDown', unknown: 'hubUnknown' }[model.hub.state])
}

function choice(chosen, select, ...content) {
  return make(
    'li',
    {},
    make(
      'button',
      { type: 'button', class: 'choice', 'aria-current': chosen ? 'true' : undefined, onclick: select },
      ...content,
    ),
  )
}

function renderPeople() {
  the('people').replaceChildren(
    ...model.people.map((person) =>
      choice(
        person.digits === model.place.person,
        () => choosePlace({ ...model.place, person: person.digits }),
        make('b', {}, person.name),
        make('span', { class: 'meta' }, `+${person.digits}`),
      ),
    ),
  )
}

function renderChats() {
  const { person, group: chosen, instance } = model.place
  const row = (name, about, place, active) => {
    const chat = model.chats.get(keyOf(place.instance, address(place)))
    const last = chat?.messages.at(-1)
    const preview = chat?.typing ? say('typing') : last ? summaryOf(last) : about
    return choice(
      active,
      () => {
        choosePlace(place)
        show('phone')
        text.focus()
      },
      make('b', {}, name),
      last && make('time', { class: 'meta' }, clock(last.at)),
      make('span', { class: 'meta preview' }, preview),
    )
  }
  the('chats').replaceChildren(
    ...model.numbers.map((one) =>
      row(one.name, one.gateway, { instance: one.instance, person }, !chosen && one.instance === instance),
    ),
    ...model.groups.map((one) =>
      row(
        one.name,
        say('members', { count: one.members.length + 1 }),
        { instance: one.instance, person, group: one.address },
        one.address === chosen,
      ),
    ),
  )
}

function renderHead() {
  const one = number()
  if (!one) return
  const inGroup = group()
  the('chat-name').textContent = inGroup?.name ?? one.name
  const about = the('chat-about')
  about.classList.toggle('bad', !one.connected)
  about.classList.toggle('typing', chosenChat().typing)
  about.textContent = chosenChat().typing
    ? say('typing')
    : [
        one.connected ? undefined : say(one.loggedOut ? 'loggedOut' : 'disconnected'),
        inGroup ? say('members', { count: inGroup.members.length + 1 }) : `+${one.digits}`,
        one.gateway,
      ]
        .filter(Boolean)
        .join(' · ')
  const membership = the('membership')
  membership.hidden = !inGroup
  membership.textContent = say(isMember() ? 'leave' : 'join')
  renderTyping()
}

function renderTyping() {
  log.querySelector('.dots')?.remove()
  if (!chosenChat().typing) return
  const atEnd = isAtEnd()
  log.append(make('div', { class: 'dots theirs', 'aria-hidden': 'true' }, make('i'), make('i'), make('i')))
  if (atEnd) toEnd()
}

function renderBanner() {
  const banner = the('banner')
  const action = the('banner-action')
  const chat = chosenChat()
  const doing = model.doing
  const quote = doing && shorten(summaryOf(doing.message))
  const shown = doing
    ? [say(doing.type === 'edit' ? 'editing' : 'replying', { text: quote }), say('cancel'), stopDoing]
    : !isMember()
      ? [say('notInGroup', { name: personNamed(model.place.person)?.name })]
      : chat.byHand || hubChat()?.owner === 'person'
        ? [
            say(chat.byHand ? 'personSpeaks' : 'personOwns'),
            model.hub.canAsk ? say('release') : undefined,
            () => post('release', placeBody()),
          ]
        : undefined
  banner.hidden = shown === undefined
  if (!shown) return
  the('banner-text').textContent = shown[0]
  action.hidden = shown[1] === undefined
  action.textContent = shown[1] ?? ''
  action.onclick = shown[2]
}

/** A send whose end nobody knows, over the box: why the chat is silent, and what a person can decide. */
let openSend = ''
function renderOpenSend() {
  const now = Date.now()
  const send = hubChat()?.open.find((one) => one.state !== 'sending' || now - one.since > SLOW_MS)
  the('open-send').hidden = send === undefined
  const shown = send ? `${language} ${send.state} ${send.id}` : ''
  if (send) {
    const quote = shorten((send.text || say('picture')).replace(/\s+/g, ' '))
    const seconds = Math.round(Math.max(0, send.until ? send.until - now : now - send.since) / 1000)
    const words = say(`open_${send.state}`, { text: quote, seconds })
    the('open-send-text').textContent = words
    // Said once, not every second.
    if (shown !== openSend) the('spoken').textContent = words
  }
  if (shown === openSend) return
  openSend = shown
  const decisions = send && send.state !== 'sending' && model.hub.canAsk ? DECISIONS : []
  the('open-send-actions').replaceChildren(
    ...decisions.map((decision) =>
      make(
        'button',
        { type: 'button', onclick: () => post('resolve', { command: send.id, decision }) },
        say(`decide_${decision}`),
      ),
    ),
  )
}

function renderComposer() {
  the('voice-customer').textContent = say('asCustomer', { name: personNamed(model.place.person)?.name })
  the('voice-hand').textContent = say('byHand', { name: number().name })
  const inGroup = group() !== undefined
  const words = say(inGroup ? 'suggestionsGroup' : 'suggestions').split('|')
  the('suggestions').replaceChildren(
    make('span', { class: 'meta' }, say('suggestionsHint')),
    ...words.map((word) =>
      make('button', { type: 'button', class: 'chip', onclick: () => suggest(word) }, word),
    ),
    inGroup
      ? make('span', { class: 'meta hint' }, say('groupHint'))
      : make('button', { type: 'button', class: 'chip', onclick: sendPicture }, say('picture')),
  )
  for (const field of the('composer').querySelectorAll('button, textarea, input'))
    field.disabled = !isMember()
}

function renderStrip() {
  const strip = the('strip')
  const focused = strip.contains(document.activeElement) ? document.activeElement.dataset.entry : undefined
  const view = { say, clock, now: Date.now(), open: openDetail }
  const lines = model.strip.map((entry) => wireLine(entry, view)).reverse()
  strip.replaceChildren(...(lines.length ? lines : [make('li', { class: 'meta' }, say('wireEmpty'))]))
  const again = focused && lineOf(focused)
  rovingLine(again || lineOf(reached) || strip.querySelector('.open'))
  if (again) again.focus()
}

// One line can be reached with Tab; the arrows move among them, Enter opens one.
let reached
const lineOf = (id) => the('strip').querySelector(`[data-entry="${id}"]`)
function rovingLine(chosen) {
  for (const line of the('strip').querySelectorAll('.open')) line.tabIndex = line === chosen ? 0 : -1
}
the('strip').addEventListener('keydown', (event) => {
  const step = { ArrowUp: -1, ArrowDown: 1, k: -1, j: 1 }[event.key]
  const all = [...the('strip').querySelectorAll('.open')]
  const next = step && all[all.indexOf(document.activeElement) + step]
  if (!next) return
  event.preventDefault()
  reached = next.dataset.entry
  rovingLine(next)
  next.focus()
})

async function openDetail(entry) {
  reached = String(entry.id)
  const response = await fetch(`/phone/wire/${entry.id}`).catch(() => undefined)
  const found = await response?.json()
  if (!response?.ok) return showError(found?.detail ?? say('offline'))
  the('detail-title').textContent = `${found.method} ${found.url}`
  the('detail-body').replaceChildren(...wireDetail(found, say))
  detail.showModal()
}
const detail = /** @type {HTMLDialogElement} */ (the('detail'))
detail.addEventListener('close', () => lineOf(reached)?.focus())
detail.addEventListener('click', (event) => {
  if (event.target === detail) detail.close()
})
the('detail-close').addEventListener('click', () => detail.close())

function renderTrouble() {
  const one = number()
  if (!one) return
  const focused = [...the('trouble').querySelectorAll('button')].indexOf(document.activeElement)
  the('trouble').replaceChildren(
    ...troubleButtons(one, personNamed(model.place.person), model.hub, { say, post }),
  )
  the('trouble').querySelectorAll('button')[focused]?.focus()
}

// --- messages -----------------------------------------------------------------------------------------

/** A message that the hub will never hear of. */
const failed = (entry) => entry.what === 'message' && ['refused', 'lost', 'dropped'].includes(entry.state)
const isMine = (message) => message.by === model.place.person
function renderLog() {
  const { messages } = chosenChat()
  log.replaceChildren(...(messages.length ? messages.map(bubbleOf) : [emptyState()]))
  renderTyping()
  roving()
  toEnd()
}

function emptyState() {
  return make(
    'div',
    { class: 'empty' },
    make('b', {}, say('emptyTitle')),
    make('p', { class: 'meta' }, say('emptyAbout')),
  )
}

function showMessage(message, isNew) {
  const before = log.querySelector(`[data-id="${message.id}"]`)
  const after = bubbleOf(message)
  const atEnd = isAtEnd() || isMine(message) || message.author === 'person'
  log.querySelector('.empty')?.remove()
  if (before) {
    const focused = before.contains(document.activeElement)
    before.replaceWith(after)
    roving(focused ? after : undefined)
    if (focused) after.focus()
  } else {
    log.append(after)
    renderTyping()
    roving()
  }
  if (isNew && atEnd) toEnd()
  if (isNew && !isMine(message))
    the('spoken').textContent = say('saidBy', { name: nameOf(message.by), text: summaryOf(message) })
}

/** Without digits: the business. */
const nameOf = (digits) => (digits ? personNamed(digits)?.name : number().name)

const bubbleOf = (message) =>
  bubble(message, {
    say,
    clock,
    locale: locale(),
    nameOf,
    mine: isMine(message),
    named: !isMine(message) && (group() || message.author === 'person'),
    failure: model.strip.find((entry) => entry.message === message.id && failed(entry)),
    open: (element) => openMenu(message, element),
    me: model.place.person,
    vote: (poll, options) => post('vote', { ...placeBody(), target: poll.id, options }),
    tap: (list, choice) => post('tap', { ...placeBody(), target: list.id, choice }),
  })
const summaryOf = (message) => summary(message, { say, nameOf })

const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 80
const toEnd = () => {
  log.scrollTop = log.scrollHeight
}

/** One message at a time can be reached with Tab; the arrows move among them. */
function roving(chosen = [...log.querySelectorAll('.bubble')].at(-1)) {
  for (const element of log.querySelectorAll('.bubble')) element.tabIndex = element === chosen ? 0 : -1
}
log.addEventListener('keydown', (event) => {
  const step = { ArrowUp: -1, ArrowDown: 1, k: -1, j: 1 }[event.key]
  const all = [...log.querySelectorAll('.bubble')]
  const next = step && all[all.indexOf(document.activeElement) + step]
  if (!next) return
  event.preventDefault()
  roving(next)
  next.focus()
})

// --- what one can do with a message -------------------------------------------------------------------

let menuOwner

const menuItem = (word, act) =>
  make('button', { type: 'button', role: 'menuitem', tabindex: '-1', onclick: () => leaveMenu(act) }, word)

function openMenu(message, element) {
  if (message.revokedAt || !isMember()) return
  const current = message.reactions.find((one) => one.by === model.place.person)?.emoji
  const target = message.id
  const reactions = REACTIONS.map((emoji) => {
    const active = emoji === current
    const button = menuItem(emoji, () =>
      post('react', { ...placeBody(), target, emoji: active ? '' : emoji }),
    )
    button.setAttribute('aria-label', say(active ? 'unreact' : 'react', { emoji }))
    if (active) button.classList.add('chosen')
    return button
  })
  const own = isMine(message)
  const pinned = !message.pinned
  showMenu(element, say('messageMenu'), [
    make('div', { class: 'reactions' }, ...reactions),
    menuItem(say('reply'), () => startDoing('reply', message)),
    ...(own && message.content.text ? [menuItem(say('edit'), () => startDoing('edit', message))] : []),
    ...(own ? [menuItem(say('delete'), () => post('revoke', { ...placeBody(), target }))] : []),
    menuItem(say(pinned ? 'pin' : 'unpin'), () => post('pin', { ...placeBody(), target, pinned })),
    menuItem(say('copyId'), () => navigator.clipboard?.writeText(target)),
  ])
}

/** Beside an element, below it where it fits. */
function showMenu(element, label, items) {
  menu.setAttribute('aria-label', label)
  menu.replaceChildren(...items)
  menu.hidden = false
  menuOwner = element
  const frame = the('phone-pane').getBoundingClientRect()
  const at = element.getBoundingClientRect()
  const left = Math.min(Math.max(at.left - frame.left, 8), frame.width - menu.offsetWidth - 8)
  const below = at.bottom - frame.top + 4
  const fits = below + menu.offsetHeight < frame.height - 8
  menu.style.setProperty('left', `${left}px`)
  menu.style.setProperty('top', `${fits ? below : Math.max(8, at.top - frame.top - menu.offsetHeight - 4)}px`)
  menu.querySelector('button').focus()
}

function leaveMenu(act) {
  closeMenu()
  act()
}

function closeMenu() {
  if (menu.hidden) return
  menu.hidden = true
  if (menuOwner?.isConnected) menuOwner.focus()
  else text.focus()
}

menu.addEventListener('keydown', (event) => {
  const items = [...menu.querySelectorAll('button')]
  const at = items.indexOf(document.activeElement)
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key]
  if (step) {
    event.preventDefault()
    items[(at + step + items.length) % items.length].focus()
  }
  if (event.key === 'Tab') closeMenu()
})
document.addEventListener('pointerdown', (event) => {
  if (!menu.hidden && !menu.contains(event.target)) closeMenu()
})
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || detail.open) return
  if (!menu.hidden) closeMenu()
  else if (model.doing) stopDoing()
})

function startDoing(type, message) {
  model.doing = { type, message }
  if (type === 'edit') text.value = message.content.text
  the('voice').querySelector('input').checked = true
  renderBanner()
  grow()
  text.focus()
}

function stopDoing() {
  if (model.doing?.type === 'edit') text.value = ''
  model.doing = undefined
  if (number()) renderBanner()
  grow()
}

// --- writing ------------------------------------------------------------------------------------------

const byHand = () =>
  /** @type {HTMLInputElement} */ (document.querySelector('input[name=voice]:checked')).value === 'hand'

async function submit() {
  const words = text.value.trim()
  if (words === '') return
  const { doing } = model
  const body = placeBody()
  text.value = ''
  grow()
  const done =
    doing?.type === 'edit'
      ? await post('edit', { ...body, target: doing.message.id, text: words })
      : await post(byHand() ? 'own-message' : 'say', {
          ...body,
          text: words,
          ...(doing && { replyTo: doing.message.id }),
        })
  if (done) {
    if (model.doing === doing) {
      model.doing = undefined
      renderBanner()
    }
  } else if (text.value === '') {
    text.value = words
    grow()
  }
}

async function suggest(word) {
  await post('say', { ...placeBody(), text: word })
  text.focus()
}

async function sendPicture() {
  await post('media', placeBody())
  text.focus()
}

/** What is sent beside text; what stands in the box goes with it, and leaves it when it went. */
function openAttachMenu() {
  const send = async (action, body) => {
    const { group: at, ...direct } = placeBody()
    const used = body.text !== undefined || body.content?.text === text.value.trim()
    const place = action === 'call' ? direct : { ...direct, group: at }
    if ((await post(action, { ...place, ...body })) && used) {
      text.value = ''
      grow()
    }
    text.focus()
  }
  const items = attachItems({ say, send, words: () => text.value.trim(), mayCall: group() === undefined })
  showMenu(
    the('attach'),
    say('kindsMenu'),
    items.map(([word, act]) => menuItem(word, act)),
  )
}

/** The box grows with what is in it, up to six lines. */
function grow() {
  text.rows = Math.min(6, Math.max(1, text.value.split('\n').length))
}

text.addEventListener('input', grow)
text.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  void submit()
})
the('composer').addEventListener('submit', (event) => {
  event.preventDefault()
  void submit()
  text.focus()
})
the('attach').addEventListener('click', openAttachMenu)
the('membership').addEventListener('click', () =>
  post(isMember() ? 'leave' : 'join', { group: model.place.group, person: model.place.person }),
)

// --- the page -----------------------------------------------------------------------------------------

function show(view) {
  main.dataset.view = view
  for (const tab of document.querySelectorAll('[role=tab]')) {
    tab.setAttribute('aria-selected', String(tab.dataset.view === view))
    tab.tabIndex = tab.dataset.view === view ? 0 : -1
  }
  if (view === 'phone') toEnd()
}
for (const tab of document.querySelectorAll('[role=tab]')) {
  tab.addEventListener('click', () => show(tab.dataset.view))
  tab.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 'nextElementSibling', ArrowLeft: 'previousElementSibling' }[event.key]
    const next = step && tab[step]
    if (!next) return
    show(next.dataset.view)
    next.focus()
  })
}

const languages = /** @type {HTMLSelectElement} */ (the('language'))
languages.value = language
languages.addEventListener('change', () => {
  language = pickLanguage(languages.value, [])
  say = speaker(language)
  store('pombo-language', language)
  renderWords()
  renderAll()
  renderLog()
})

the('notice').hidden = stored('pombo-notice') === 'seen'
the('dismiss').addEventListener('click', () => {
  the('notice').hidden = true
  store('pombo-notice', 'seen')
  text.focus()
})
the('dismiss').append(icon('close'))
the('detail-close').append(icon('close'))
the('attach').append(icon('attach'))
the('send').append(icon('send'))

window.addEventListener('hashchange', () => {
  const wanted = readPlace()
  if (
    keyOf(wanted.instance, address(wanted)) !== keyOf(model.place.instance, address()) ||
    wanted.person !== model.place.person
  )
    choosePlace(wanted)
})
// Only a waiting retry and an open send change with nothing but time.
setInterval(() => {
  renderOpenSend()
  if (model.strip.some((entry) => entry.state === 'retrying')) renderStrip()
}, 1000)

renderWords()
renderState()
show('phone')
text.focus()
