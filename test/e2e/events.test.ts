import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Bot, createBot } from '../../src/index.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { accessibilityFaults, fitsWidth, openBrowser, type VisitOptions, type Visitor } from './browser.ts'
import { type ConsoleHub, startConsoleHub } from './console.ts'
import { until } from './demo.ts'

/** Of a hub whose clock runs behind its store's, a turn that failed is due again at once. */
let behindMs = 0
const clock = { ...systemClock, now: () => systemClock.now() - behindMs }

/** Does the program fail that the bot asks? */
let broken = false

function shopBot(): Bot {
  const bot = createBot()
  bot.hears(/^order/, (ctx) => {
    ctx.reply('What would you like to order?')
  })
  bot.hears(/^stock/, (ctx) => {
    if (broken) throw new Error('The stock list does not answer')
    ctx.reply('Twelve of them are left.')
  })
  return bot
}

let hub: ConsoleHub
let visitor: Visitor
beforeAll(async () => {
  ;[hub, visitor] = await Promise.all([
    startConsoleHub({ bot: shopBot().handler, overrides: { clock } }),
    openBrowser(),
  ])
  await say('hello there')
  await ask('order a case')
})
afterAll(async () => {
  await visitor?.close()
  await hub?.stop()
})
afterEach(async () => {
  await visitor.leave()
  expect(visitor.complaints()).toEqual([])
})

const open = (path = '/events', options: VisitOptions = {}): Promise<Page> =>
  visitor.visit(hub.url + path, { as: hub.owner, ...options })
const say = (text: string, person = 'Ana Souza', instance = 'sales') =>
  hub.simulator.act('say', { instance, person, text })
const row = (page: Page, text: string | RegExp) => page.getByRole('row').filter({ hasText: text })
const drawer = (page: Page) => page.getByRole('complementary', { name: 'Details' })
const dialog = (page: Page) => page.getByRole('dialog')
/** How much (px) of what is inside of an element sticks out of it to the side. */
const WIDTH_CUT_OFF =
  '((where) => { const box = document.querySelector(where); return box.scrollWidth - box.clientWidth })'
/** A browser reports answers that are no success as errors of its own. */
const REFUSED = /status of 4\d\d/

interface Event {
  id: string
  status: string
  generation: number
  fact: { kind: string; message?: { content: { text?: string } } }
}
const events = async (query: string) =>
  (await hub.ask<{ data: Event[] }>('GET', `/events?limit=200&${query}`)).data
const saying = async (text: string) =>
  (await events('kind=message&author=other')).filter(({ fact }) => fact.message?.content.text === text)

/** Says something and waits until it was handled. @returns the event */
async function ask(text: string, person?: string, status = 'done'): Promise<Event> {
  await say(text, person)
  await until(async () => (await saying(text))[0]?.status === status)
  return (await saying(text))[0]!
}

/** An event whose handling failed for the last time. */
async function deadLetter(text: string): Promise<Event> {
  broken = true
  behindMs = 300_000
  const dead = await ask(text, undefined, 'dead')
  behindMs = 0
  broken = false
  return dead
}

/** A send of which nobody knows whether it went out. @returns its id */
async function unknownSend(text: string, person: string): Promise<string> {
  hub.simulator.faults.set('sales', { answer: { fault: '500', left: 1 } })
  const { id } = await ask(text, person)
  let found: { id: string; state: string } | undefined
  await expect
    .poll(async () => {
      ;[found] = (
        await hub.ask<{ data: { id: string; state: string }[] }>('GET', `/commands?event=${id}`)
      ).data
      return found?.state
    })
    .toBe('unknown')
  return found!.id
}
const stateOf = async (id: string) => (await hub.ask<{ state: string }>('GET', `/commands/${id}`)).state
const DIGITS = { 'Ana Souza': '5511912345678', 'Tom Baker': '12025550143', 'Lucía Gómez': '34600000123' }
/** How often our number said something to somebody. */
const answers = (person: keyof typeof DIGITS, text: string) =>
  hub.simulator.world
    .chats()
    .filter(({ instance, address }) => instance === 'sales' && address === `phone:${DIGITS[person]}`)
    .flatMap(({ messages }) => messages)
    .filter(({ content }) => 'text' in content && content.text === text).length

