import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
 * Empties the demo's data and writes its configuration, with the secrets of this run.
 * @returns the configuration's path
 */
export function writeDemoConfig({ folder, port, simulatorUrl, scene }: DemoConfigOptions): string {
  mkdirSync(folder, { recursive: true })
  // The simulated WhatsApp begins anew at every start; a hub that remembers another one would be confused.
  for (const name of readdirSync(folder)) if (name.startsWith('pombo.')) rmSync(join(folder, name))
  const file = join(folder, 'pombo.config.json')
  const config = {
    host: '127.0.0.1',
    port,
    database: `sqlite:${join(folder, 'pombo.db')}`,
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
