import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createScene } from '../../src/cli/demo/scene.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createHttpClient } from '../../src/platform/http-client.ts'
import { simulatedGateways } from '../../src/simulator/gateways.ts'
import { startSimulator } from '../../src/simulator/server.ts'
import { accessibilityFaults, fitsWidth, openBrowser, type VisitOptions, type Visitor } from './browser.ts'
import { type Demo, isRunning, startDemo, until } from './demo.ts'

/** Ignored by git; to be looked at by people. */
const SHOTS = resolve(import.meta.dirname, '../../.tmp/screenshots')
/** What a browser says of a hub that was killed on purpose. */
const HUB_GONE = /ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|CONNECTION_RESET|EMPTY_RESPONSE)/

let demo: Demo
let browser: Visitor

beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true })
  ;[demo, browser] = await Promise.all([startDemo(), openBrowser()])
})
afterAll(async () => {
  await browser?.close()
  await demo?.stop()
})
afterEach(async () => {
  await browser.leave()
  expect(browser.complaints()).toEqual([])
})

/** Opens the phone in the hub's console; it asks the simulator, and nobody else. */
async function visit({ at, path, expected, ...options }: VisitOptions & { at?: string; path?: string } = {}) {
  const place = at === undefined ? '' : `?at=${encodeURIComponent(at)}`
  const page = await browser.visit(demo.hubUrl + (path ?? `/phone${place}`), {
    ...options,
    expected: new RegExp(`requests? to elsewhere: ${demo.url}/phone/|${expected?.source ?? '^$'}`),
  })
  await page.locator('[data-chats] button').first().waitFor({ state: 'attached' })
  return page
}
const shot = (page: Page, name: string) => page.screenshot({ path: join(SHOTS, `phone-${name}.png`) })
const box = (page: Page) => page.getByRole('textbox', { name: 'Message' })
const bubbles = (page: Page, text: string | RegExp) => page.locator('article').filter({ hasText: text })
const lines = (page: Page, text: string | RegExp) => page.locator('[data-line]').filter({ hasText: text })
async function say(page: Page, text: string): Promise<void> {
  await box(page).fill(text)
  await box(page).press('Enter')
}

