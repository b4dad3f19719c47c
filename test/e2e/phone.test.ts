import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import chromium from '@sparticuz/chromium'
import { type Browser, type BrowserContextOptions, type Page, chromium as playwright } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Demo, isRunning, startDemo, until } from './demo.ts'

/** Ignored by git; to be looked at by people. */
const SHOTS = resolve(import.meta.dirname, '../../.tmp/screenshots')

let demo: Demo
let browser: Browser
const open: Page[] = []
const complaints: string[] = []

beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true })
  ;[demo, browser] = await Promise.all([
    startDemo(),
    playwright.launch({
      executablePath: await chromium.executablePath(),
      // In a single process, closing one page can end the browser.
      args: [...chromium.args.filter((arg) => arg !== '--single-process'), '--no-sandbox'],
      headless: true,
    }),
  ])
})
afterAll(async () => {
  await browser?.close()
  await demo?.stop()
})
afterEach(async () => {
  for (const page of open.splice(0)) await page.context().close()
  expect(complaints.splice(0)).toEqual([])
})

async function visit(options: BrowserContextOptions = {}, path = '/'): Promise<Page> {
  const context = await browser.newContext({
    locale: 'en-US',
    viewport: { width: 1280, height: 800 },
    ...options,
  })
  const page = await context.newPage()
  open.push(page)
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => {
    if (!request.url().startsWith(demo.url)) complaints.push(`a request to elsewhere: ${request.url()}`)
  })
  await page.goto(demo.url + path)
  await page.locator('#chats .choice').first().waitFor({ state: 'attached' })
  return page
}
const shot = (page: Page, name: string) => page.screenshot({ path: join(SHOTS, `${name}.png`) })
const bubbles = (page: Page, text: string | RegExp) => page.locator('.bubble').filter({ hasText: text })

test('the first minute: a conversation is there, the cursor is in the box, /help is answered', async () => {
  const page = await visit()
  await until(async () => (await page.locator('.bubble').count()) >= 4)
  expect(await page.locator(':focus').getAttribute('id')).toBe('text')
  expect(await page.locator('#notice').isVisible()).toBe(true)
  const before = await bubbles(page, 'Available commands').count()
  await page.keyboard.type('/help')
  await page.keyboard.press('Enter')
  await until(async () => (await bubbles(page, 'Available commands').count()) === before + 1)
  const answer = bubbles(page, 'Available commands').last()
  await answer.locator('[aria-label=read]').waitFor()
  await bubbles(page, '/help').last().locator('[aria-label=delivered], [aria-label=read]').waitFor()
  expect(await page.locator('#spoken').textContent()).toContain('Available commands')
  await page.locator('.line:not(.call)', { hasText: 'message' }).first().getByText('accepted').waitFor()
  await shot(page, '1280-light')
  await page.getByRole('button', { name: 'Dismiss' }).click()
  await page.reload()
  await page.locator('.choice').first().waitFor()
  expect(await page.locator('#notice').isVisible()).toBe(false)
})

test('a two-step order over the other number, with typing shown', async () => {
  const page = await visit()
  await page.getByRole('button', { name: /Tom Baker/ }).click()
  await page.getByRole('button', { name: /TechStore sales/ }).click()
  await page.getByText('No messages here yet').waitFor()
  await shot(page, '1280-empty')
  await page.getByRole('button', { name: 'order', exact: true }).click()
  await page.locator('.dots').waitFor()
  await bubbles(page, 'What would you like to order').waitFor()
  await page.fill('#text', 'charger')
  await page.press('#text', 'Enter')
  await bubbles(page, 'One charger').waitFor()
  await page.fill('#text', 'yes')
  await page.press('#text', 'Enter')
  await bubbles(page, /Done: order T-/).waitFor()
  expect(new URL(page.url()).hash).toBe('#sales/12025550143')
})

