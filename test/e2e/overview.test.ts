import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { accessibilityFaults, fitsWidth, openBrowser, type VisitOptions, type Visitor } from './browser.ts'
import { type ConsoleHub, startConsoleHub } from './console.ts'

/** Does everything run, and what needs me? */

const ANA = '5511912345678'
const TOM = '12025550143'
const LUCIA = '34600000123'

let hub: ConsoleHub
let visitor: Visitor
beforeAll(async () => {
  ;[hub, visitor] = await Promise.all([startConsoleHub(), openBrowser()])
})
afterAll(async () => {
  await visitor?.close()
  await hub?.stop()
})
afterEach(async () => {
  await visitor.leave()
  expect(visitor.complaints()).toEqual([])
})

const open = (path = '/', options: VisitOptions = {}): Promise<Page> =>
  visitor.visit(hub.url + path, { as: hub.owner, ...options })
const says = (instance: string, person: string, text: string) =>
  hub.simulator.act('say', { instance, person, text })
const line = (page: Page, text: string | RegExp) => page.getByRole('listitem').filter({ hasText: text })
/** A browser and a hub on a busy machine. */
const SOON = { timeout: 10_000 }

test('a hub that is well says so first, and has its figures below', async () => {
  for (const person of [ANA, TOM, LUCIA]) await says('support', person, '/help')
  await expect
    .poll(
      () => hub.ask<{ lastHour: { sent: number } }>('GET', '/overview').then((one) => one.lastHour.sent),
      SOON,
    )
    .toBeGreaterThanOrEqual(3)
  const page = await open()
  await page.getByText('Everything runs. Nothing needs you.').waitFor()
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'support' }) })
  await row.getByText('connected', { exact: true }).waitFor()
  await row.getByText('100%').waitFor()
  await expect.poll(() => page.locator('.uplot canvas').count(), SOON).toBe(3)
  await page.getByText('Nothing in this time').waitFor()
  await page.getByRole('img', { name: /^Sent: [1-9]/ }).waitFor()
})

test('what charts look back at, and of which number, stands in the address', async () => {
  const page = await open()
  await page.getByText('7 days').click()
  await page.waitForURL('**/?range=7d')
  await page.getByLabel('Number', { exact: true }).selectOption('sales')
  await page.waitForURL('**/?range=7d&number=sales')
  await page.reload()
  await expect.poll(() => page.getByLabel('7 days').isChecked(), SOON).toBe(true)
  expect(await page.getByLabel('Number', { exact: true }).inputValue()).toBe('sales')
})

test('a number that drops stands first, with its cause and the way to link it again, and leaves when it is back', async () => {
  const page = await open()
  await page.getByText('Everything runs').waitFor()
  hub.simulator.world.setConnected('sales', false)
  const down = line(page, 'sales is disconnected')
  await down.waitFor()
  await down.getByRole('link', { name: 'Connect' }).waitFor()
  expect(await down.getByRole('link', { name: 'Connect' }).getAttribute('href')).toBe(
    '/instances/sales?connect=true',
  )
  hub.simulator.world.setConnected('sales', true)
  await down.waitFor({ state: 'detached' })
})

test('a chat that waits for a person is given back to the bot from here', async () => {
  await says('support', TOM, 'price')
  const find = () =>
    hub
      .ask<{ data: { id: string; address: string }[] }>('GET', '/chats?instance=support')
      .then(({ data }) => data.find(({ address }) => address.endsWith(TOM))?.id)
  await expect.poll(find, SOON).toBeDefined()
  const chat = await find()
  await hub.ask('POST', `/chats/${chat}/owner`, { owner: 'person' })
  const page = await open()
  await says('support', TOM, 'is anybody there?')
  const waiting = line(page, /Tom Baker.? waits for an answer/)
  await waiting.waitFor()
  await waiting.getByRole('button', { name: 'Give back to the bot' }).click()
  await waiting.waitFor({ state: 'detached' })
  expect((await hub.ask<{ owner: string }>('GET', `/chats/${chat}`)).owner).toBe('bot')
})