test('the first minute: a conversation is there, the cursor is in the box, /help is answered', async () => {
  const page = await visit({ path: '/' })
  expect(new URL(page.url()).pathname).toBe('/phone')
  await until(async () => (await page.locator('article').count()) >= 4)
  expect(await page.locator(':focus').getAttribute('aria-label')).toBe('Message')
  const line = page.getByText('everybody in it is invented')
  expect(await line.isVisible()).toBe(true)
  const before = await bubbles(page, 'Available commands').count()
  await page.keyboard.type('/help')
  await page.keyboard.press('Enter')
  await until(async () => (await bubbles(page, 'Available commands').count()) === before + 1)
  const answer = bubbles(page, 'Available commands').last()
  await answer.locator('[aria-label=read]').waitFor()
  await bubbles(page, '/help').last().locator('[aria-label=delivered], [aria-label=read]').waitFor()
  await page
    .getByRole('status')
    .filter({ hasText: 'says: Available commands' })
    .waitFor({ state: 'attached' })
  await page.locator('[data-line=post]', { hasText: 'message' }).first().getByText('accepted').waitFor()
  await shot(page, '1280-light')
  await page.getByRole('button', { name: 'Dismiss' }).click()
  await page.reload()
  await page.locator('article').first().waitFor()
  expect(await line.isVisible()).toBe(false)
  // No newcomer any more: the other pages are a click away, and the first one is what it is for everybody.
  await page.getByRole('link', { name: 'Overview' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.goto(demo.hubUrl)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
})

test('each message shows its way through the hub, stage by stage, and nothing is lost or doubled', async () => {
  const page = await visit({ at: 'sales/5511912345678' })
  await say(page, 'price')
  await bubbles(page, 'Our prices').last().waitFor()
  const way = page.locator('[data-way=answered]').first()
  await way.waitFor()
  expect((await way.textContent())?.replaceAll(/[\d.,]+ (ms|sec)/g, 'ms')).toContain(
    ['received', '→verifiedms', '→storedms', '→orderedms', '→handledms', '→sentms'].join(''),
  )
  expect(await page.locator('[data-tally]').textContent()).toBe('lost 0 · doubled 0')
})

test('a two-step order over the other number, with typing shown', async () => {
  const page = await visit()
  await page.getByRole('button', { name: /Tom Baker/ }).click()
  await page.getByRole('button', { name: /TechStore sales/ }).click()
  await page.getByText('No messages here yet').waitFor()
  await shot(page, '1280-empty')
  await page.getByRole('button', { name: 'order', exact: true }).click()
  await page.locator('[data-typing]').waitFor()
  await bubbles(page, 'What would you like to order').waitFor()
  await say(page, 'charger')
  await bubbles(page, 'One charger').waitFor()
  await say(page, 'yes')
  await bubbles(page, /Done: order T-/).waitFor()
  expect(new URL(page.url()).searchParams.get('at')).toBe('sales/12025550143')
})

test('a picture comes back as one', async () => {
  const page = await visit()
  await page.getByRole('button', { name: 'Attach', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Picture' }).click()
  const picture = bubbles(page, 'That is what I got').locator('img')
  await picture.waitFor()
  expect(await page.locator('article img').count()).toBe(2)
  expect(await picture.evaluate((image) => 'naturalWidth' in image && image.naturalWidth)).toBe(480)
})

test('everything beside text can be sent, voted in and tapped', async () => {
  const page = await visit({ at: 'support/12025550143' })
  const attach = async (kind: string) => {
    await page.getByRole('button', { name: 'Attach', exact: true }).click()
    await page.getByRole('menuitem', { name: kind, exact: true }).click()
  }
  await attach('Location')
  await bubbles(page, 'Avenida Paulista').waitFor()
  await attach('Contact')
  await bubbles(page, 'Carla Dias').waitFor()
  await attach('Voice message')
  await bubbles(page, 'Voice message').waitFor()
  await box(page).fill('Come by today?')
  await attach('Poll')
  const poll = bubbles(page, 'Come by today?')
  await until(async () => (await box(page).inputValue()) === '')
  await poll.getByRole('button', { name: 'Vote: Yes, 0 so far' }).click()
  await poll.getByRole('button', { name: 'Take back the vote for Yes' }).waitFor()
  await poll.getByRole('button', { name: 'Vote: No, 0 so far' }).click()
  await poll.getByRole('button', { name: 'Vote: Yes, 0 so far' }).waitFor()
  await lines(page, 'vote').first().waitFor()
  await shot(page, '1280-kinds')
})

test('the number: another version, logged out and scanned again, restarted; the customer: hidden', async () => {
  const page = await visit({ at: 'support/34600000123' })
  const versions = page.getByRole('group', { name: 'Version on the wire' }).getByRole('button')
  await versions.last().click()
  await page
    .locator('[aria-pressed=true]', { hasText: (await versions.last().textContent()) ?? '' })
    .waitFor()
  await versions.first().click()
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByText('logged out of WhatsApp').first().waitFor()
  const number = async () => (await demo.state()).numbers.find((one) => one.instance === 'support')
  expect(await number()).toMatchObject({ connected: false, loggedOut: true })
  await page.getByRole('button', { name: 'Scan the QR' }).click()
  await until(async () => (await number())?.connected === true)
  await page.getByRole('button', { name: 'Restart the gateway' }).click()
  await page.getByText('not connected to WhatsApp').first().waitFor()
  await until(async () => (await number())?.connected === true)
  const hide = page.getByRole('button', { name: 'Hide the phone number' })
  await hide.click()
  await page.locator('[aria-pressed=true]', { hasText: 'Hide the phone number' }).waitFor()
  await say(page, '/help')
  await bubbles(page, 'Available commands').last().waitFor()
  await hide.click()
})

test('a number that is cut off keeps what is written to it until it is back', async () => {
  const page = await visit({ at: 'sales/34600000123' })
  await page.getByRole('button', { name: 'Disconnect', exact: true }).click()
  await page.getByText('not connected to WhatsApp').first().waitFor()
  const before = await bubbles(page, 'Todo funciona').count()
  await say(page, '/estado')
  await page.getByRole('button', { name: 'Reconnect', exact: true }).click()
  await until(async () => (await bubbles(page, 'Todo funciona').count()) === before + 1)
})

test('react, edit and delete by keyboard alone', async () => {
  const page = await visit({ at: 'support/34600000123' })
  await page.keyboard.type('helo')
  await page.keyboard.press('Enter')
  const mine = page.locator('[data-side=mine]').last()
  await bubbles(page, 'helo').waitFor()
  await page.keyboard.press('Shift+Tab')
  await mine.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: 'Edit' }).waitFor()
  await shot(page, '1280-menu')
  await page.getByRole('menuitem', { name: 'React with 👍' }).press('Enter')
  await mine.getByText('👍').waitFor()
  await page.locator('[data-side=mine]:focus').waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: 'Edit' }).press('Enter')
  await page.locator('textarea:focus').waitFor()
  await page.keyboard.press('End')
  await page.keyboard.press('Backspace')
  await page.keyboard.type('lo')
  await page.keyboard.press('Enter')
  await bubbles(page, 'hello').getByText('edited').waitFor()
  await mine.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: 'Delete for everyone' }).press('Enter')
  await bubbles(page, 'This message was deleted').waitFor()
  await page.keyboard.press('ArrowUp')
  expect(await page.locator(':focus').evaluate((element) => element.tagName)).toBe('ARTICLE')
})

