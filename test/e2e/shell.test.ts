import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { accessibilityFaults, fitsWidth, openBrowser, type VisitOptions, type Visitor } from './browser.ts'
import { type ConsoleHub, startConsoleHub } from './console.ts'

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

const open = (path = '/settings/appearance', options: VisitOptions = {}): Promise<Page> =>
  visitor.visit(hub.url + path, { as: hub.owner, ...options })
const title = (page: Page, name: string) => page.getByRole('heading', { level: 1, name })

test('the navigation leads to every page, and the address is the page’s', async () => {
  const page = await open()
  for (const [name, path] of [
    ['Overview', '/'],
    ['Instances', '/instances'],
    ['Events', '/events'],
    ['Settings', '/settings/appearance'],
  ] as const) {
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click()
    await title(page, name).waitFor()
    expect(new URL(page.url()).pathname).toBe(path)
    expect(await page.title()).toContain(name)
  }
  await page.reload()
  await title(page, 'Settings').waitFor()
})

test('says whether what one sees is the state of now', async () => {
  const page = await open()
  await page.getByRole('button', { name: 'Live', exact: true }).waitFor()
})

test('says so when the hub is gone, and is live again once it is back', async () => {
  const page = await open('/settings/appearance', { expected: /ERR_|Failed to load/ })
  await page.getByRole('button', { name: 'Live', exact: true }).waitFor()
  await hub.down()
  await page.getByRole('button', { name: 'Reconnecting' }).waitFor()
  await page.getByRole('button', { name: /Stale since \d/ }).waitFor({ timeout: 20_000 })
  await hub.up()
  await page.getByRole('button', { name: 'Live', exact: true }).waitFor({ timeout: 30_000 })
}, 120_000)

describe('by keyboard alone', () => {
  test('the first stop leads past the navigation', async () => {
    const page = await open()
    await title(page, 'Settings').waitFor()
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('To the content')
    await page.keyboard.press('Enter')
    expect(await page.locator(':focus').getAttribute('id')).toBe('content')
  })

  test('the palette goes to a page by a part of its name, and changes the language', async () => {
    const page = await open()
    await title(page, 'Settings').waitFor()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('overv')
    await page.getByRole('option', { name: 'Overview' }).waitFor()
    await page.keyboard.press('Enter')
    await title(page, 'Overview').waitFor()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('portugues')
    await page.keyboard.press('Enter')
    await title(page, 'Visão geral').waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('pt-BR')
  })

  test('the palette finds an instance by its name', async () => {
    const page = await open()
    await title(page, 'Settings').waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('option', { name: 'support' }).waitFor()
    await page.keyboard.type('sales')
    expect(await page.getByRole('option').count()).toBe(1)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/instances/sales')
  })

  test('two keys go to a page; ? lists them; Esc closes the top thing only', async () => {
    const page = await open()
    await title(page, 'Settings').waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('e')
    await title(page, 'Events').waitFor()
    await page.keyboard.press('?')
    const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    await help.getByText('To: Overview').waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('combobox').waitFor({ state: 'hidden' })
    expect(new URL(page.url()).pathname).toBe('/events')
  })

  test('what is typed into a field is text and no shortcut', async () => {
    const page = await open('/settings/account')
    const name = page.getByLabel('Your name')
    await name.fill('')
    await name.press('g')
    await name.press('e')
    await name.press('?')
    expect(await name.inputValue()).toBe('ge?')
    expect(new URL(page.url()).pathname).toBe('/settings/account')
  })
})

test('language and theme stay for the next visit, and dark does not flash', async () => {
  const page = await open()
  await page.getByLabel('Español').check()
  await page.getByLabel('Oscuro').check()
  await title(page, 'Ajustes').waitFor()
  await page.reload({ waitUntil: 'commit' })
  await title(page, 'Ajustes').waitFor()
  expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
  expect(await page.locator('html').getAttribute('lang')).toBe('es')
})

test.each([
  ['pt-BR', 'Ajustes', 'light'],
  ['es-MX', 'Ajustes', 'dark'],
  ['de-DE', 'Settings', 'light'],
] as const)('a browser that speaks %s reads %s', async (locale, heading, colorScheme) => {
  const page = await open('/settings/appearance', { locale, colorScheme })
  await title(page, heading).waitFor()
  expect(await page.locator('html').getAttribute('data-theme')).toBe(colorScheme)
})

test.each([390, 360])('at %d px nothing sticks out, and the pages are at the bottom', async (width) => {
  const page = await open('/settings/appearance', { viewport: { width, height: 740 }, locale: 'pt-BR' })
  await title(page, 'Ajustes').waitFor()
  expect(await fitsWidth(page)).toBe(true)
  const box = await page.getByRole('navigation', { name: 'Páginas' }).boundingBox()
  expect(box && Math.round(box.y + box.height)).toBe(740)
  expect(await accessibilityFaults(page)).toEqual([])
})

test.each(['light', 'dark'] as const)('palette, help and menus are accessible, %s', async (colorScheme) => {
  const page = await open('/settings/appearance', { colorScheme })
  await title(page, 'Settings').waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  for (const show of [
    () => page.keyboard.press('Control+k'),
    () => page.keyboard.press('?'),
    () => page.getByRole('button', { name: 'Account' }).click(),
    () => page.getByRole('button', { name: 'Activity' }).click(),
  ]) {
    await show()
    await page.locator('[role=dialog], [role=menu]').first().waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.locator('[role=dialog], [role=menu]').first().waitFor({ state: 'detached' })
  }
})

test('an address that leads nowhere says so, with a way out', async () => {
  const page = await open('/no/such/page')
  await title(page, 'There is no such page').waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await page.getByRole('link', { name: 'To the overview' }).click()
  await title(page, 'Overview').waitFor()
})
