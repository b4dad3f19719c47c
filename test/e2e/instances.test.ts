import { createHmac } from 'node:crypto'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { SIMULATED_ADMIN_TOKEN } from '../../src/gateways/uazapi/simulator/serve-server.ts'
import { uazapiMessage } from '../registry.fixture.ts'
import { accessibilityFaults, fitsWidth, openBrowser, type VisitOptions, type Visitor } from './browser.ts'
import { type ConsoleHub, startConsoleHub } from './console.ts'

/** Which number is unwell, since when, why? And making, changing and removing one, over simulated gateways. */

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

/** A browser and a hub on a busy machine. */
const SOON = { timeout: 10_000 }
const open = (path = '', options: VisitOptions = {}): Promise<Page> =>
  visitor.visit(`${hub.url}/instances${path}`, { as: hub.owner, ...options })
const gatewayOf = (number: 'support' | 'sales') => `${hub.simulator.url}/gateways/${number}`
const rows = (page: Page) => page.getByRole('grid', { name: 'Instances' }).getByRole('row')
const row = (page: Page, id: string) => rows(page).filter({ hasText: id })
interface Shown {
  id: string
  name?: string
  revision: number
  tags: string[]
  pacing: { minDelayMs: number; maxDelayMs: number }
  connection?: string
}
const number = (id: string) =>
  hub.ask<{ data: Shown[] }>('GET', '/instances').then(({ data }) => data.find((one) => one.id === id))

let made = 0
/** One that nobody pays heed to, kept in the store. */
async function makeNumber(more: object = {}): Promise<{ id: string; secret: string }> {
  const id = `made-${++made}`
  const { secrets } = await hub.ask<{ secrets: { signingSecret: string } }>('POST', '/instances', {
    id,
    gateway: 'gowa',
    baseUrl: `http://127.0.0.1:9/${id}`,
    ...more,
  })
  return { id, secret: secrets.signingSecret }
}

describe('the list', () => {
  test('says of each number how it stands; those of the file are marked', async () => {
    const page = await open()
    await row(page, 'support').getByText('connected', { exact: true }).waitFor()
    await row(page, 'support')
      .getByRole('img', { name: /read-only/ })
      .waitFor()
    await page.getByText('2 rows').waitFor()
  })

  test('search, filter and order stand in the address', async () => {
    const page = await open()
    await row(page, 'support').waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('sal')
    await expect.poll(() => rows(page).count(), SOON).toBe(2)
    await page.waitForURL('**/instances?q=sal')
    await page.reload()
    await row(page, 'sales').waitFor()
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByRole('button', { name: 'Filter' }).click()
    await page.getByRole('button', { name: 'gowa' }).click()
    await page.waitForURL('**/instances?gateway=gowa')
    await expect.poll(() => rows(page).count(), SOON).toBe(2)
    await page.getByRole('button', { name: /Remove the filter/ }).click()
    await page.getByRole('button', { name: 'Number', exact: true }).click()
    await page.waitForURL(/sort=-number/)
    await expect.poll(() => rows(page).nth(1).textContent(), SOON).toContain('support')
  })

  test('by keyboard alone: down, open, and the page of the number is there', async () => {
    const page = await open()
    await row(page, 'support').waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.waitForURL(/instances\/s(ales|upport)$/)
    await page.getByRole('tab', { name: 'Health' }).waitFor()
    await page.getByRole('tab', { name: 'Health' }).focus()
    await page.keyboard.press('ArrowRight')
    await page.waitForURL(/tab=webhook/)
  })
})

