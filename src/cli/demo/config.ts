import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HubError } from '../../core/errors.ts'
import { isInUse } from '../../storage/sqlite/in-use.ts'
import type { Scene } from './scene.ts'

export interface DemoConfigOptions {
  /** Folder of the demo's data. */
  folder: string
  port: number
  simulatorUrl: string
  scene: Scene
}

const ANSWERS = [
  ['/help', 'Available commands: /help, /status, /info. Or write "price", "order", or send a picture.'],
  ['/ajuda', 'Comandos: /ajuda, /situação, /sobre. Ou escreva "preço", "pedido", ou mande uma foto.'],
  ['/ayuda', 'Comandos: /ayuda, /estado, /acerca. O escribe "precio", "encargo", o envía una foto.'],
  ['/status', 'All systems operational.'],
  ['/situação', 'Tudo funcionando normalmente.'],
  ['/estado', 'Todo funciona con normalidad.'],
  ['/info', 'TechStore is invented. This answer is a rule in the configuration, without code.'],
  ['/sobre', 'A TechStore é inventada. Esta resposta é uma regra da configuração, sem código.'],
  ['/acerca', 'TechStore es inventada. Esta respuesta es una regla de la configuración, sin código.'],
] as const

/**
 * Asked before anything is emptied, and before the ports: another one of those would lead a second demo to the
 * data of the first.
 * @param folder of the demo's data
 * @throws HubError E_STORE_LOCKED when another demo runs on it
 */
export function requireUnused(folder: string): void {
  if (!isInUse(databaseIn(folder))) return
  throw new HubError(
    'E_STORE_LOCKED',
    `Another demo runs from this folder: its data in ${folder} is in use. Stop that one, or start this one in another folder. Another PORT alone will not do, since both would use that data.`,
  )
}

const databaseIn = (folder: string): string => join(folder, 'pombo.db')

/**
 * Empties the demo's data and writes its configuration, with the secrets of this run.
 * @returns the configuration's path
 * @throws HubError E_STORE_LOCKED when another demo runs on the data
 */
export function writeDemoConfig({ folder, port, simulatorUrl, scene }: DemoConfigOptions): string {
  requireUnused(folder)
  mkdirSync(folder, { recursive: true })
  // The simulated WhatsApp begins anew at every start; a hub that remembers another one would be confused.
  for (const name of readdirSync(folder)) if (name.startsWith('pombo.')) rmSync(join(folder, name))
  const file = join(folder, 'pombo.config.json')
  const config = {
    host: '127.0.0.1',
    port,
    database: `sqlite:${databaseIn(folder)}`,
    logLevel: 'error',
    instances: scene.numbers.map(({ number, gateway }) => ({
      id: number.instance,
      gateway: gateway.name,
      baseUrl: `${simulatorUrl}/gateways/${number.instance}`,
      webhook: webhookOf(number),
      ...(number.token !== undefined && { token: number.token }),
    })),
    features: { replies: { rules: ANSWERS.map(([match, reply]) => ({ match, reply })) } },
  }
  writeFileSync(file, JSON.stringify(config, null, 2), { mode: 0o600 })
  return file
}

/** A number without a secret has a key in its URL: `/webhooks/<instance>/<key>`. */
const webhookOf = ({ secret, webhookUrl }: Scene['numbers'][number]['number']): object =>
  secret === undefined ? { key: new URL(webhookUrl).pathname.split('/')[3] } : { secrets: [secret] }
