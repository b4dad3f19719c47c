import { expect, test } from 'vitest'
import { duration, progress, type Step } from './progress.ts'
import { terminal } from './terminal.fixture.ts'

const step = (done: number, phase = 'copying', item = 'event'): Step => ({ phase, item, done, total: 4000 })

function told(human: boolean, steps: [at: number, step: Step][]): string[] {
  let now = 0
  const { io, err } = terminal('.', { human })
  const show = progress(io, () => now)
  for (const [at, step] of steps) {
    now = at
    show(step)
  }
  return err
}

test('a person sees one line, drawn anew; a new phase begins another', () => {
  const lines = told(true, [
    [0, step(0)],
    [100, step(500)],
    [1000, step(1000)],
    [1100, step(4000)],
    [1200, step(10, 'comparing')],
  ])
  expect(lines).toEqual([
    `copying ${'░'.repeat(24)} 0 %, 0 of 4,000 rows (event)`,
    `\x1b[1A\x1b[2Kcopying ${'█'.repeat(6)}${'░'.repeat(18)} 25 %, 1,000 of 4,000 rows, 1,000 rows/s, 3 s left (event)`,
    `\x1b[1A\x1b[2Kcopying ${'█'.repeat(24)} 100 %, 4,000 of 4,000 rows, 3,636 rows/s (event)`,
    `comparing ${'░'.repeat(24)} 0 %, 10 of 4,000 rows (event)`,
  ])
})

test('a log gets a plain line every five seconds, and the last one', () => {
  const lines = told(
    false,
    Array.from({ length: 41 }, (_, i) => [i * 250, step(i * 100)]),
  )
  expect(lines).toEqual([
    'copying 0 %, 0 of 4,000 rows (event)',
    'copying 50 %, 2,000 of 4,000 rows, 400 rows/s, 5 s left (event)',
    'copying 100 %, 4,000 of 4,000 rows, 400 rows/s (event)',
  ])
})

test.each([
  [0.2, '1 s'],
  [59, '59 s'],
  [61, '2 min'],
  [3 * 3600 + 60, '3 h 1 min'],
])('%f seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text)
})
