import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HubError } from '../../core/errors.ts'
import type { HttpClient } from '../../core/ports.ts'
import { systemClock } from '../../platform/clock.ts'
import { createHttpClient } from '../../platform/http-client.ts'
import { simulatedGateways } from '../../simulator/gateways.ts'
import type { AskHub } from '../../simulator/hub-chats.ts'
import { startSimulator } from '../../simulator/server.ts'
import { ensureConsole } from '../console-build.ts'
import { requireUnused, writeDemoConfig } from '../demo/config.ts'
import { playOpening } from '../demo/opening.ts'
import { createScene } from '../demo/scene.ts'
import { type Supervised, supervise } from '../demo/supervisor.ts'
import { withoutPomboSettings } from '../environment.ts'
import { CONFIG_FLAGS, parseFlags, usage } from '../flags.ts'
import { applyGenerations, parseGenerations } from '../generations.ts'
import { type Io, stopRequest } from '../io.ts'

const HUB_PORT = 3001
const SIMULATOR_PORT = 3002
const FLAGS = {
  ...CONFIG_FLAGS,
  'simulator-port': { type: 'string' },
  generation: { type: 'string', multiple: true },
  // What the supervisor starts the hub's process with; not for people.
  hub: { type: 'string' },
  home: { type: 'string' },
  own: { type: 'string' },
} as const

/**
 * Runs simulator, hub and bot on loopback until a signal asks to stop; brings the hub back when it dies. With a
 * configuration, its bot, features and numbers take the place of the demo's.
 */
export async function demo(args: readonly string[], io: Io): Promise<number> {
  const flags = parseFlags('demo', args, FLAGS)
  if (flags.hub !== undefined) {
    // Loaded here only: the supervisor starts faster without the hub in it.
    const { runDemoHub } = await import('../demo/hub.ts')
    return runDemoHub({ config: flags.hub, home: flags.home ?? '', own: flags.own }, io)
  }

  const clock = systemClock
  const stopRequested = stopRequest(io, clock.monotonic)
  const hubPort = readPort('PORT', io.env.PORT, HUB_PORT)
  const simulatorPort = readPort('--simulator-port', flags['simulator-port'], SIMULATOR_PORT)
  const folder = join(io.cwd, 'data', 'demo')
  requireUnused(folder)
  await requireFree(hubPort, `another: PORT=${hubPort + 10} npm start`)
  const own = flags.config
  const env = { ...io.env }

  const hubUrl = `http://127.0.0.1:${hubPort}`
  const apiKey = io.env.POMBO_API_KEY || `demo-${secret()}`
  // The hub, again, and the real gateways: loaded only for a configuration that names some.
  const numbers = own === undefined ? [] : await (await import('../demo/own-numbers.ts')).ownNumbers(own, io)
  const scene = createScene(hubUrl, simulatedGateways, secret, numbers)
  applyGenerations(scene.numbers, parseGenerations(flags.generation ?? []))
  const outgoing = createHttpClient({ clock })
  let hub: Supervised | undefined
  const simulator = await startSimulator({
    clock,
    random: Math.random,
    http: outgoing.request,
    port: simulatorPort,
    ...scene,
    home: `${hubUrl}/phone`,
    hub: {
      url: hubUrl,
      kill: () => hub?.kill(),
      ask: asker(outgoing.request, hubUrl, apiKey),
    },
  }).catch((error: unknown) => {
    if (error instanceof HubError && error.code === 'E_PORT_TAKEN')
      throw portTaken(simulatorPort, `another: npm start -- --simulator-port ${simulatorPort + 10}`)
    throw error
  })

  try {
    const config = writeDemoConfig({ folder, port: hubPort, simulatorUrl: simulator.url, scene })
    const built = ensureConsole(io)
    hub = supervise({
      command: [
        process.execPath,
        entry(),
        ...['demo', '--hub', config, '--home', simulator.url],
        ...(own === undefined ? [] : ['--own', own]),
      ],
      cwd: io.cwd,
      env: { ...withoutPomboSettings(env), POMBO_API_KEY: apiKey },
      clock,
      onLine: (line) => io.err(`  hub: ${line}`),
      onDown: (how, ms) => io.out(`The hub ended (${how}). It is back in ${ms} ms.`),
      onUp: announcer(io, { hubUrl, apiKey, own, built }),
    })
    if ((await Promise.race([hub.started, stopRequested])) === false) {
      io.err('The hub did not start; the lines above say why.')
      return 1
    }
    // Not awaited: a stop must not wait for a conversation. Nobody knows what to say to another bot.
    if (own === undefined) void playOpening(simulator.world, clock)
    await stopRequested
    io.out('Stopping.')
    return 0
  } finally {
    await hub?.stop()
    await simulator.close()
    await outgoing.close()
  }
}

