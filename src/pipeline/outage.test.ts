import { expect, test } from 'vitest'
import { HubError } from '../core/errors.ts'
import type { Logger } from '../core/ports.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { Outage } from './outage.ts'

const away = () => new HubError('E_STORE_UNAVAILABLE', 'away')

function setup() {
  const clock = new FakeClock()
  const lines: string[] = []
  const say = (fields: object, message: string) =>
    void lines.push('seconds' in fields ? `${message} after ${String(fields.seconds)} s` : message)
  const log: Logger = { debug: say, info: say, warn: say, error: say, child: () => log }
  return { clock, lines, outage: new Outage(clock, log) }
}

test('an outage is told once, and once that it is over', async () => {
  const { clock, lines, outage } = setup()
  outage.worked(clock.monotonic())
  for (let i = 0; i < 10; i++) {
    expect(outage.noted(away())).toBe(true)
    const begunMeanwhile = clock.monotonic()
    await clock.advance('500ms')
    outage.noted(away())
    outage.worked(begunMeanwhile)
  }
  expect(lines).toEqual([expect.stringMatching(/^the store is away/)])
  await clock.advance('1s')
  outage.worked(clock.monotonic())
  outage.worked(clock.monotonic())
  expect(lines.slice(1)).toEqual(['the store is back after 6 s'])
  outage.noted(away())
  expect(lines).toHaveLength(3)
})

test('another fault is none of its business', () => {
  const { lines, outage } = setup()
  expect(outage.noted(new Error('x'))).toBe(false)
  expect(outage.noted(new HubError('E_BOT', 'x'))).toBe(false)
  expect(lines).toEqual([])
})

test('persists while the store is away, as long as one is patient, and through nothing else', async () => {
  const { clock, outage } = setup()
  let tries = 0
  const eventually = outage.persist(
    async () => {
      if (++tries < 5) throw away()
      return 'done'
    },
    () => true,
  )
  await clock.advance('10s')
  expect(await eventually).toBe('done')
  expect(tries).toBe(5)

  const until = clock.monotonic() + 3_000
  const asked: number[] = []
  const never = outage.persist(
    () => {
      asked.push(clock.monotonic())
      return Promise.reject(away())
    },
    () => clock.monotonic() < until,
  )
  const end = expect(never).rejects.toMatchObject({ code: 'E_STORE_UNAVAILABLE' })
  await clock.advance('10s')
  await end
  expect(asked.length).toBeGreaterThan(3)
  expect(asked.at(-1)! - until).toBeLessThanOrEqual(1_000)

  let once = 0
  const wrong = outage.persist(
    () => {
      once += 1
      return Promise.reject(new Error('no such table'))
    },
    () => true,
  )
  await expect(wrong).rejects.toThrow('no such table')
  expect(once).toBe(1)
})
