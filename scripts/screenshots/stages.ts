import { createDemoBot } from '../../src/cli/demo/bot.ts'
import { playOpening } from '../../src/cli/demo/opening.ts'
import { systemClock } from '../../src/platform/clock.ts'
import type { Person } from '../../src/simulator/model.ts'
import { type ConsoleHub, startConsoleHub } from '../../test/e2e/console.ts'
import { startDemo } from '../../test/e2e/demo.ts'

/** A hub to look at. */
export interface Stage {
  readonly url: string
  /** Missing where there is no login. */
  readonly owner?: { login: string; password: string }
  ask<T>(method: string, path: string, body?: unknown): Promise<T>
  stop(): Promise<unknown>
}

/** How much there is. */
export const STATES = {
  /** Just installed. */
  empty: () => startConsoleHub({ numbers: false }),
  /** A small shop on a quiet day. */
  typical: async () => {
    const hub = await startConsoleHub({ bot: demoBot() })
    await fill(hub, { invitations: 2, keys: 3 })
    await playOpening(hub.simulator.world, systemClock)
    return hub
  },
  /** More of everything than fits anywhere. */
  huge: async () => {
    const people = crowd(200)
    const hub = await startConsoleHub({ bot: demoBot(), people })
    await fill(hub, { invitations: 200, keys: 300 })
    for (let round = 0; round < 10; round++) {
      for (const [index, { digits: person }] of people.entries())
        hub.simulator.world.say(
          { instance: index % 2 === 0 ? 'support' : 'sales', person },
          {
            type: 'text',
            text: ['price', 'order', 'hello', 'a human, please', LONG][(index + round) % 5] ?? '',
          },
        )
      await hub.simulator.settled()
    }
    return hub
  },
  /** What `npm start` shows. */
  demo: async (): Promise<Stage> => {
    const demo = await startDemo()
    return {
      url: demo.hubUrl,
      ask: () => Promise.reject(new Error('the demo is not asked')),
      stop: demo.stop,
    }
  },
} as const satisfies Record<string, () => Promise<Stage>>
export type State = keyof typeof STATES

/** Every page, with the addresses of things there are. */
export async function pagesOf(stage: Stage): Promise<{ name: string; path: string }[]> {
  const settings = ['appearance', 'account', 'people', 'keys', 'alerts', 'security', 'audit']
  const shown = [
    { name: 'overview', path: '/' },
    { name: 'instances', path: '/instances' },
    { name: 'events', path: '/events' },
  ]
  if (!stage.owner) return [...shown, { name: 'phone', path: '/phone' }]
  const { data } = await stage.ask<{ data: { id: string }[] }>('GET', '/events?limit=1&kind=message')
  const invitation = await stage.ask<{ path: string }>('POST', '/invitations', {
    role: 'agent',
    name: 'Ana Souza',
  })
  return [
    ...shown,
    { name: 'instances-new', path: '/instances/new' },
    ...(data[0] ? [{ name: 'instance', path: '/instances/support' }] : []),
    ...data.map(({ id }) => ({ name: 'event', path: `/events/${id}` })),
    ...settings.map((part) => ({ name: `settings-${part}`, path: `/settings/${part}` })),
    { name: 'not-found', path: '/no/such/page' },
    { name: 'invite', path: invitation.path },
  ]
}

const LONG =
  'Uma mensagem bem comprida que não cabe em linha nenhuma, com עברית, العربية e <b>sinais</b> 🕊️ '.repeat(12)

const demoBot = () => createDemoBot({ pictureUrl: 'http://127.0.0.1/none.png' }).handler

const crowd = (count: number): Person[] =>
  Array.from({ length: count }, (_, index) => ({
    digits: `55219${String(80_000_000 + index)}`,
    privateDigits: `284467440${String(100_000 + index)}`,
    name:
      ['Maria Aparecida do Nascimento Albuquerque', 'João', '株式会社 鳩', 'José Ángel Muñoz'][index % 4] ??
      '',
  }))

async function fill(
  hub: ConsoleHub,
  { invitations, keys }: { invitations: number; keys: number },
): Promise<void> {
  for (let index = 0; index < invitations; index++)
    await hub.ask('POST', '/invitations', { role: 'agent', name: `Pessoa ${index + 1}` })
  for (let index = 0; index < keys; index++)
    await hub.ask('POST', '/keys', {
      name:
        index % 10 === 3
          ? 'integração com o sistema de estoque da filial de Florianópolis'
          : `program ${index + 1}`,
      scopes: index % 3 === 0 ? ['read'] : ['read', 'send', 'operate'],
    })
}
