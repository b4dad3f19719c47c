import { address } from '../../core/address.ts'
import type { Group, Person } from '../../simulator/model.ts'
import type { SimulatedGateway, SimulatedNumber } from '../../simulator/port.ts'

/** Everything invented that the demo plays with: two numbers, three customers, one group. */
export interface Scene {
  numbers: { number: SimulatedNumber; gateway: SimulatedGateway }[]
  people: Person[]
  groups: Group[]
}

/** Makes secrets: 32 hexadecimal digits, new at every start. */
export type Secret = () => string

const ANA: Person = { digits: '5511912345678', privateDigits: '184467440737095', name: 'Ana Souza' }
const TOM: Person = { digits: '12025550143', privateDigits: '184467440737096', name: 'Tom Baker' }
const LUCIA: Person = { digits: '34600000123', privateDigits: '184467440737097', name: 'Lucía Gómez' }

/** @param hubUrl where the numbers' gateways post to */
export function createScene(hubUrl: string, gateways: readonly SimulatedGateway[], secret: Secret): Scene {
  const key = secret()
  const numbers: (SimulatedNumber & { gateway: string })[] = [
    {
      gateway: 'gowa',
      instance: 'support',
      name: 'TechStore support',
      digits: '5511900000001',
      privateDigits: '184467440737001',
      generation: '',
      connected: true,
      webhookUrl: `${hubUrl}/webhooks/support`,
      secret: secret(),
    },
    {
      gateway: 'uazapi',
      instance: 'sales',
      name: 'TechStore sales',
      digits: '5511900000002',
      privateDigits: '184467440737002',
      generation: '',
      connected: true,
      webhookUrl: `${hubUrl}/webhooks/sales/${key}`,
      token: secret(),
    },
  ]
  return {
    numbers: numbers.map(({ gateway: name, ...number }) => {
      const gateway = gateways.find((candidate) => candidate.name === name)
      if (!gateway) throw new Error(`the simulator has no gateway ${name}`)
      return { number: { ...number, generation: gateway.generations[0] ?? '' }, gateway }
    }),
    people: [ANA, TOM, LUCIA],
    groups: [
      {
        address: address('group', '120363041234567890'),
        name: 'Building 12',
        description: 'Neighbours of Building 12',
        instance: 'support',
        members: [ANA.digits, TOM.digits],
      },
    ],
  }
}
