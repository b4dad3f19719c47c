import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { HubError } from '../../core/errors.ts'
import { systemClock } from '../../platform/clock.ts'
import { createHttpClient } from '../../platform/http-client.ts'
import { simulatedGateways } from '../../simulator/gateways.ts'
import { Judge } from '../../simulator/scenario/judge.ts'
import { playScenario } from '../../simulator/scenario/play.ts'
import { castOf, parseScenario } from '../../simulator/scenario/read.ts'
import { stepLine, summary } from '../../simulator/scenario/report.ts'
import type { Scenario } from '../../simulator/scenario/schema.ts'
import { hubSetup } from '../../simulator/scenario/setup.ts'
import { type Simulator, startSimulator } from '../../simulator/server.ts'
import { ensureConsole } from '../console-build.ts'
import { environment } from '../environment.ts'
import { parseCommand, usage } from '../flags.ts'
import { parseGenerations } from '../generations.ts'
import { hubUrl, requireHub } from '../hub-api.ts'
import { type Io, stopRequest } from '../io.ts'

const HUB_URL = 'http://127.0.0.1:3001'
const FLAGS = {
  hub: { type: 'string' },
  port: { type: 'string' },
  generation: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  setup: { type: 'boolean' },
  stay: { type: 'boolean' },
} as const

/**
 * Plays a scenario against a hub: the people of the file write, its gateways post and answer, and what the hub
 * made of it is judged.
 * @returns 0 when everything was as it should be, 1 when not
 */
export async function simulate(args: readonly string[], io: Io): Promise<number> {
  const { flags, words } = parseCommand('simulate', args, FLAGS, ['scenario.json'])
  const scenario = await readScenario(resolve(io.cwd, words[0]))
  const port = flags.port === undefined ? scenario.port : readPort(flags.port)
  if (flags.setup) {
    io.out(JSON.stringify(hubSetup(scenario, `http://127.0.0.1:${port}`), null, 2))
    return 0
  }
  const hub = flags.hub === undefined ? HUB_URL : hubUrl(flags.hub)
  const cast = castOf(scenario, {
    gateways: simulatedGateways,
    hubUrl: hub,
    env: environment(io),
    generations: parseGenerations(flags.generation ?? []),
  })
  if (flags.stay) await ensureConsole(io)
  const clock = systemClock
  const judge = new Judge()
  const outgoing = createHttpClient({ clock })
  const { delayMs, jitterMs, latencyMs, deliveredMs, readMs, scanMs } = scenario.timing
  const timing = { delayMs, jitterMs, latencyMs, deliveredMs, readMs, scanMs }
  let simulator: Simulator | undefined
  try {
    await requireHub(outgoing.request, hub)
    simulator = await startSimulator({
      clock,
      random: Math.random,
      http: outgoing.request,
      port,
      ...cast,
      timing: Object.fromEntries(Object.entries(timing).filter(([, value]) => value !== undefined)),
      watch: (entry) => judge.see(entry),
    }).catch((error: unknown) => {
      throw error instanceof HubError && error.code === 'E_PORT_TAKEN' ? portTaken(port) : error
    })
    const tell = flags.json ? () => {} : (line: string) => io.out(line)
    tell(`${scenario.name}: ${cast.numbers.length} numbers at ${simulator.url}`)
    const report = await playScenario({
      scenario,
      simulator,
      judge,
      clock,
      onStep: (step) => tell(stepLine(step)),
    })
    if (flags.json) io.out(JSON.stringify(report))
    else io.out(summary(report))
    if (flags.stay) {
      tell(`\nThe phone stays at ${simulator.url} until Ctrl-C.`)
      await stopRequest(io, clock.monotonic)
    }
    return report.ok ? 0 : 1
  } finally {
    await simulator?.close()
    await outgoing.close()
  }
}

/** Another port alone would not do: the hub has to look for its gateways there. */
const portTaken = (port: number): HubError =>
  new HubError(
    'E_PORT_TAKEN',
    `Port ${port} on 127.0.0.1 is taken by another program, perhaps a demo. Stop that one, or choose another with --port PORT; the hub's configuration needs it too: see --setup.`,
  )

async function readScenario(file: string): Promise<Scenario> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw new HubError('E_INVALID', `The scenario ${file} cannot be read.`, { cause })
  }
  return parseScenario(text)
}

function readPort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw usage(`--port must be a port from 0 to 65535, not ${JSON.stringify(text)}.`)
  return port
}
