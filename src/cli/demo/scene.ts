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

/** A number of somebody's own configuration, to be played by the simulator. */
export interface OwnNumber {
  id: string
  gateway: string
  /** Gateways that do not sign have a key in the webhook's URL, and a token. */
  proof: 'signature' | 'url-key'
}
const TECH_STORE: readonly OwnNumber[] = [
  { id: 'support', gateway: 'gowa', proof: 'signature' },
  { id: 'sales', gateway: 'uazapi', proof: 'url-key' },
]

/**
 * @param hubUrl where the numbers' gateways post to
 * @param own the numbers of somebody's configuration; without any, those of an invented shop
 */
export function createScene(
  hubUrl: string,
  gateways: readonly SimulatedGateway[],
  secret: Secret,
  own: readonly OwnNumber[] = [],
): Scene {
  const invented = own.length === 0
  const numbers = (invented ? TECH_STORE : own).map(({ id, gateway: name, proof }, index) => {
    const gateway = gateways.find((candidate) => candidate.name === name)
    if (!gateway) throw new Error(`the simulator has no gateway ${name}`)
    const place = String(index + 1)
    const webhookUrl = `${hubUrl}/webhooks/${id}`
    const number: SimulatedNumber = {
      instance: id,
      name: invented ? `TechStore ${id}` : id,
      digits: `55119${place.padStart(8, '0')}`,
      privateDigits: `184467440737${place.padStart(3, '0')}`,
      generation: gateway.generations[0] ?? '',
      connected: true,
      ...(proof === 'signature'
        ? { webhookUrl, secret: secret() }
        : { webhookUrl: `${webhookUrl}/${secret()}`, token: secret() }),
    }
    return { number, gateway }
  })
  return {
    numbers,
    people: [ANA, TOM, LUCIA],
    groups: [
      {
        address: address('group', '120363041234567890'),
        name: 'Building 12',
        description: 'Neighbours of Building 12',
        instance: numbers[0]?.number.instance ?? '',
        members: [ANA.digits, TOM.digits],
      },
    ],
  }
}