test('a picture comes back as one', async () => {
  const page = await visit()
  await page.getByRole('button', { name: 'Attach', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Picture' }).click()
  await bubbles(page, 'That is what I got').locator('img').waitFor()
  expect(await page.locator('.bubble img').count()).toBe(2)
})

test('everything beside text can be sent, voted in and tapped', async () => {
  const page = await visit({}, '/#support/12025550143')
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
  await page.fill('#text', 'Come by today?')
  await attach('Poll')
  const poll = bubbles(page, 'Come by today?')
  await until(async () => (await page.inputValue('#text')) === '')
  await poll.getByRole('button', { name: 'Vote: Yes, 0 so far' }).click()
  await poll.getByRole('button', { name: 'Take back the vote for Yes' }).waitFor()
  await poll.getByRole('button', { name: 'Vote: No, 0 so far' }).click()
  await poll.getByRole('button', { name: 'Vote: Yes, 0 so far' }).waitFor()
  await page.locator('.line', { hasText: 'vote' }).first().waitFor()
  await shot(page, '1280-kinds')
})

test('the number: another version, logged out and scanned again, restarted; the customer: hidden', async () => {
  const page = await visit({}, '/#support/34600000123')
  const versions = page.getByRole('group', { name: 'Version on the wire' }).getByRole('button')
  await versions.last().click()
  await page
    .locator('#trouble [aria-pressed=true]', { hasText: (await versions.last().textContent()) ?? '' })
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
  await page.locator('#trouble [aria-pressed=true]', { hasText: 'Hide the phone number' }).waitFor()
  await page.fill('#text', '/help')
  await page.press('#text', 'Enter')
  await bubbles(page, 'Available commands').last().waitFor()
  await hide.click()
})

test('react, edit and delete by keyboard alone', async () => {
  const page = await visit({}, '/#support/34600000123')
  await page.keyboard.type('helo')
  await page.keyboard.press('Enter')
  const mine = page.locator('.bubble.mine').last()
  await bubbles(page, 'helo').waitFor()
  await page.keyboard.press('Shift+Tab')
  await mine.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: 'Edit' }).waitFor()
  await shot(page, '1280-menu')
  await page.keyboard.press('Enter')
  await mine.locator('.reactions').waitFor()
  await mine.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: 'Edit' }).press('Enter')
  await page.keyboard.press('End')
  await page.keyboard.press('Backspace')
  await page.keyboard.type('lo')
  await page.keyboard.press('Enter')
  await bubbles(page, 'hello').getByText('edited').waitFor()
  await mine.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: 'Delete for everyone' }).press('Enter')
  await bubbles(page, 'This message was deleted').waitFor()
})

test('a person takes over, the bot stays silent, and gets the chat back', async () => {
  const page = await visit({}, '/#support/12025550143')
  await page.getByText('by hand, as').click()
  await page.fill('#text', 'I am Carla, let me look')
  await page.press('#text', 'Enter')
  await page.getByText('the bot stays silent').waitFor()
  await bubbles(page, 'Carla').getByText('written by hand').waitFor()
  await page.getByText('as Tom Baker').click()
  await page.fill('#text', 'price')
  const before = await bubbles(page, 'Our prices').count()
  await page.press('#text', 'Enter')
  await shot(page, '1280-person')
  await page.waitForTimeout(1_500)
  expect(await bubbles(page, 'Our prices').count()).toBe(before)
  await page.getByRole('button', { name: 'Give the chat back' }).click()
  await page.locator('#banner').waitFor({ state: 'hidden' })
  await page.fill('#text', 'price')
  await page.press('#text', 'Enter')
  await until(async () => (await bubbles(page, 'Our prices').count()) === before + 1)
})

test('the bot hands a chat over: the same bar, and the way back', async () => {
  const page = await visit({}, '/#sales/34600000123')
  await page.fill('#text', 'persona')
  await page.press('#text', 'Enter')
  await page.getByText('A person has this chat now').waitFor()
  await shot(page, '1280-handed-over')
  await page.getByRole('button', { name: 'Give the chat back' }).click()
  await page.locator('#banner').waitFor({ state: 'hidden' })
  await page.fill('#text', 'precio')
  const before = await bubbles(page, 'Nuestros precios').count()
  await page.press('#text', 'Enter')
  await until(async () => (await bubbles(page, 'Nuestros precios').count()) === before + 1)
})

test('a send of which nobody knows the end is shown, and a person decides', async () => {
  const page = await visit({}, '/#support/34600000123')
  // The hub finds out by itself what has gone out already; this has not.
  await page.getByRole('button', { name: 'Lost, then late' }).click()
  await page.locator('[aria-pressed=true]', { hasText: 'Lost, then late' }).waitFor()
  await page.fill('#text', 'precio')
  await page.press('#text', 'Enter')
  await page
    .locator('#open-send')
    .getByText(/Nobody knows whether one answer.*waits [0-9]+ s/)
    .waitFor()
  await page.locator('.line.call.bad', { hasText: '/send/message' }).first().waitFor()
  for (const width of [1280, 390])
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: 844 })
      await page.emulateMedia({ colorScheme })
      await shot(page, `${width}-${colorScheme}-open-send`)
      expect(await page.locator('html').evaluate((html) => html.scrollWidth)).toBe(width)
    }
  await page.getByRole('button', { name: 'It arrived' }).click()
  await page.locator('#open-send').waitFor({ state: 'hidden' })
  await page.fill('#text', 'precio')
  await page.press('#text', 'Enter')
  await bubbles(page, 'Nuestros precios').first().waitFor()
})

test('a line of the wire opens by keyboard, and shows no credential', async () => {
  const page = await visit({ colorScheme: 'dark' })
  const line = page.locator('.line:not(.call) .open', { hasText: 'message' }).first()
  await line.focus()
  await page.keyboard.press('Enter')
  const detail = page.locator('#detail')
  await detail.getByText('"payload"').or(detail.getByText('"EventType"')).first().waitFor()
  await shot(page, '1280-dark-detail')
  await page.setViewportSize({ width: 390, height: 844 })
  await shot(page, '390-dark-detail')
  expect(await detail.textContent()).not.toMatch(/sha256=|[0-9a-f]{32}/)
  await page.keyboard.press('Escape')
  await detail.waitFor({ state: 'hidden' })
})