describe('the list', () => {
  test('shows an event when it arrives, and how it ended, without being asked', async () => {
    const page = await open()
    await row(page, 'order a case').waitFor()
    await page.getByRole('button', { name: 'Live', exact: true }).waitFor()
    const begun = performance.now()
    await say('is anybody there?')
    await row(page, 'is anybody there?').getByText('Handled').waitFor()
    // The hub looks at its log every two seconds while nothing happens.
    expect(performance.now() - begun).toBeLessThan(3_500)
  })

  test('says above it that there are new ones while one points at it', async () => {
    const page = await open()
    const before = row(page, 'order a case')
    await before.hover()
    const place = await before.boundingBox()
    await say('do not push')
    const show = page.getByRole('button', { name: /^Show \d+ new/ })
    await show.waitFor()
    expect(await before.boundingBox()).toEqual(place)
    expect(await row(page, 'do not push').count()).toBe(0)
    await show.click()
    await row(page, 'do not push').waitFor()
  })

  test('its filters stand in the URL, survive a reload, and can be taken away', async () => {
    const page = await open()
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    await page.getByRole('button', { name: 'Receipt', exact: true }).click()
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    await page.getByRole('button', { name: 'sales', exact: true }).click()
    await expect.poll(() => row(page, 'order a case').count()).toBe(0)
    await row(page, 'delivered').first().waitFor()
    expect(new URL(page.url()).search).toBe('?kind=receipt&instance=sales')
    await page.reload()
    await row(page, 'delivered').first().waitFor()
    expect(await row(page, 'order a case').count()).toBe(0)
    await page.getByRole('button', { name: 'Remove the filter Kind' }).click()
    await row(page, 'order a case').waitFor()
    expect(new URL(page.url()).search).toBe('?instance=sales')
  })

  test('finds an event by the id of its delivery, and says when nothing has it', async () => {
    const { id } = (await saying('order a case'))[0]!
    const { delivery } = await hub.ask<{ delivery: { id: string } }>('GET', `/events/${id}`)
    const page = await open()
    await row(page, 'hello there').waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type(delivery.id)
    await row(page, 'order a case').waitFor()
    await expect.poll(() => row(page, 'hello there').count()).toBe(0)
    expect(new URL(page.url()).searchParams.get('id')).toBe(delivery.id)
    await page.getByRole('textbox', { name: 'Find an id' }).fill('no-such-id')
    await page.getByText('Nothing matches').waitFor()
    await page.getByRole('button', { name: 'Clear the filters' }).click()
    await row(page, 'order a case').waitFor()
  })

  test('a filter nobody knows says what is allowed', async () => {
    const page = await open('/events?kind=nonsense', { expected: REFUSED })
    await page
      .getByRole('alert')
      .getByText(/must be one of message, edit/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Remove the filter Kind' }).click()
    await row(page, 'order a case').waitFor()
  })

  test('goes by keyboard alone: j, k, Enter, Esc', async () => {
    const page = await open('/events?kind=message&author=other')
    await row(page, 'order a case').waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await drawer(page).waitFor()
    const first = new URL(page.url()).searchParams.get('open')
    expect(await accessibilityFaults(page)).toEqual([])
    await page.keyboard.press('j')
    await expect.poll(() => new URL(page.url()).searchParams.get('open')).not.toBe(first)
    await page.keyboard.press('k')
    await expect.poll(() => new URL(page.url()).searchParams.get('open')).toBe(first)
    await page.keyboard.press('Escape')
    await drawer(page).waitFor({ state: 'detached' })
    expect(new URL(page.url()).searchParams.get('open')).toBeNull()
  })

  test('what strangers write is shown as text', async () => {
    const script = '<img src=x onerror="document.title=1"><script>document.title=2</script> & {n}'
    await say(script)
    await say('abc \u202edesrever\u202c שלום')
    const text = '👩‍👩‍👧‍👦'.repeat(2_600)
    hub.simulator.world.say({ instance: 'sales', person: DIGITS['Ana Souza'] }, { type: 'text', text })
    const page = await open('/events?kind=message&author=other')
    await row(page, script).first().waitFor()
    const emoji = row(page, /👩.*…/u).first()
    await emoji.waitFor()
    expect((await emoji.textContent())?.length).toBeLessThan(6_000)
    await emoji.click()
    await drawer(page).getByText('The whole text is under').waitFor()
    expect(await fitsWidth(page)).toBe(true)
    await row(page, script).first().click()
    await drawer(page).getByText(script, { exact: true }).first().waitFor()
    await row(page, 'desrever').first().click()
    await drawer(page).getByText('\\u202edesrever\\u202c').first().waitFor()
    expect(await page.title()).toBe('Events · Pombo')
  })
})

describe('one event', () => {
  test('tells its way, who handled it and why, and what came of it', async () => {
    const { id } = await ask('order two chargers')
    const page = await open(`/events?open=${id}`)
    const shown = drawer(page)
    for (const stage of ['Received', 'Verified', 'Stored', 'Turn began', 'Handled', 'Sent'])
      await shown.getByText(stage, { exact: true }).first().waitFor()
    await shown
      .getByText(/^\+[\d.]+ (ms|sec)$/)
      .first()
      .waitFor()
    await shown.getByText('It dealt with the event; nobody after it was asked.').waitFor()
    await shown.getByText('Ran: hears /^order/').waitFor()
    await shown.getByText('What would you like to order?').first().waitFor()
    await shown.getByText('Marked: what the hub took over from it.').waitFor()
    for (const width of [1_280, 360]) {
      await page.setViewportSize({ width, height: 800 })
      expect(await page.evaluate<number>(`${WIDTH_CUT_OFF}('[aria-label=Details] > div')`)).toBe(0)
    }
    await shown.getByRole('link', { name: 'Open as a page' }).click()
    await page.getByRole('heading', { level: 1, name: `Event ${id}` }).waitFor()
    await page.getByText('What would you like to order?').first().waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
  })

  test('says why nothing ran', async () => {
    const { id } = await ask('something nobody waits for')
    const page = await open(`/events/${id}`)
    await page.getByText('It may see such events, but waits for none like this.').first().waitFor()
    await page.getByText('Why nothing else in it ran').last().click()
    await page.getByText('hears /^order/').waitFor()
    await page.getByText('Its handlers sent nothing.').waitFor()
  })

  test('one that is gone says so', async () => {
    const page = await open('/events/evt_99999999', { expected: REFUSED })
    await page.getByRole('alert').getByText('That does not exist (any more)').waitFor()
  })

  test('runs again after a look at what it would send, and does so once', async () => {
    const { id } = await ask('order once more', 'Tom Baker')
    await expect.poll(() => answers('Tom Baker', 'What would you like to order?')).toBe(1)
    const page = await open(`/events?open=${id}`)
    await drawer(page).getByRole('button', { name: 'Run again…' }).click()
    await dialog(page).getByText('1 would be sent').waitFor()
    await dialog(page).getByText('What would you like to order?').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    expect(answers('Tom Baker', 'What would you like to order?')).toBe(1)
    await dialog(page).getByRole('button', { name: 'Run again', exact: true }).click()
    await page.getByText(/It runs again as evt_\d+/).waitFor()
    await expect.poll(() => answers('Tom Baker', 'What would you like to order?')).toBe(2)
    await drawer(page).getByText('Runs of this event').waitFor()
    await drawer(page).getByText('replay 1').first().waitFor()
  })
})

describe('dead letters', () => {
  test('one is retried and leaves the list', async () => {
    await deadLetter('stock of chargers')
    const page = await open('/events?tab=dead')
    await row(page, 'stock of chargers').getByText('The stock list does not answer').waitFor()
    await row(page, 'stock of chargers').click()
    await drawer(page).getByRole('button', { name: 'Retry' }).click()
    await page.getByText('1 event runs again').waitFor()
    await row(page, 'stock of chargers').waitFor({ state: 'detached' })
    await expect
      .poll(async () => (await saying('stock of chargers')).map(({ status }) => status))
      .toContain('done')
  })

  test('several are given up after it was said what that means', async () => {
    await deadLetter('stock of cases')
    await deadLetter('stock of cables')
    const page = await open('/events?tab=dead')
    await row(page, 'stock of cases').getByRole('checkbox').check()
    await row(page, 'stock of cables').getByRole('checkbox').check()
    await page.getByRole('button', { name: 'Discard 2' }).click()
    await dialog(page).getByText('No handler will see it any more.').waitFor()
    await dialog(page).getByRole('button', { name: 'Discard 2' }).click()
    await page.getByText('2 events given up').waitFor()
    await page.getByText('No dead letters').waitFor()
    expect((await saying('stock of cases'))[0]?.status).toBe('discarded')
  })
})

describe('unknown sends', () => {
  test('a person says that one did not arrive', async () => {
    const id = await unknownSend('order unknown one', 'Lucía Gómez')
    const page = await open('/events?tab=sends')
    await row(page, 'Being looked for').click()
    await drawer(page).getByText('You have seen that it did not arrive.').waitFor()
    await drawer(page).getByRole('button', { name: 'Mark as failed' }).click()
    await dialog(page).getByText('It counts as failed, and that stays.').waitFor()
    await dialog(page).getByRole('button', { name: 'Mark 1 as failed' }).click()
    await page.getByText('1 marked as failed').waitFor()
    await expect.poll(() => stateOf(id)).toBe('rejected')
    await page.getByText('No send waits for you').waitFor()
  })

  test('one is sent again, by the bar above the list', async () => {
    const before = answers('Lucía Gómez', 'What would you like to order?')
    const id = await unknownSend('order unknown two', 'Lucía Gómez')
    const page = await open('/events?tab=sends')
    await row(page, 'Being looked for').getByRole('checkbox').check()
    await page.getByRole('button', { name: 'Resend 1' }).click()
    await dialog(page).getByText('If it did, it arrives a second time.').waitFor()
    await dialog(page).getByRole('button', { name: 'Resend 1' }).click()
    await expect.poll(() => stateOf(id)).toBe('sent')
    expect(answers('Lucía Gómez', 'What would you like to order?')).toBe(before + 1)
  })
})

test('a range runs again after a dry run, and its progress outlives the page', async () => {
  const page = await open('/events?kind=message&author=other&instance=sales')
  await page.getByRole('button', { name: 'Run again…' }).click()
  await dialog(page).getByText('The filters by author and by id do not narrow this down.').waitFor()
  const sent = answers('Ana Souza', 'What would you like to order?')
  await dialog(page).getByLabel('At most').fill('none')
  await dialog(page).getByRole('alert').waitFor()
  expect(await dialog(page).getByRole('button', { name: 'See what would be sent' }).isDisabled()).toBe(true)
  await dialog(page).getByLabel('At most').fill('3')
  await dialog(page).getByRole('button', { name: 'See what would be sent' }).click()
  await dialog(page).getByText('3 events would run').waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  expect(answers('Ana Souza', 'What would you like to order?')).toBe(sent)
  await dialog(page).getByRole('button', { name: 'Run 3 events again' }).click()
  await page.getByText('3 events are being run again').waitFor()
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Instances' }).click()
  await page.getByRole('button', { name: /^Activity|running$/ }).click()
  await page.getByText('3 put into their queues').waitFor()
  await expect.poll(() => answers('Ana Souza', 'What would you like to order?')).toBe(sent + 1)
  await page.goto(`${hub.url}/events?tab=replays`)
  await row(page, '3 / 3').getByText('Done').waitFor()
})

test('a delivery leads to its events', async () => {
  const page = await open('/events?tab=deliveries')
  await row(page, 'dlv_').first().click()
  await expect.poll(() => new URL(page.url()).searchParams.get('id')).toMatch(/^dlv_\d+$/)
  await expect.poll(() => row(page, 'sales').count()).toBe(1)
})

test('thousands of rows are scrolled with few of them in the page', async () => {
  for (let at = 0; at < 2_000; at++) await say(`number ${at}`, 'Tom Baker')
  await expect.poll(async () => (await saying('number 1999')).length, { timeout: 20_000 }).toBe(1)
  const page = await open('/events?kind=message&author=other')
  const grid = page.getByRole('grid', { name: 'Events' })
  await row(page, 'number 1999').waitFor()
  await grid.focus()
  await until(async () => {
    await page.keyboard.press('End')
    return (await page.getByText('number 0', { exact: true }).count()) > 0
  }, 60_000)
  expect(Number(await grid.getAttribute('aria-rowcount'))).toBeGreaterThan(2_000)
  expect(await page.getByRole('row').count()).toBeLessThan(80)
  await page.keyboard.press('Home')
  await row(page, 'number 1999').waitFor()
}, 90_000)

test('who may only look sees everything and is offered nothing', async () => {
  const { path } = await hub.ask<{ path: string }>('POST', '/invitations', { role: 'viewer', login: 'eva' })
  const password = 'three pigeons on a roof'
  const accepted = await fetch(`${hub.url}/api/v1/invitations/accept`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: hub.url },
    body: JSON.stringify({ token: path.split('/').at(-1), name: 'Eva', login: 'eva', password }),
  })
  expect(accepted.status).toBe(200)
  const page = await open('/events', { as: { login: 'eva', password } })
  await row(page, 'number 1999').click()
  await drawer(page).getByText('Its way').waitFor()
  expect(await page.getByRole('button', { name: /Run again/ }).count()).toBe(0)
  expect(await page.getByRole('grid').getByRole('checkbox').count()).toBe(0)
  await page.goto(`${hub.url}/events?tab=dead`)
  await page.getByText('needs the right “operate”').waitFor()
})

test('a session that has ended leads to the login, and from there back', async () => {
  const page = await open('/events?kind=message', { expected: REFUSED })
  await row(page, 'number 1999').waitFor()
  await page.context().clearCookies()
  await row(page, 'number 1999').click()
  await page.getByLabel('Password').waitFor()
  expect(new URL(page.url()).pathname).toBe('/login')
})

test.each(['all', 'dead', 'sends', 'deliveries', 'replays'])(
  '%s is accessible in both themes, and fits a phone',
  async (tab) => {
    for (const [colorScheme, width, locale] of [
      ['light', 1280, 'es'],
      ['dark', 390, 'pt-BR'],
      ['light', 360, 'en-US'],
    ] as const) {
      const page = await open(`/events?tab=${tab}`, { colorScheme, viewport: { width, height: 844 }, locale })
      await page.getByRole('tab', { selected: true }).waitFor()
      await expect.poll(() => page.locator('main [role=status]').count()).toBe(0)
      expect([await fitsWidth(page), await accessibilityFaults(page)]).toEqual([true, []])
    }
  },
)