test('a person takes over, the bot stays silent, and gets the chat back', async () => {
  const page = await visit({ at: 'support/12025550143' })
  await page.getByText('by hand, as').click()
  await say(page, 'I am Carla, let me look')
  await page.getByText('the bot stays silent').waitFor()
  await bubbles(page, 'Carla').getByText('written by hand').waitFor()
  await page.getByText('as Tom Baker').click()
  const before = await bubbles(page, 'Our prices').count()
  await say(page, 'price')
  // Its way ends with the hub's decision to send nothing.
  await page.locator('[data-way=silent]').first().waitFor()
  await shot(page, '1280-person')
  expect(await bubbles(page, 'Our prices').count()).toBe(before)
  await page.getByRole('button', { name: 'Give the chat back' }).click()
  await page.locator('[data-bar]').waitFor({ state: 'hidden' })
  await say(page, 'price')
  await until(async () => (await bubbles(page, 'Our prices').count()) === before + 1)
})

test('the bot hands a chat over: the same bar, and the way back', async () => {
  const page = await visit({ at: 'sales/34600000123' })
  await say(page, 'persona')
  await page.getByText('A person has this chat now').waitFor()
  await shot(page, '1280-handed-over')
  await page.getByRole('button', { name: 'Give the chat back' }).click()
  await page.locator('[data-bar]').waitFor({ state: 'hidden' })
  const before = await bubbles(page, 'Nuestros precios').count()
  await say(page, 'precio')
  await until(async () => (await bubbles(page, 'Nuestros precios').count()) === before + 1)
})

test('a send of which nobody knows the end is shown, and a person decides', async () => {
  const page = await visit({ at: 'support/34600000123' })
  // The hub finds out by itself what has gone out already; this has not.
  await page.getByRole('button', { name: 'Lost, then late', exact: true }).click()
  await page.locator('[aria-pressed=true]', { hasText: 'Lost, then late' }).waitFor()
  await say(page, 'precio')
  await page
    .locator('[data-open-send]')
    .getByText(/Nobody knows whether one answer.*waits [0-9]+ s/)
    .first()
    .waitFor()
  await page.locator('[data-line=call][data-signal=bad]', { hasText: '/send/message' }).first().waitFor()
  for (const width of [1280, 390])
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: 844 })
      await page.emulateMedia({ colorScheme })
      await shot(page, `${width}-${colorScheme}-open-send`)
      expect(await fitsWidth(page)).toBe(true)
    }
  expect(await accessibilityFaults(page)).toEqual([])
  await page.getByRole('button', { name: 'It arrived' }).click()
  await page.locator('[data-open-send]').waitFor({ state: 'hidden' })
  await say(page, 'precio')
  await bubbles(page, 'Nuestros precios').first().waitFor()
})

test('a line of the wire opens by keyboard, and shows no credential', async () => {
  const page = await visit({ colorScheme: 'dark' })
  await page.locator('[data-line=post] button', { hasText: 'message' }).first().focus()
  await page.keyboard.press('Enter')
  const detail = page.getByRole('dialog')
  await detail.getByText('"payload"').or(detail.getByText('"EventType"')).first().waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await shot(page, '1280-dark-detail')
  await page.setViewportSize({ width: 390, height: 844 })
  await shot(page, '390-dark-detail')
  expect(await detail.textContent()).not.toMatch(/sha256=|[0-9a-f]{32}/)
  await page.keyboard.press('Escape')
  await detail.waitFor({ state: 'hidden' })
})

