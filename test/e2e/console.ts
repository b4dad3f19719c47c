import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeDemoConfig } from '../../src/cli/demo/config.ts'
import { createScene } from '../../src/cli/demo/scene.ts'
import type { Handler } from '../../src/core/turn.ts'
import { compose, loadHub, type Overrides, type Program } from '../../src/main.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { createHttpClient } from '../../src/platform/http-client.ts'
import { createLogger } from '../../src/platform/log.ts'
import { simulatedGateways } from '../../src/simulator/gateways.ts'
import type { Person } from '../../src/simulator/model.ts'
import { type Simulator, startSimulator } from '../../src/simulator/server.ts'
import { freePorts } from '../free-port.ts'

/** A hub with a login, its console, and a simulated WhatsApp with the numbers `support` and `sales`. */
export interface ConsoleHub {
  readonly url: string
  readonly simulator: Simulator
  readonly owner: { login: string; password: string }
  /** Asks the API with the key of all rights. @throws Error for what is no success */
  ask<T = unknown>(method: string, path: string, body?: unknown): Promise<T>
  /** Ends the hub, with what it holds on its disk. */
  down(): Promise<void>
  /** Starts it again, on the same port. */
  up(): Promise<void>
  stop(): Promise<void>
}

export interface ConsoleHubOptions {
  /** What the configuration has beside the scene's, or in its place. */
  config?: Record<string, unknown>
  /** Without them, nobody has a number yet. */
  numbers?: boolean
  bot?: Handler
  /** Customers beside those of the demo. */
  people?: readonly Person[]
  /** Without the owner of POMBO_ADMIN_PASSWORD, the first one is made by a link. */
  owner?: boolean
  overrides?: Overrides
}

const API_KEY = 'e2e-key-of-the-console-tests'
const OWNER = { login: 'owner', password: 'pigeons fly home at dusk' }

/** Starts all of it in this process, on ports of its own, and waits until it answers. */
export async function startConsoleHub(options: ConsoleHubOptions = {}): Promise<ConsoleHub> {
  const folder = mkdtempSync(join(tmpdir(), 'pombo-console-'))
  const [port = 0, simulatorPort = 0] = await freePorts(2)
  const url = `http://127.0.0.1:${port}`
  let made = 0
  const scene = createScene(url, simulatedGateways, () => `e2e-secret-of-number-${++made}`)
  const outgoing = createHttpClient({ clock: systemClock })
  const simulator = await startSimulator({
    clock: systemClock,
    random: Math.random,
    http: outgoing.request,
    port: simulatorPort,
    ...scene,
    people: [...scene.people, ...(options.people ?? [])],
  })
  const { config, bot } = await loadHub({
    file: writeDemoConfig({ folder, port, simulatorUrl: simulator.url, scene }),
    cwd: folder,
    env: {
      POMBO_API_KEY: API_KEY,
      ...(options.owner !== false && { POMBO_ADMIN_PASSWORD: OWNER.password }),
    },
  })
  const start = async (): Promise<Program> => {
    const program = await compose({
      config: { ...config, ...(options.numbers === false && { instances: [] }), ...options.config },
      bot: options.bot ?? bot,
      overrides: { log: createLogger({ level: 'error', secrets: [] }), ...options.overrides },
    })
    await program.start()
    return program
  }
  let program = await start()
  return {
    url,
    simulator,
    owner: OWNER,
    async ask(method, path, body) {
      const response = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${API_KEY}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
      return text === '' ? undefined : JSON.parse(text)
    },
    down: () => program.stop(0),
    async up() {
      program = await start()
    },
    async stop() {
      await program.stop(2_000)
      await simulator.close()
      await outgoing.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
