import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { accessibilityFaults, fitsWidth, openBrowser, type Visitor } from './browser.ts'
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
const title = (page: Page, name: string) => page.getByRole('heading', { level: 1, name })

/** A browser reports answers that are no success as errors of its own. */
const REFUSED = /status of 4\d\d/

test('without a session every page leads to the login, and from there on to where one was going', async () => {
  const page = await visitor.visit(`${hub.url}/settings/people`)
  await title(page, 'Sign in').waitFor()
  await page.keyboard.type(hub.owner.login)
  await page.keyboard.press('Tab')
  await page.keyboard.type(hub.owner.password)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Accounts' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/settings/people')
})

test('a wrong password is told without saying which half was wrong', async () => {
  const page = await visitor.visit(`${hub.url}/login`, { expected: REFUSED })
  await page.getByLabel('E-mail or user name').fill('nobody')
  await page.getByLabel('Password').fill('not the password of anybody')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').getByText('do not go together').waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
})

test.each(['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)'])(
  'goes on to an address of this console only, not to %s',
  async (next) => {
    const page = await visitor.visit(`${hub.url}/login?next=${encodeURIComponent(next)}`)
    await page.getByLabel('E-mail or user name').fill(hub.owner.login)
    await page.getByLabel('Password').fill(hub.owner.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await title(page, 'Overview').waitFor()
    expect(page.url()).toBe(`${hub.url}/`)
  },
)

test('signing out ends the session at the hub, and shows nothing of it any more', async () => {
  const page = await visitor.visit(`${hub.url}/settings/people`, { as: hub.owner, expected: REFUSED })
  await page.getByRole('button', { name: 'Account', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await title(page, 'Sign in').waitFor()
  const status = await page.evaluate<number>('fetch("/api/v1/users").then((answer) => answer.status)')
  expect(status).toBe(401)
  await page.goBack()
  await title(page, 'Sign in').waitFor()
})

test('a session that ended elsewhere leads to the login, which says why, and back', async () => {
  const page = await visitor.visit(`${hub.url}/settings/appearance`, { as: hub.owner, expected: REFUSED })
  await title(page, 'Settings').waitFor()
  await page.context().clearCookies()
  await page.getByRole('link', { name: 'Audit log' }).click()
  await title(page, 'Sign in').waitFor()
  await page.getByLabel('E-mail or user name').fill(hub.owner.login)
  await page.getByLabel('Password').fill(hub.owner.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('Who changed what').waitFor()
})

test('an invitation makes an account with the role it names; its link works once', async () => {
  const { path } = await hub.ask<{ path: string }>('POST', '/invitations', { role: 'viewer', name: 'Ana' })
  const page = await visitor.visit(hub.url + path, { expected: REFUSED })
  await title(page, 'You are invited').waitFor()
  await page.getByText('You will be a viewer here').waitFor()
  expect(await page.getByLabel('Your name').inputValue()).toBe('Ana')
  expect(await accessibilityFaults(page)).toEqual([])
  await page.getByLabel('E-mail or user name').fill('ana@example.com')
  await page.getByLabel('New password').fill('password1234')
  await page.getByRole('button', { name: 'Make the account' }).click()
  await page.getByText('nothing to do with each other').waitFor()
  await page.getByLabel('New password').fill('three pigeons on a roof')
  await page.getByRole('button', { name: 'Make the account' }).click()
  await title(page, 'Overview').waitFor()
  const again = await visitor.visit(hub.url + path, { expected: REFUSED })
  await title(again, 'This link does not work any more').waitFor()
  expect(await accessibilityFaults(again)).toEqual([])

  // What a viewer may not do is not offered, and said in words where the address is known.
  await page.getByRole('link', { name: 'Settings' }).click()
  await title(page, 'Settings').waitFor()
  expect(await page.getByRole('link', { name: 'API keys' }).count()).toBe(0)
  await page.goto(`${hub.url}/settings/keys`)
  await page.getByText('has not the right “People”').waitFor()
})

test('without an owner, the login says how to become one', async () => {
  const fresh = await startConsoleHub({ owner: false })
  try {
    const page = await visitor.visit(`${fresh.url}/`, { viewport: { width: 390, height: 844 } })
    await page.getByText('This hub has no owner yet').waitFor()
    expect([await fitsWidth(page), await accessibilityFaults(page)]).toEqual([true, []])
    const gone = await visitor.visit(`${fresh.url}/welcome/not-a-token`, { expected: REFUSED })
    await gone.getByText('prints a new one in its terminal').waitFor()
  } finally {
    await fresh.stop()
  }
})