/** Says everything the first time, and afterwards only that the hub is back. */
function announcer(
  io: Io,
  {
    hubUrl,
    apiKey,
    own,
    built,
  }: {
    hubUrl: string
    apiKey: string
    own: string | undefined
    built: Promise<void>
  },
): () => void {
  let before = false
  return () => {
    if (before) {
      io.out('The hub is back.')
      return
    }
    before = true
    void built.then(announce)
  }
  function announce(): void {
    const bold = (text: string) => (io.colour ? `\x1b[1m${text}\x1b[0m` : text)
    io.out(
      [
        '',
        `${bold('Pombo demo.')} Everything runs on this machine, and everybody in it is invented.`,
        '',
        `  Open     ${bold(hubUrl)}`,
        '           You are a customer with a phone: write, and watch the answer arrive.',
        '           The other pages say what runs here, and what becomes of each message.',
        own === undefined
          ? '  Try      /help, price, order, a picture; then end the hub’s process and write on.'
          : `  Bot      that of ${own}. After a change, start again.`,
        '',
        `  Hub      ${hubUrl}/api/v1/events?limit=5`,
        `  API key  ${apiKey}  (of this run; send it as "Authorization: Bearer …")`,
        '',
        '  Ctrl-C ends everything. The data is in ./data/demo and begins anew at every start.',
        '',
      ].join('\n'),
    )
  }
}

const secret = (): string => randomBytes(16).toString('hex')

/** The program's own entry file, in the sources and in the build. */
const entry = (): string =>
  fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../bin.ts' : '../bin.js', import.meta.url))

function readPort(name: string, text: string | undefined, usual: number): number {
  if (text === undefined || text === '') return usual
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_525)
    throw usage(`${name} must be a port from 1 to 65525, not ${JSON.stringify(text)}.`)
  return port
}

const portTaken = (port: number, advice: string): HubError =>
  new HubError(
    'E_PORT_TAKEN',
    `Port ${port} on 127.0.0.1 is taken by another program, perhaps a demo of another folder. Stop that one, or choose ${advice}`,
  )

/** Asked before anything is touched: what fails later would have emptied the data already. */
async function requireFree(port: number, advice: string): Promise<void> {
  const probe = createServer()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  probe.once('error', reject)
  probe.listen(port, '127.0.0.1', resolve)
  try {
    await promise
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw portTaken(port, advice)
    throw error
  } finally {
    probe.close()
  }
}

/** The hub's API, asked on the page's behalf: the page itself never sees the key. */
const asker =
  (http: HttpClient, hubUrl: string, apiKey: string): AskHub =>
  async (method, path, body) => {
    const outcome = await http({
      method,
      url: `${hubUrl}/api/v1${path}`,
      headers: { authorization: `Bearer ${apiKey}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      timeoutMs: 5_000,
    })
    if (outcome.type !== 'answered' || outcome.status >= 500)
      throw new HubError('E_CONFLICT', 'The hub does not answer right now. Try again in a moment.')
    const answer = JSON.parse(outcome.body) as { detail?: string }
    if (outcome.status >= 300) throw new HubError('E_CONFLICT', answer.detail ?? 'The hub refused that.')
    return answer
  }
