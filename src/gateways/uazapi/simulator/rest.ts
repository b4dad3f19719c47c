import { messageId } from '../../../core/ids.ts'
import type { RefusalStatus, SimulatedNumber, WireResponse, World } from '../../../simulator/port.ts'
import { readAddress, readRecipient } from '../wire/address.ts'
import { bareId } from '../wire/fields.ts'

/** What all parts of the simulated REST API share: requests after their token was checked, and answers. */
export type Json = Record<string, unknown>

/** Servers come in two lines here: 1.0.0 with its bot and old spellings, and 2.1. */
export type ServerLine = '1.0' | '2.1'
export const lineOf = (number: SimulatedNumber): ServerLine =>
  number.generation === 'seed-1' ? '1.0' : '2.1'

/** One request after its token was checked. */
export interface Served {
  body: Json
  query: Readonly<Record<string, string>>
  /** The last part of a path that ends in one. */
  last: string
  number: SimulatedNumber
  world: World
  line: ServerLine
  /** An instance made with the admin token; undefined for the number itself. */
  made?: MadeInstance
}
export interface Route {
  /** Only servers of this line have it. */
  only?: ServerLine
  /** Works without a connection to WhatsApp. */
  offline?: true
  /** Takes the admin token instead of the instance's. */
  admin?: true
  run(served: Served): WireResponse
}
export type Routes = Readonly<Record<string, Route>>

/** An instance that has no number behind it. */
export interface MadeInstance {
  id: string
  token: string
  name: string
}

export const answer = (
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): WireResponse => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})
export const failure = (status: number, error: string): WireResponse => answer(status, { error })
/** How uazapi words a refusal of any request. */
export function refuse(status: RefusalStatus): Omit<WireResponse, 'status'> {
  const { headers, body } = failure(status, REFUSALS[status])
  return { ...(headers && { headers }), body }
}
const REFUSALS: Readonly<Record<RefusalStatus, string>> = {
  401: 'Invalid token',
  404: 'not found',
  429: 'Rate limit exceeded',
  500: 'Failed to send message',
}
export const badPayload = (): WireResponse => failure(400, 'invalid payload')

export const word = (body: Json, key: string): string => (typeof body[key] === 'string' ? body[key] : '')
export const whole = (body: Json, key: string, fallback: number): number =>
  Number.isInteger(body[key]) ? (body[key] as number) : fallback
export const list = (body: Json, key: string): string[] =>
  Array.isArray(body[key]) ? body[key].filter((one) => typeof one === 'string') : []
export const objects = (value: unknown): Json[] =>
  Array.isArray(value) ? value.filter((one): one is Json => typeof one === 'object' && one !== null) : []
/** A yes or no that has to be there. */
export const choice = (body: Json, key: string): boolean | undefined =>
  typeof body[key] === 'boolean' ? body[key] : undefined

/** How long messages stay (s), by the word in `duration`; undefined for any other word. */
export const secondsOf = (body: Json): number | undefined => DURATIONS.get(word(body, 'duration'))
const DURATIONS: ReadonlyMap<string, number> = new Map([
  ['0', 0],
  ['off', 0],
  ['1d', 86_400],
  ['7d', 604_800],
  ['90d', 7_776_000],
])

/** `number` of a request. */
export const recipient = (body: Json) => readRecipient(word(body, 'number'))
/** `groupjid` as a server of the line spells it: before early 2026 in camel case. */
export const groupOf = ({ body, line }: Served) => {
  const at = readAddress(word(body, line === '1.0' ? 'groupJid' : 'groupjid'))
  return at?.startsWith('group:') ? at : undefined
}
export const targetOf = (body: Json, key = 'id') => messageId(bareId(word(body, key)))

/** A message by its id alone, as uazapi finds it. */
export const found = ({ world }: Served, id: string) =>
  id === '' ? undefined : world.find?.({ id: messageId(bareId(id)) })[0]

/** What the vendor's server remembers of a number; made when it is not there. Only what JSON can hold. */
export function remembered<T>({ world }: Pick<Served, 'world'>, name: string, fresh: T): T {
  const held = world.memory.get(name)
  if (held !== undefined) return held as T
  world.memory.set(name, fresh)
  return fresh
}
/** Ids look like `r183e2ef9597845`: an r and 14 hexadecimal digits. Each is given out once. */
export function newId(served: Pick<Served, 'world'>): string {
  const next = remembered(served, 'ids', 0) + 1
  served.world.memory.set('ids', next)
  return `r${next.toString(16).padStart(14, '0')}`
}