describe('one of the configuration file', () => {
  test('says how it stands, by its gateway too, and since when', async () => {
    const page = await open('/support')
    const fact = (name: string) =>
      page.locator('dt', { hasText: name }).locator('xpath=following-sibling::dd[1]')
    await fact('The gateway says').getByText('connected', { exact: true }).waitFor()
    await page.getByRole('heading', { name: 'Connection history' }).waitFor()
    await page.getByRole('listitem').filter({ hasText: 'connected' }).first().waitFor()
  })

  test('is read-only, with the reason and the line to edit', async () => {
    const page = await open('/support?tab=settings')
    await page.getByText(/"id": "support" under "instances"/).waitFor()
    expect(await page.getByLabel('Tags').isDisabled()).toBe(true)
    expect(await page.getByRole('button', { name: 'Save' }).count()).toBe(0)
    expect(await page.getByRole('button', { name: 'More about this number' }).count()).toBe(0)
  })

  test('a number that dropped is linked again by a QR code, and the page says so by itself', async () => {
    hub.simulator.world.setConnected('sales', false)
    await expect.poll(() => number('sales').then((one) => one?.connection), SOON).toBe('disconnected')
    const page = await open('/sales')
    await page.getByRole('button', { name: 'Connect', exact: true }).click()
    await page.waitForURL(/connect=true/)
    const dialog = page.getByRole('dialog', { name: /Connect/ })
    const picture = dialog.getByRole('img', { name: /QR code/ })
    await picture.waitFor()
    expect(await picture.getAttribute('src')).toMatch(/^data:image\//)
    await dialog.getByText(/valid for/).waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    hub.simulator.world.setConnected('sales', true)
    await dialog.getByText('The phone is linked').waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Disconnect' }).waitFor()
  })
})

describe('a number that nobody knows', () => {
  test('says so and leads back', async () => {
    const page = await open('/nobody')
    await page.getByText('There is no such number').waitFor()
    await page.getByRole('link', { name: 'All instances' }).click()
    await row(page, 'support').waitFor()
  })
})

describe('settings of one in the store', () => {
  test('are checked, saved, and shown', async () => {
    const { id } = await makeNumber()
    const page = await open(`/${id}?tab=settings`, { expected: /status of 400/ })
    await page.getByLabel('At least (ms)').fill('900')
    await page.getByLabel('At most (ms)').fill('100')
    await page.getByText('Not more than the other one.').waitFor()
    await page.getByRole('button', { name: 'Save' }).click()
    expect((await number(id))?.revision).toBe(1)
    await page.getByLabel('At most (ms)').fill('1500')
    await page.getByLabel('Tags').fill('eu, vip ,eu')
    await page.getByLabel('Networks deliveries may come from').fill('not a network')
    await page.getByRole('button', { name: 'Save' }).click()
    await page
      .getByRole('alert')
      .filter({ hasText: /network/ })
      .first()
      .waitFor()
    await page.getByLabel('Networks deliveries may come from').fill('203.0.113.0/24')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved').waitFor()
    expect(await number(id)).toMatchObject({
      revision: 2,
      tags: ['eu', 'vip'],
      pacing: { minDelayMs: 900, maxDelayMs: 1500 },
    })
  }, 60_000)

  test('that somebody else changed meanwhile show both versions, to choose from', async () => {
    const { id } = await makeNumber({ tags: ['old'] })
    const page = await open(`/${id}?tab=settings`, { expected: /status of 409/ })
    await page.getByLabel('Tags').fill('mine')
    await hub.ask('PATCH', `/instances/${id}`, { revision: 1, tags: ['theirs'] })
    await page.getByRole('button', { name: 'Save' }).click()
    const dialog = page.getByRole('dialog', { name: 'Somebody changed this number meanwhile' })
    const line = dialog.getByRole('row').filter({ hasText: 'Tags' })
    await line.getByText('mine', { exact: true }).waitFor()
    await line.getByText('theirs', { exact: true }).waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Save mine over it' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(await number(id)).toMatchObject({ revision: 3, tags: ['mine'] })
  })

  test('a new name, as long and odd as names are, is shown as text and breaks nothing', async () => {
    const { id } = await makeNumber()
    const page = await open(`/${id}`, { viewport: { width: 360, height: 740 } })
    await page.getByRole('button', { name: 'More about this number' }).click()
    await page.getByRole('menuitem', { name: 'Rename' }).click()
    const name = `<b>Loja</b> \u202Emoc.live ${'🎉'.repeat(30)}`
    await page.getByRole('dialog').getByLabel('Name').fill(name)
    await page.keyboard.press('Enter')
    await page.getByText('Renamed').waitFor()
    await page.getByRole('heading', { level: 1, name: /<b>Loja<\/b>/ }).waitFor()
    expect(await fitsWidth(page)).toBe(true)
    await page.goto(`${hub.url}/instances`)
    await rows(page).filter({ hasText: '<b>Loja</b>' }).waitFor()
    expect(await fitsWidth(page)).toBe(true)
  })

  test('it is deleted only once its id was typed', async () => {
    const { id } = await makeNumber()
    // What the page shows of it is asked for once more while it goes.
    const page = await open(`/${id}`, { expected: /status of 404/ })
    await page.getByRole('button', { name: 'More about this number' }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    const dialog = page.getByRole('dialog', { name: /^Delete/ })
    const go = dialog.getByRole('button', { name: 'Delete', exact: true })
    expect(await go.isDisabled()).toBe(true)
    await dialog.getByLabel(`Type ${id} to confirm`).fill(id)
    await go.click()
    await page.waitForURL(/\/instances$/)
    await row(page, 'support').waitFor()
    expect(await number(id)).toBeUndefined()
  })
})

describe('the webhook', () => {
  const deliver = (id: string, secret: string) => {
    const body = JSON.stringify({
      event: 'message',
      device_id: id,
      payload: {
        id: `M${Math.random()}`,
        chat_id: '5511912345678@s.whatsapp.net',
        from: '5511912345678@s.whatsapp.net',
        from_name: 'Ana',
        timestamp: new Date().toISOString(),
        is_from_me: false,
        body: 'hello',
      },
    })
    return fetch(`${hub.url}/webhooks/${id}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
      },
      body,
    })
  }

  test('a live check names the cause, and turns green with the first authentic event', async () => {
    const { id, secret } = await makeNumber()
    const page = await open(`/${id}?tab=webhook`, { expected: /status of 50\d/ })
    await page.getByText('No event has arrived yet').waitFor(SOON)
    expect((await deliver(id, 'not the secret of it')).status).toBe(401)
    await page.getByText('Events do not get through').waitFor({ timeout: 20_000 })
    await page.getByText('Wrong signing secret').first().waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    expect((await deliver(id, secret)).status).toBe(200)
    await page.getByText('Events arrive and are authentic').waitFor({ timeout: 20_000 })
  }, 60_000)

  test('values to paste can be copied; what is masked cannot', async () => {
    const { id } = await makeNumber()
    const page = await open(`/${id}?tab=webhook`, { expected: /status of 50\d/ })
    const values = page.getByRole('listitem').filter({ has: page.locator('code') })
    const url = values.filter({ hasText: `/webhooks/${id}` }).first()
    await url.getByRole('button', { name: 'Copy' }).click()
    await url.getByText('Copied').waitFor()
    const masked = values.filter({ hasText: '***' }).first()
    expect(await masked.getByRole('button').count()).toBe(0)
  })

  test('a renewed secret is shown once, and the old one goes on being taken', async () => {
    const { id, secret } = await makeNumber()
    const page = await open(`/${id}?tab=webhook`, { expected: /status of 50\d/ })
    await page.getByRole('button', { name: 'Renew: Signing secret' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Renew' }).click()
    const shown = page.getByRole('dialog', { name: 'Copy these now' })
    await shown.waitFor()
    const fresh = await shown.locator('code').allTextContents()
    await shown.getByRole('button', { name: 'I have copied them' }).click()
    await shown.waitFor({ state: 'detached' })
    expect(fresh.some((value) => value !== secret && value.length >= 12)).toBe(true)
    const page2 = await page.content()
    for (const value of fresh.filter((one) => !one.includes('/'))) expect(page2).not.toContain(value)
    expect((await deliver(id, secret)).status).toBe(200)
  })
})

describe('a gateway that is down', () => {
  test('keeps nothing but its own lines waiting, and shows as such there', async () => {
    const { id } = await makeNumber({ baseUrl: 'http://127.0.0.1:9' })
    const page = await open(`/${id}`)
    await page.getByRole('tab', { name: 'Settings' }).waitFor()
    await page.getByText('no answer').first().waitFor({ timeout: 20_000 })
    await page
      .getByText('Nothing is known of its connection')
      .or(page.getByText('gateway unreachable'))
      .first()
      .waitFor()
  })
})

describe('a new one', () => {
  beforeEach(async () => {
    const { data } = await hub.ask<{ data: { id: string }[] }>('GET', '/servers')
    if (!data.some(({ id }) => id === 'uaz'))
      await hub.ask('POST', '/servers', {
        id: 'uaz',
        gateway: 'uazapi',
        baseUrl: gatewayOf('sales'),
        adminToken: SIMULATED_ADMIN_TOKEN,
      })
  })

  test('made at its gateway: a server, a name, its secrets once, and on to the phone', async () => {
    const page = await open('/new', { expected: /status of 502/ })
    await page.getByRole('button', { name: /Make a new one/ }).click()
    await page.waitForURL(/way=create/)
    await page.getByRole('button', { name: 'Next' }).click()
    const id = page.getByLabel('Id')
    await id.fill('not an id')
    await page.getByRole('button', { name: 'Make it' }).click()
    await page
      .getByRole('alert')
      .filter({ hasText: /Letters, digits/ })
      .waitFor()
    await id.fill('shop')
    await page.getByLabel(/^Name \(/).fill('The shop')
    await page.getByRole('button', { name: 'Make it' }).click()
    await page.getByText(/The shop.? is in the hub/).waitFor()
    await page.locator('code', { hasText: '/webhooks/shop/' }).first().waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page.getByRole('link', { name: 'Link a phone' }).click()
    await page.waitForURL(/shop\?connect=true/)
    // The simulated server never has a code for a number made there: that is told, and asked for again.
    await page
      .getByRole('dialog', { name: /Connect/ })
      .getByText(/Asking again may help/)
      .waitFor()
  }, 60_000)

  test('by hand, and the way back loses nothing that was chosen', async () => {
    const page = await open('/new?way=hand', { expected: /status of 502/ })
    await page.getByLabel('Gateway', { exact: true }).selectOption('gowa')
    await page.getByLabel('Address of the gateway').fill('http://127.0.0.1:9/by-hand')
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByLabel('Id').fill('by-hand')
    await page.getByRole('button', { name: 'Add it' }).click()
    await page.getByText(/by-hand.? is in the hub/).waitFor()
    await page.getByRole('link', { name: 'Webhook and live check' }).click()
    await page.waitForURL(/by-hand\?tab=webhook/)
  })

  test('servers say what they have; one is added with its secrets and removed by its id', async () => {
    const page = await open('?view=servers')
    await page.getByText('Numbers at this server').first().waitFor()
    await page.getByText('in this hub as sales').waitFor()
    await page.getByRole('button', { name: 'Add a server' }).click()
    const dialog = page.getByRole('dialog', { name: 'Add a server' })
    await dialog.getByLabel('Gateway').selectOption('gowa')
    await dialog.getByLabel('Id of the server').fill('spare')
    await dialog.getByLabel('Address of the server').fill(gatewayOf('support'))
    await dialog.getByRole('button', { name: 'Add' }).click()
    const secrets = page.getByRole('dialog', { name: 'Copy these now' })
    await secrets.getByRole('button', { name: 'I have copied them' }).click()
    await page.getByRole('heading', { name: 'spare' }).waitFor()
    await page
      .locator('section', { has: page.getByRole('heading', { name: 'spare' }) })
      .getByRole('button', { name: 'Remove the server' })
      .click()
    await page.getByLabel('Type spare to confirm').fill('spare')
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the server' }).click()
    await page.getByRole('heading', { name: 'spare' }).waitFor({ state: 'detached' })
  }, 60_000)
})

test('a number that nobody knows is adopted with what it has sent meanwhile', async () => {
  const { secrets } = await hub.ask<{ secrets: { urlKey: string } }>('POST', '/servers', {
    id: 'house',
    gateway: 'uazapi',
    baseUrl: gatewayOf('sales'),
    adminToken: SIMULATED_ADMIN_TOKEN,
  })
  const stranger = uazapiMessage('is this the shop?', 'token-of-nobody-here', '5511955559999', 'loja-nova')
  const delivered = await fetch(`${hub.url}/webhooks/global/${secrets.urlKey}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(stranger),
  })
  expect(delivered.status).toBe(200)
  const page = await open('', { expected: /status of 400/ })
  await page.getByText('Unknown (1)').click()
  await page
    .getByRole('listitem')
    .filter({ hasText: 'loja-nova' })
    .getByRole('link', { name: 'Adopt this instance' })
    .click()
  await page.getByLabel('Id').fill('loja-nova')
  // The server does not have it: its token has to be given.
  await page.getByRole('button', { name: 'Adopt it' }).click()
  await page.getByRole('alert').waitFor()
  await page.getByLabel('token').fill('token-of-nobody-here')
  await page.getByRole('button', { name: 'Adopt it' }).click()
  await page.getByText(/loja-nova.? is in the hub/).waitFor()
  await page.getByText('1 event was handed over.').waitFor()
  await expect
    .poll(
      () => hub.ask<{ data: unknown[] }>('GET', '/events?instance=loja-nova').then(({ data }) => data.length),
      SOON,
    )
    .toBeGreaterThan(0)
})

test.each([
  '',
  '?view=servers',
  '?view=unrouted',
  '/support',
  '/support?tab=webhook',
  '/support?tab=settings',
  '/new',
  '/new?way=hand',
])(
  '%s is accessible in both themes and fits a phone',
  async (path) => {
    for (const [colorScheme, width, locale] of [
      ['light', 1280, 'en-US'],
      ['dark', 390, 'pt-BR'],
      ['light', 360, 'es-MX'],
    ] as const) {
      const page = await open(path, {
        colorScheme,
        locale,
        viewport: { width, height: 844 },
      })
      await page.getByRole('heading', { level: 1 }).waitFor()
      await expect.poll(() => page.getByRole('status', { name: /…/ }).count(), SOON).toBe(0)
      expect([await fitsWidth(page), await accessibilityFaults(page)]).toEqual([true, []])
    }
  },
  60_000,
)
