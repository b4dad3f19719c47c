import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
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
const open = (part: string, options: VisitOptions = {}): Promise<Page> =>
  visitor.visit(`${hub.url}/settings/${part}`, { as: hub.owner, ...options })
/** A browser reports answers that are no success as errors of its own. */
const REFUSED = /status of 4\d\d/

/** Somebody with an account of their own. */
async function member(login: string, role = 'agent'): Promise<void> {
  const { path } = await hub.ask<{ path: string }>('POST', '/invitations', { role, login })
  const response = await fetch(`${hub.url}/api/v1/invitations/accept`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: hub.url },
    body: JSON.stringify({
      token: path.split('/').at(-1),
      name: login,
      login,
      password: 'three pigeons on a roof',
    }),
  })
  expect(response.status).toBe(200)
}

test.each(['appearance', 'account', 'people', 'keys', 'alerts', 'security', 'audit'])(
  '%s is accessible in both themes, and fits a phone',
  async (part) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await open(part, { colorScheme, viewport: { width: 390, height: 844 }, locale: 'pt-BR' })
      await page.getByRole('heading', { level: 1 }).waitFor()
      await expect.poll(() => page.locator('main [role=status]').count()).toBe(0)
      expect([await fitsWidth(page), await accessibilityFaults(page)]).toEqual([true, []])
    }
  },
)

test('an invitation: the link is shown once, stands open, and can be withdrawn', async () => {
  const page = await open('people')
  await page.getByRole('button', { name: 'Invite somebody' }).click()
  const dialog = page.getByRole('dialog', { name: 'Invite somebody' })
  expect(await accessibilityFaults(page)).toEqual([])
  await dialog.getByLabel(/Their name/).fill('Tom <b>Baker</b>')
  await dialog.getByRole('button', { name: 'Make the link' }).click()
  const shown = page.getByRole('dialog', { name: /shown only now/ })
  expect(await shown.locator('code').textContent()).toContain(`${hub.url}/`)
  await shown.getByRole('button', { name: 'Close' }).last().click()
  const row = page.getByRole('listitem').filter({ hasText: 'Tom <b>Baker</b>' })
  await row.getByRole('button', { name: 'Withdraw' }).click()
  await row.waitFor({ state: 'detached' })
})

test('an account: role, disabling with undo, a new password by link, and deletion by name', async () => {
  await member('lucia')
  const page = await open('people')
  const row = page.getByRole('row').filter({ hasText: 'lucia' })
  const edit = async () => {
    await row.click()
    return page.getByRole('dialog', { name: 'Account of lucia' })
  }
  let dialog = await edit()
  await dialog.getByLabel(/^Viewer/).check()
  await dialog.getByRole('button', { name: 'Save' }).click()
  await row.getByText('Viewer').waitFor()
  dialog = await edit()
  await dialog.getByRole('button', { name: 'Disable' }).click()
  await row.getByText('disabled').waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await row.getByText('active').waitFor()
  dialog = await edit()
  await dialog.getByRole('button', { name: /Link to set/ }).click()
  await page
    .getByRole('dialog', { name: /shown only now/ })
    .getByText('/reset/')
    .waitFor()
  await page.keyboard.press('Escape')
  dialog = await edit()
  await dialog.getByRole('button', { name: 'Delete the account' }).click()
  const sure = page.getByRole('dialog', { name: 'Delete lucia?' })
  const remove = sure.getByRole('button', { name: 'Delete the account' })
  expect(await remove.isDisabled()).toBe(true)
  await sure.getByRole('textbox').fill('lucia')
  await remove.click()
  await row.waitFor({ state: 'detached' })
})

test('who changes what somebody else has changed meanwhile sees both, and chooses', async () => {
  await member('carla')
  const page = await open('people', { expected: REFUSED })
  await page.getByRole('row').filter({ hasText: 'carla' }).click()
  const dialog = page.getByRole('dialog', { name: 'Account of carla' })
  await dialog.getByLabel('Name').fill('Carla Dias')
  const { data } = await hub.ask<{ data: { id: string; login: string; version: number }[] }>('GET', '/users')
  const carla = data.find(({ login }) => login === 'carla')
  await hub.ask('PATCH', `/users/${carla?.id}`, { version: carla?.version, role: 'admin' })
  await dialog.getByRole('button', { name: 'Save' }).click()
  const stale = page.getByRole('dialog', { name: /changed this account meanwhile/ })
  await stale.getByText('Carla Dias').waitFor()
  await stale.getByText('Admin', { exact: true }).waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await stale.getByRole('button', { name: 'Keep mine' }).click()
  await page.getByRole('row').filter({ hasText: 'Carla Dias' }).getByText('Agent').waitFor()
})