test('a doubled delivery is answered once, a forged one is refused', async () => {
  const page = await visit({ colorScheme: 'dark', at: 'sales/5511912345678' })
  await page.getByRole('button', { name: 'Double', exact: true }).click()
  await page.locator('[aria-pressed=true]', { hasText: 'Double' }).waitFor()
  await say(page, '/status')
  await page.getByText('seen before, ignored').first().waitFor()
  await bubbles(page, 'All systems').waitFor()
  await page.getByRole('button', { name: 'Forge', exact: true }).click()
  await page.locator('[aria-pressed=true]', { hasText: 'Forge' }).waitFor()
  await say(page, '/info')
  await page.locator('[data-signal=bad]', { hasText: 'forged' }).getByText('refused').waitFor()
  await bubbles(page, '/info').getByText('refused by the hub').waitFor()
  await page.waitForTimeout(1_000)
  expect(await bubbles(page, 'All systems').count()).toBe(1)
  expect(await bubbles(page, 'invented').count()).toBe(0)
  expect(await page.locator('[data-tally]').textContent()).toBe('lost 0 · doubled 0')
  await shot(page, '1280-dark')
})

test('joining the group is welcomed', async () => {
  const page = await visit({ at: 'support/34600000123/group:120363041234567890' })
  await page.getByText('Lucía Gómez is not in this group.').waitFor()
  expect(await box(page).isDisabled()).toBe(true)
  await page.getByRole('button', { name: 'Join the group' }).click()
  await bubbles(page, 'Welcome').waitFor()
  await page.getByRole('button', { name: '/help', exact: true }).click()
  await bubbles(page, 'Here I welcome').waitFor()
  await shot(page, '1280-group')
})

