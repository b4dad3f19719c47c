import { z } from 'zod'
import { loadHub, readStored } from '../../main.ts'
import { systemClock } from '../../platform/clock.ts'
import { createHttpClient } from '../../platform/http-client.ts'
import { createLogger } from '../../platform/log.ts'
import { deliver } from '../deliver.ts'
import { readDelivery } from '../delivery-file.ts'
import { environment } from '../environment.ts'
import { HUB_FLAGS, parseCommand, usage } from '../flags.ts'
import { type HubApi, hubUrl, localUrl, openHubApi } from '../hub-api.ts'
import { chooseInstance, withStored } from '../instances.ts'
import type { Io } from '../io.ts'
import { poll } from '../polling.ts'

const FLAGS = { ...HUB_FLAGS, instance: { type: 'string' } } as const

/** How long (ms) the new run of an event is watched. */
const WATCH_MS = 30_000

/**
 * Does something again: a delivery out of a file goes to the hub's webhook, proved with the configured secret;
 * an event that has ended, or a dead letter, is handled once more by the running hub.
 * @returns 0 taken, or handled; 1 refused, or failed again; 4 not handled yet
 */
export async function replay(args: readonly string[], io: Io): Promise<number> {
  const { flags, words } = parseCommand('replay', args, FLAGS, ['file-or-id'])
  const [what] = words
  const outgoing = createHttpClient({ clock: systemClock })
  try {
    if (!/^evt_\d+$/.test(what)) return await replayFile(what, flags, io, outgoing.request)
    if (flags.instance !== undefined)
      throw usage('--instance goes with a file: an event has an instance already.')
    return await replayEvent(what, await openHubApi(io, flags, outgoing.request), io)
  } finally {
    await outgoing.close()
  }
}

async function replayFile(
  file: string,
  flags: { config?: string | undefined; hub?: string | undefined; instance?: string | undefined },
  io: Io,
  http: Parameters<typeof deliver>[0],
): Promise<number> {
  const delivery = readDelivery(file, io.cwd)
  const { config } = await loadHub({ file: flags.config, cwd: io.cwd, env: environment(io) })
  const stored = await readStored(config, {
    clock: systemClock,
    log: createLogger({ level: 'silent' }),
  })
  const instance = chooseInstance(withStored(config, stored), flags.instance)
  const receipt = await deliver(
    http,
    flags.hub === undefined ? localUrl(config) : hubUrl(flags.hub),
    instance,
    delivery,
  )
  if (receipt.type !== 'taken') throw receipt.error
  const { accepted, duplicates } = receipt
  io.out(
    accepted > 0
      ? `Accepted by ${instance.id}: ${count(accepted, 'new event')}${duplicates > 0 ? `, ${count(duplicates, 'event')} it knew already` : ''}.`
      : `The hub had it already: ${count(duplicates, 'event')}, and nothing ran again. To run one again: pombo replay evt_…`,
  )
  return 0
}

const eventAnswer = z.object({
  id: z.string(),
  kind: z.string(),
  instance: z.string(),
  status: z.string(),
  attempts: z.number(),
  error: z.string().optional(),
  note: z.string().optional(),
})

async function replayEvent(id: string, api: HubApi, io: Io): Promise<number> {
  const read = async (id: string) => eventAnswer.parse(await api.get(`/events/${id}`))
  const before = await read(id)
  const path = before.status === 'dead' ? `/dead-letters/${id}/retry` : `/events/${id}/replay`
  const { id: again } = z.object({ id: z.string() }).parse(await api.post(path))
  io.out(`${id} (${before.kind} of ${before.instance}, ${before.status}) runs again as ${again}.`)
  // Between its attempts an event waits, so one attempt that failed is told at once.
  const after = await poll(
    systemClock,
    WATCH_MS,
    () => read(again),
    ({ status, attempts, error }) =>
      !['pending', 'parked'].includes(status) || (attempts > 0 && error !== undefined),
  )
  const note = after.note === undefined ? '' : ` (${after.note})`
  switch (after.status) {
    case 'done':
    case 'skipped':
      io.out(`${again} is ${after.status}${note}.`)
      return 0
    case 'pending':
    case 'parked':
      if (after.error !== undefined) {
        io.out(`${again} failed, and will be tried again: ${after.error}`)
        return 1
      }
      io.out(`${again} waits behind others of its chat. See: GET ${api.url}/api/v1/events/${again}`)
      return 4
    default:
      io.out(`${again} is ${after.status}: ${after.error ?? 'no reason was noted'}`)
      return 1
  }
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`