test('a key: shown once, listed with what it may, refused after it was revoked', async () => {
  const page = await open('keys')
  await page.getByRole('button', { name: 'Create a key' }).first().click()
  const form = page.getByRole('dialog', { name: 'Create a key' })
  await form.getByLabel('Name').fill('warehouse')
  await form.getByLabel('Send', { exact: true }).uncheck()
  await form.getByLabel('Ends').selectOption('In 90 days')
  expect(await accessibilityFaults(page)).toEqual([])
  await form.getByRole('button', { name: 'Create a key' }).click()
  const shown = page.getByRole('dialog', { name: /shown only now/ })
  const secret = (await shown.locator('code').first().textContent()) ?? ''
  const asks = () =>
    fetch(`${hub.url}/api/v1/events`, { headers: { authorization: `Bearer ${secret}` } }).then(
      ({ status }) => status,
    )
  expect(await asks()).toBe(200)
  await shown.getByRole('button', { name: 'Close' }).last().click()
  const row = page.getByRole('row').filter({ hasText: 'warehouse' })
  await row.getByText('Read').waitFor()
  expect(await page.content()).not.toContain(secret)
  await row.click()
  await page.getByRole('dialog', { name: 'warehouse' }).getByRole('button', { name: 'Revoke' }).click()
  const sure = page.getByRole('dialog', { name: 'Revoke “warehouse”?' })
  await sure.getByRole('textbox').fill('warehouse')
  await sure.getByRole('button', { name: 'Revoke' }).click()
  await row.getByText('revoked').waitFor()
  expect(await asks()).toBe(401)
})

test('the key of the environment says where it is changed', async () => {
  const page = await open('keys')
  await page.getByRole('row').filter({ hasText: 'from POMBO_API_KEY' }).click()
  await page.getByRole('dialog').getByText('Change or remove it there').waitFor()
})

test('the audit log has who did what, by keyboard', async () => {
  const page = await open('audit')
  await page.getByRole('row').filter({ hasText: 'session.open' }).first().waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  const entry = page.getByRole('dialog')
  await entry.getByText('127.0.0.1').waitFor()
  await page.keyboard.press('Escape')
  await entry.waitFor({ state: 'detached' })
  await page.goto(`${hub.url}/settings/audit?action=nothing.at-all`)
  await page.getByText('Nothing matches').waitFor()
})

test('new rows wait above while somebody is in the list, and the cursor stays on its row', async () => {
  const page = await open('audit')
  const rows = page.getByRole('row')
  await rows.nth(1).hover()
  await page.keyboard.press('j')
  const cursor = () => page.getByRole('grid').getAttribute('aria-activedescendant')
  await expect.poll(cursor).not.toBeNull()
  const first = await rows.nth(1).textContent()
  const { id } = await hub
    .ask<{ invitation: { id: string } }>('POST', '/invitations', { role: 'agent' })
    .then(({ invitation }) => invitation)
  await page.getByRole('button', { name: /^Show \d+ new/ }).click()
  await page.getByRole('row').filter({ hasText: id }).waitFor()
  expect(first).not.toContain(id)
  const held = await page.evaluate<string>(
    'document.getElementById(document.querySelector("[role=grid]").getAttribute("aria-activedescendant")).textContent',
  )
  expect([first, held]).toEqual([
    expect.stringContaining('session.open'),
    expect.stringContaining('session.open'),
  ])
})

test('one’s own: a wrong present password is told at its field; another session can be ended', async () => {
  const other = await open('account')
  const page = await open('account', { expected: REFUSED })
  await page.getByLabel('Present password').fill('not it at all, sorry')
  await page.getByLabel('New password').fill('three pigeons on a wire')
  await page.getByRole('button', { name: 'Change', exact: true }).click()
  await page.getByText('That is not the present password.').waitFor()
  const sessions = page.getByRole('listitem').filter({ has: page.getByRole('button', { name: 'End' }) })
  const before = await sessions.count()
  expect(before).toBeGreaterThan(0)
  await sessions.first().getByRole('button', { name: 'End' }).click()
  await expect.poll(() => sessions.count()).toBe(before - 1)
  await other.close()
})

test('the security list says what is not as it should be', async () => {
  const page = await open('security')
  await page.getByText('Every instance proves its deliveries.').waitFor()
  await page.getByText('POMBO_API_KEY may do everything').waitFor()
})

test('alerts say where they go and where that is set', async () => {
  const page = await open('alerts')
  await page.getByText('not set up').first().waitFor()
  await page.getByText('No alert yet').waitFor()
})
