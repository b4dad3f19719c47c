/**
 * `npm run screenshots -- [--pages a,b] [--states empty,typical,huge] [--languages en,pt-BR,es] [--widths 1280,390]`:
 * every page of the console as a picture, in light and dark, into `.tmp/screenshots/console`, to be looked at by
 * people. What sticks out to the side, and what the browser complained of, is printed.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fitsWidth, openBrowser } from '../test/e2e/browser.ts'
import { pagesOf, STATES, type Stage, type State } from './screenshots/stages.ts'

const { values } = parseArgs({
  options: {
    pages: { type: 'string' },
    states: { type: 'string', default: Object.keys(STATES).join(',') },
    languages: { type: 'string', default: 'en' },
    widths: { type: 'string', default: '1280,390' },
  },
})
const folder = join(import.meta.dirname, '../.tmp/screenshots/console')
mkdirSync(folder, { recursive: true })
const list = (text: string): string[] => text.split(',').filter(Boolean)
const wanted = values.pages === undefined ? undefined : list(values.pages)

const browser = await openBrowser()
let taken = 0
for (const state of list(values.states)) {
  if (!(state in STATES))
    throw new Error(`There is no state ${state}. There are: ${Object.keys(STATES).join(', ')}.`)
  const begun = performance.now()
  const stage = await STATES[state as State]()
  console.log(`${state}: ready after ${((performance.now() - begun) / 1000).toFixed(1)} s`)
  for (const language of list(values.languages))
    for (const theme of ['light', 'dark'] as const)
      for (const width of list(values.widths).map(Number))
        await look(state, stage, { language, theme, width })
  await stage.stop()
}
await browser.close()
console.log(`${taken} pictures in ${folder}`)
process.exit(0)

async function look(
  state: string,
  stage: Stage,
  { language, theme, width }: { language: string; theme: 'light' | 'dark'; width: number },
): Promise<void> {
  const pages = (await pagesOf(stage)).filter(({ name }) => wanted === undefined || wanted.includes(name))
  const page = await browser.visit(`${stage.url}/settings/appearance`, {
    ...(stage.owner && { as: stage.owner }),
    // The phone of the demo asks the simulator, which the security policy allows there.
    ...(!stage.owner && { expected: /a request to elsewhere: http:\/\/127\.0\.0\.1:\d+\// }),
    locale: language,
    colorScheme: theme,
    viewport: { width, height: width < 640 ? 844 : 800 },
  })
  for (const { name, path } of pages) {
    await page.goto(stage.url + path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    // Charts and lists come after their skeletons.
    await page
      .locator('main [class*="animate-pulse"]')
      .first()
      .waitFor({ state: 'detached', timeout: 5_000 })
      .catch(() => console.log(`  ${name}: still loading after 5 s`))
    await page.waitForTimeout(300)
    const picture = [name, state, theme, width, language].join('-')
    await page.screenshot({ path: join(folder, `${picture}.png`) })
    taken++
    if (!(await fitsWidth(page))) console.log(`  ${picture}: sticks out to the side`)
    for (const complaint of browser.complaints()) console.log(`  ${picture}: ${complaint}`)
  }
  await browser.leave()
}
