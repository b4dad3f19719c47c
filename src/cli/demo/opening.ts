import { address } from '../../core/address.ts'
import type { Clock } from '../../core/ports.ts'
import type { Place } from '../../simulator/model.ts'
import type { SimulatedWhatsApp } from '../../simulator/world.ts'

/** How long (ms) a customer waits for an answer before going on. */
const PATIENCE_MS = 3_000
/** How long (ms) they read before they write on. */
const READING_MS = 400

/** A short conversation of every number, so that nobody finds an empty phone. It takes the real way. */
export async function playOpening(world: SimulatedWhatsApp, clock: Clock): Promise<void> {
  const [ana, tom, lucia] = [...world.people.values()]
  if (!ana || !tom || !lucia) return
  await Promise.all([
    converse(world, clock, { instance: 'support', person: ana.digits }, ['Hello', '/help']),
    converse(world, clock, { instance: 'support', person: tom.digits }, [
      'Hi, what is the price of a charger?',
    ]),
    converse(world, clock, { instance: 'sales', person: lucia.digits }, ['Hola', 'precio']),
  ])
}

async function converse(
  world: SimulatedWhatsApp,
  clock: Clock,
  place: Place,
  lines: readonly string[],
): Promise<void> {
  for (const text of lines) {
    const answered = answer(world, clock, place)
    world.say(place, { type: 'text', text })
    await answered
    await new Promise<void>((resolve) => clock.setTimeout(resolve, READING_MS))
  }
}

/** Resolves when our number has said something there, or the customer's patience has run out. */
function answer(world: SimulatedWhatsApp, clock: Clock, place: Place): Promise<void> {
  const chat = address('phone', place.person)
  return new Promise((resolve) => {
    const done = () => {
      unsubscribe()
      timer.cancel()
      resolve()
    }
    const unsubscribe = world.subscribe((event) => {
      if (event.type !== 'message' || event.instance !== place.instance || event.chat !== chat) return
      if (event.message.author === 'api') done()
    })
    const timer = clock.setTimeout(done, PATIENCE_MS)
  })
}