test('a doubled delivery is answered once, a forged one is refused', async () => {
  const page = await visit({ colorScheme: 'dark' }, '/#sales/5511912345678')
  await page.getByRole('button', { name: 'Double', exact: true }).click()
  await page.locator('[aria-pressed=true]', { hasText: 'Double' }).waitFor()
  await page.keyboard.press('Shift')
  await page.fill('#text', '/status')
  await page.press('#text', 'Enter')
  await page.getByText('seen before, ignored').first().waitFor()
  await bubbles(page, 'All systems').waitFor()
  await page.getByRole('button', { name: 'Forge' }).click()
  await page.locator('[aria-pressed=true]', { hasText: 'Forge' }).waitFor()
  await page.fill('#text', '/info')
  await page.press('#text', 'Enter')
  await page.locator('.line.bad', { hasText: 'forged' }).getByText('refused').waitFor()
  await page.waitForTimeout(1_000)
  expect(await bubbles(page, 'All systems').count()).toBe(1)
  expect(await bubbles(page, 'invented').count()).toBe(0)
  await shot(page, '1280-dark')
})

test('joining the group is welcomed', async () => {
  const page = await visit({}, '/#support/34600000123/group:120363041234567890')
  await page.getByText('Lucía Gómez is not in this group.').waitFor()
  expect(await page.locator('#text').isDisabled()).toBe(true)
  await page.getByRole('button', { name: 'Join the group' }).click()
  await bubbles(page, 'Welcome').waitFor()
  await page.getByRole('button', { name: '/help', exact: true }).click()
  await bubbles(page, 'Here I welcome').waitFor()
  await shot(page, '1280-group')
})

test('the hub dies; what is typed meanwhile is answered exactly once when it is back', async () => {
  const page = await visit({}, '/#support/12025550143')
  await bubbles(page, 'Our prices').first().waitFor()
  const before = demo.hubPid()
  process.kill(before, 'SIGKILL')
  await page.fill('#text', '/status')
  await page.press('#text', 'Enter')
  await page.locator('.line.attention').first().waitFor()
  await shot(page, '1280-down')
  await bubbles(page, 'All systems').waitFor()
  await until(() => demo.output().includes('The hub is back.'))
  expect(demo.hubPid()).not.toBe(before)
  await page.waitForTimeout(2_000)
  expect(await bubbles(page, 'All systems').count()).toBe(1)
  await page.locator('#hub-state.good').waitFor()
})

test('the page’s own button ends the hub too, and the conversation goes on', async () => {
  const page = await visit({}, '/#support/5511912345678')
  const before = demo.hubPid()
  await bubbles(page, 'Available commands').first().waitFor()
  const answers = await bubbles(page, 'Hello Ana').count()
  await page.getByRole('button', { name: 'Kill its process' }).click()
  await page.fill('#text', 'hello again')
  await page.press('#text', 'Enter')
  await until(async () => (await bubbles(page, 'Hello Ana').count()) === answers + 1)
  expect(demo.hubPid()).not.toBe(before)
})

test.each([
  ['pt-BR', 'Telefone simulado', 'como Ana Souza'],
  ['es-ES', 'Teléfono simulado', 'como Ana Souza'],
])('%s at 360 px: nothing is cut or scrolls sideways', async (locale, title, voice) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await visit({ locale, colorScheme, viewport: { width: 360, height: 740 } })
    await page.getByRole('heading', { name: title }).waitFor()
    await page.getByText(voice).waitFor()
    for (const view of ['people', 'phone', 'wire']) {
      await page.locator(`#tab-${view}`).click()
      const width = await page.locator('html').evaluate((html) => html.scrollWidth)
      expect([view, width]).toEqual([view, 360])
      await shot(page, `360-${locale}-${colorScheme}-${view}`)
    }
  }
})

test('390 px, and the language one chooses stays', async () => {
  const page = await visit({ viewport: { width: 390, height: 844 } })
  await shot(page, '390-en')
  await page.locator('#language').selectOption('pt')
  await page.getByRole('heading', { name: 'Telefone simulado' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Telefone simulado' }).waitFor()
  expect(await page.locator('html').getAttribute('lang')).toBe('pt-BR')
  await page.fill('#text', 'preço')
  await page.press('#text', 'Enter')
  await bubbles(page, 'Nossos preços').waitFor()
  await shot(page, '390-pt')
})

test('the hub leads to the phone and answers under loopback names only', async () => {
  const home = await fetch(demo.hubUrl, { redirect: 'manual' })
  expect(home.headers.get('location')).toBe(demo.url)
  expect((await fetch(`${demo.hubUrl}/health`)).status).toBe(200)
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
