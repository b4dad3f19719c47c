import { expect, test } from 'vitest'
import { FakeClock } from '../testing/fake-clock.ts'
import { createPressure } from './pressure.ts'

const CROWD = 64

test('single deliveries are no burst: relief is there at once', async () => {
  const pressure = createPressure(new FakeClock())
  for (let commit = 0; commit < 50; commit++) {
    pressure.arrived(1)
    await pressure.relief()
  }
  expect(pressure.burst).toBe(false)
})

test('in a burst relief comes every quarter of a second', async () => {
  const machine = new FakeClock()
  const pressure = createPressure(machine)
  pressure.arrived(CROWD)
  await pressure.relief()
  let relieved = 0
  const again = pressure.relief().then(() => {
    relieved = machine.monotonic()
  })
  const began = machine.monotonic()
  for (let step = 0; step < 30; step++) {
    await machine.advance(10)
    pressure.arrived(CROWD)
  }
  await again
  expect(relieved - began).toBeGreaterThanOrEqual(250)
})

test('silence ends a burst, however large its last commits were', async () => {
  const machine = new FakeClock()
  const pressure = createPressure(machine)
  for (let commit = 0; commit < 20; commit++) pressure.arrived(CROWD)
  expect(pressure.burst).toBe(true)
  await machine.advance(51)
  expect(pressure.burst).toBe(false)
  await pressure.relief()
  pressure.arrived(1)
  expect(pressure.burst).toBe(false)
})
