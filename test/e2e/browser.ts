import chromium from '@sparticuz/chromium'
import axe from 'axe-core'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
  chromium as playwright,
} from 'playwright-core'

/** A browser that notes everything a page should not do. */
export interface Visitor {
  /** Opens a page in a context of its own. `as` signs in first. */
  visit(url: string, options?: VisitOptions): Promise<Page>
  /** What was wrong since it was last asked: errors, refusals of the security policy, requests to other hosts. */
  complaints(): string[]
  /** Closes all pages that were opened. */
  leave(): Promise<void>
  close(): Promise<void>
}
export interface VisitOptions extends BrowserContextOptions {
  as?: { login: string; password: string }
  /** Faults that this test brings about on purpose. */
  expected?: RegExp
}

/** Starts Chromium. */
export async function openBrowser(): Promise<Visitor> {
  const browser: Browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    // In a single process, closing one page can end the browser.
    args: [...chromium.args.filter((arg) => arg !== '--single-process'), '--no-sandbox'],
    headless: true,
  })
  const open: BrowserContext[] = []
  const heard: string[] = []
  return {
    async visit(url, { as, expected, ...options } = {}) {
      const context = await browser.newContext({
        locale: 'en-US',
        timezoneId: 'UTC',
        // Nothing is looked at while it fades in.
        reducedMotion: 'reduce',
        viewport: { width: 1280, height: 800 },
        ...options,
      })
      open.push(context)
      const { origin } = new URL(url)
      if (as) await signIn(context, origin, as)
      const page = await context.newPage()
      page.setDefaultTimeout(8_000)
      const note = (text: string) => {
        if (!expected?.test(text)) heard.push(text)
      }
      page.on('console', (message) => message.type() === 'error' && note(message.text()))
      page.on('pageerror', (error) => note(String(error)))
      page.on('request', (request) => {
        if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url()))
          note(`a request to elsewhere: ${request.url()}`)
      })
      await page.goto(url)
      return page
    },
    complaints: () => heard.splice(0),
    async leave() {
      for (const context of open.splice(0)) await context.close()
    },
    close: () => browser.close(),
  }
}

async function signIn(
  context: BrowserContext,
  origin: string,
  who: { login: string; password: string },
): Promise<void> {
  const response = await context.request.post(`${origin}/api/v1/session`, {
    data: who,
    headers: { origin },
  })
  if (!response.ok()) throw new Error(`cannot sign in: ${response.status()} ${await response.text()}`)
}

/** What axe finds wrong with a page as it is now, one line per rule and place. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // Past the security policy of the page, which would refuse a script element.
  await page.evaluate(axe.source)
  // Menus and tooltips float outside of all landmarks; everything else about them counts.
  const floating = "'[data-radix-popper-content-wrapper]'"
  const { violations } = await page.evaluate<AxeResult>(`(async () => {
    const page = await axe.run({ exclude: [[${floating}]] })
    if (document.querySelector(${floating}) === null) return page
    const above = await axe.run({ include: [[${floating}]] }, { rules: { region: { enabled: false } } })
    return { violations: [...page.violations, ...above.violations] }
  })()`)
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  )
}
interface AxeResult {
  violations: { id: string; nodes: { target: unknown[]; failureSummary: string }[] }[]
}

/** Does nothing stick out of the window to the side? */
export const fitsWidth = (page: Page): Promise<boolean> =>
  page.evaluate('document.documentElement.scrollWidth <= document.documentElement.clientWidth')