describe('a send whose end nobody knows', () => {
  const lose = async (text: string): Promise<void> => {
    // The connection breaks after it was written, and the gateway does not have it: the hub cannot find out.
    hub.simulator.faults.set('support', { answer: { fault: 'late', left: 1, lateMs: 600_000 } })
    await hub.ask('POST', '/instances/support/messages', { to: LUCIA, text })
  }
  const state = () =>
    hub
      .ask<{ data: { state: string }[] }>('GET', '/commands?instance=support&limit=1')
      .then(({ data }) => data[0]?.state)

  test('is told with its text as text, whatever is in it, and marked as arrived', async () => {
    const page = await open()
    await lose(`<img src=x onerror=alert(1)> \u202Egnp.txt ${'👩🏽‍🚀'.repeat(500)}`)
    const unknown = line(page, `Nobody knows whether this reached +${LUCIA}`)
    await unknown.waitFor()
    await unknown.getByText('<img src=x onerror=alert(1)>').waitFor()
    expect(await fitsWidth(page)).toBe(true)
    await unknown.getByRole('button', { name: 'It arrived' }).click()
    await page.getByText('Marked as arrived').waitFor()
    await unknown.waitFor({ state: 'detached' })
    expect(await state()).toBe('sent')
  })

  test('is sent again only after one was told what that may do', async () => {
    const page = await open()
    await lose('is it you?')
    const unknown = line(page, 'is it you?')
    await unknown.getByRole('button', { name: 'Send again' }).click()
    const question = page.getByRole('dialog', { name: 'Send it again?' })
    await question.getByText(/gets it twice/).waitFor()
    await page.keyboard.press('Escape')
    await question.waitFor({ state: 'detached' })
    await unknown.getByRole('button', { name: 'Send again' }).click()
    await question.getByRole('button', { name: 'Send again' }).click()
    await unknown.waitFor({ state: 'detached' })
    await expect.poll(state, SOON).toBe('sent')
  })

  test('whoever may only look is offered no decision', async () => {
    await lose('nobody decides')
    const { path } = await hub.ask<{ path: string }>('POST', '/invitations', {
      role: 'viewer',
      login: 'vera',
    })
    await fetch(`${hub.url}/api/v1/invitations/accept`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: hub.url },
      body: JSON.stringify({
        token: path.split('/').at(-1),
        name: 'Vera',
        login: 'vera',
        password: 'three pigeons on a roof',
      }),
    })
    const page = await open('/', { as: { login: 'vera', password: 'three pigeons on a roof' } })
    const unknown = line(page, 'nobody decides')
    await unknown.waitFor()
    expect(await unknown.getByRole('button').count()).toBe(0)
  })
})

test.each([
  ['en-US', 1280],
  ['pt-BR', 390],
  ['es-MX', 360],
] as const)('%s at %i px: accessible in both themes, nothing sticks out', async (locale, width) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await open('/', { locale, colorScheme, viewport: { width, height: 844 } })
    await page.getByRole('heading', { level: 2 }).first().waitFor()
    await page.locator('.uplot canvas').first().waitFor()
    expect([await fitsWidth(page), await accessibilityFaults(page)]).toEqual([true, []])
  }
})

test('a hub that cannot answer says why and tries again when asked to', async () => {
  const page = await open('/', { expected: /status of 503/ })
  await page.getByRole('heading', { name: 'Needs a person' }).waitFor()
  const problem = {
    type: 'urn:pombo:error:E_STORE_UNAVAILABLE',
    title: 'The store is away',
    status: 503,
    detail: 'The store does not answer.',
    code: 'E_STORE_UNAVAILABLE',
  }
  await page.route('**/api/v1/overview', (route) =>
    route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
  )
  await page.reload()
  await page.getByText('The hub cannot reach its database right now').waitFor({ timeout: 20_000 })
  await page.getByText('E_STORE_UNAVAILABLE').first().waitFor()
  await page.unroute('**/api/v1/overview')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('heading', { name: 'Needs a person' }).waitFor()
})

describe('without any number', () => {
  let empty: ConsoleHub
  beforeAll(async () => {
    empty = await startConsoleHub({ numbers: false })
  })
  afterAll(() => empty?.stop())

  test('says the next step, and leads there', async () => {
    const page = await visitor.visit(empty.url, { as: empty.owner })
    await page.getByText('This hub has no number yet').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page.getByRole('link', { name: 'Connect a number' }).click()
    await page.waitForURL('**/instances/new')
  })
})