test('what people write is text, whatever stands in it', async () => {
  const page = await visit({ at: 'support/12025550143' })
  const nasty = [
    '<img src=x onerror="document.title=1"><b>bold</b>',
    '\u202Egnihtyna\u202C שלום <script>alert(1)</script>',
    '{"__proto__":{}} %s $(1)',
  ]
  await page.getByText('by hand, as').click()
  for (const text of nasty) {
    await say(page, text)
    await bubbles(page, text).waitFor()
  }
  // A person may write no more; the hub may be asked to send this much.
  const key = /API key {2}(\S+)/.exec(demo.output())?.[1] ?? ''
  const sent = await fetch(`${demo.hubUrl}/api/v1/instances/support/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ to: '12025550143', text: '👩'.repeat(16_384) }),
  })
  expect(sent.status).toBe(202)
  await bubbles(page, '👩👩').getByRole('button', { name: 'Show the whole text' }).click()
  expect((await bubbles(page, '👩👩').locator('p').first().textContent())?.length).toBe(32_768)
  expect(await fitsWidth(page)).toBe(true)
  expect(await page.locator('article img').count()).toBe(0)
  expect(await page.title()).toContain('Phone')
  await page.getByRole('button', { name: 'Give the chat back' }).click()
  await page.locator('[data-bar]').waitFor({ state: 'hidden' })
})

test('the hub dies; what is typed meanwhile is answered exactly once when it is back', async () => {
  const page = await visit({ at: 'support/12025550143', expected: HUB_GONE })
  await page.locator('[data-hub=live]').waitFor()
  const before = demo.hubPid()
  process.kill(before, 'SIGKILL')
  await say(page, '/status')
  await page.locator('[data-line=post][data-signal=attention]').first().waitFor()
  await page.getByText('The hub is down. What you send waits').waitFor()
  await shot(page, '1280-down')
  await bubbles(page, 'All systems').waitFor()
  await until(() => demo.output().includes('The hub is back.'))
  expect(demo.hubPid()).not.toBe(before)
  await page.locator('[data-way=answered]').first().waitFor()
  await page.waitForTimeout(1_500)
  expect(await bubbles(page, 'All systems').count()).toBe(1)
  await page.locator('[data-hub=live]').waitFor()
  expect(await page.locator('[data-tally]').textContent()).toBe('lost 0 · doubled 0')
  // The console around it is live again without a reload.
  await page.getByRole('button', { name: 'Live', exact: true }).waitFor()
})

test('the page’s own button ends the hub too, and the conversation goes on', async () => {
  const page = await visit({ at: 'support/5511912345678', expected: HUB_GONE })
  const before = demo.hubPid()
  await bubbles(page, 'Available commands').first().waitFor()
  const answers = await bubbles(page, 'Hello Ana').count()
  await page.getByRole('button', { name: 'Kill its process' }).click()
  await say(page, 'hello again')
  await until(async () => (await bubbles(page, 'Hello Ana').count()) === answers + 1)
  expect(demo.hubPid()).not.toBe(before)
})

test.each([
  ['pt-BR', 'Telefone', 'como Ana Souza', ['Conversas', 'Telefone', 'Tráfego']],
  ['es-ES', 'Teléfono', 'como Ana Souza', ['Chats', 'Teléfono', 'Tráfico']],
])('%s at 360 px: nothing is cut or scrolls sideways', async (locale, title, voice, views) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await visit({ locale, colorScheme, viewport: { width: 360, height: 740 } })
    await page.getByRole('heading', { name: title, exact: true }).waitFor()
    await page.getByText(voice).waitFor()
    for (const view of views) {
      await page.getByRole('tab', { name: view }).click()
      expect([view, await fitsWidth(page)]).toEqual([view, true])
      await shot(page, `360-${locale}-${colorScheme}-${view}`)
    }
  }
})

test.each(['light', 'dark'] as const)('axe finds nothing, %s, wide and narrow', async (colorScheme) => {
  const page = await visit({ colorScheme })
  await page.locator('[data-way]').first().waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  const skewed = page.getByRole('button', { name: 'Clock one hour ahead' })
  await skewed.click()
  await page.locator('[aria-pressed=true]', { hasText: 'Clock one hour ahead' }).waitFor()
  await page.locator('article').last().focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menu').waitFor()
  // A menu that is open lies over the page, outside of its landmarks.
  const open = await accessibilityFaults(page)
  expect(open.filter((fault) => !fault.startsWith('region'))).toEqual([])
  await page.keyboard.press('Escape')
  await skewed.click()
  await page.setViewportSize({ width: 390, height: 844 })
  for (const view of ['Chats', 'Phone', 'Wire']) {
    await page.getByRole('tab', { name: view }).click()
    expect([view, await accessibilityFaults(page)]).toEqual([view, []])
  }
})

test('390 px, and the language one chooses stays', async () => {
  const page = await visit({ viewport: { width: 390, height: 844 } })
  await shot(page, '390-en')
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('menuitemradio', { name: 'Português (Brasil)' }).click()
  await page.getByRole('heading', { name: 'Telefone' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Telefone' }).waitFor()
  expect(await page.locator('html').getAttribute('lang')).toBe('pt-BR')
  const message = page.getByRole('textbox', { name: 'Mensagem' })
  await message.fill('preço')
  await message.press('Enter')
  await bubbles(page, 'Nossos preços').waitFor()
  await shot(page, '390-pt')
})

test('the simulator leads to the phone in the console, and lets in the page of that hub only', async () => {
  const home = await fetch(demo.url, { redirect: 'manual' })
  expect(home.headers.get('location')).toBe(`${demo.hubUrl}/phone`)
  expect((await fetch(`${demo.hubUrl}/health`)).status).toBe(200)
  const foreign = await fetch(`${demo.url}/phone/state`, { headers: { origin: 'https://evil.example' } })
  expect(foreign.status).toBe(403)
})

test('without a console the same phone is the page of the simulator itself', async () => {
  const outgoing = createHttpClient({ clock: systemClock })
  let made = 0
  const scene = createScene('http://127.0.0.1:1', simulatedGateways, () => `alone-secret-${++made}`)
  const simulator = await startSimulator({
    clock: systemClock,
    random: Math.random,
    http: outgoing.request,
    port: 0,
    ...scene,
  })
  try {
    const page = await browser.visit(`${simulator.url}/#sales/12025550143`, { colorScheme: 'dark' })
    await page.getByText('a real hub answers').waitFor()
    expect(await page.locator(':focus').getAttribute('aria-label')).toBe('Message')
    await say(page, 'is anybody there?')
    await page.locator('[data-side=mine]').filter({ hasText: 'is anybody there?' }).waitFor()
    await lines(page, 'no connection').first().waitFor()
    await page.getByRole('button', { name: /Lucía Gómez/ }).click()
    expect(new URL(page.url()).hash).toBe('#sales/34600000123')
    expect(await page.getByRole('button', { name: 'Kill its process' }).count()).toBe(0)
    expect(await accessibilityFaults(page)).toEqual([])
    await shot(page, 'alone-dark')
    await page.getByRole('combobox').selectOption('es')
    await page.getByRole('heading', { name: 'Teléfono' }).waitFor()
  } finally {
    await browser.leave()
    await simulator.close()
    await outgoing.close()
  }
})

test('ending it leaves no process behind, not even with SIGKILL', async () => {
  const second = await startDemo()
  const hub = second.hubPid()
  second.process.kill('SIGKILL')
  await until(() => !isRunning(hub))
  await second.stop()
  const hubOfFirst = demo.hubPid()
  expect(await demo.stop()).toBe(0)
  expect(isRunning(hubOfFirst)).toBe(false)
})
