import { loadHub, rotateSecrets, type SecretRotation } from '../../main.ts'
import { systemClock } from '../../platform/clock.ts'
import { createLogger } from '../../platform/log.ts'
import { secretsIn } from '../../platform/scrub.ts'
import { environment } from '../environment.ts'
import { CONFIG_FLAGS, parseCommand, usage } from '../flags.ts'
import type { Io } from '../io.ts'

/** Seals what is stored with a new key; it can be stopped at any moment and run again. */
export async function secrets(args: readonly string[], io: Io): Promise<number> {
  const { flags, words } = parseCommand('secrets', args, CONFIG_FLAGS, ['rotate'])
  if (words[0] !== 'rotate')
    throw usage(`pombo secrets knows "rotate" and no "${words[0]}". See: pombo secrets --help`)
  const { config } = await loadHub({ file: flags.config, cwd: io.cwd, env: environment(io) })
  const log = createLogger({
    level: 'warn',
    human: io.human,
    colour: io.colour,
    secrets: secretsIn(config),
  })
  io.out(told(await rotateSecrets(config, { clock: systemClock, log })))
  return 0
}

function told({ total, sealed, key, file }: SecretRotation): string {
  if (total === 0) return 'Nothing is stored that needs a key.'
  const what = `${sealed} of ${total} stored ${total === 1 ? 'entry was' : 'entries were'} sealed anew`
  if (key === 'file')
    return `${what}, with a new key in ${file}. Back that file up: without it they are lost.`
  return `${what}, with POMBO_SECRET_KEY. POMBO_SECRET_KEY_OLD is needed no more: take it away${file === undefined ? '' : `; the file ${file} was removed`}.`
}
