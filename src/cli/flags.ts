import { type ParseArgsConfig, parseArgs } from 'node:util'
import { closest } from '../core/closest.ts'
import { HubError } from '../core/errors.ts'

type Flags = NonNullable<ParseArgsConfig['options']>

/** Flags of commands that need the configuration. */
export const CONFIG_FLAGS = { config: { type: 'string', short: 'c' } } as const satisfies Flags

/**
 * Reads a command's flags. Nothing but them is allowed.
 * @throws HubError E_USAGE naming what is wrong, with a suggestion where one is near
 */
export function parseFlags<const F extends Flags>(command: string, args: readonly string[], flags: F) {
  const help = `See: pombo ${command} --help`
  const { tokens } = parseArgs({ args: [...args], options: flags, strict: false, tokens: true })
  for (const token of tokens) {
    if (token.kind === 'positional') throw usage(`pombo ${command} takes no "${token.value}". ${help}`)
    if (token.kind !== 'option') continue
    const flag = flags[token.name]
    if (flag === undefined) {
      const meant = closest(token.name, [...Object.keys(flags), 'help'])
      const hint = meant ? `Did you mean --${meant}? ` : ''
      throw usage(`pombo ${command} has no ${token.rawName}. ${hint}${help}`)
    }
    if (flag.type === 'string' && !token.value) throw usage(`${token.rawName} needs a value. ${help}`)
    if (flag.type === 'boolean' && token.value !== undefined)
      throw usage(`${token.rawName} takes no value. ${help}`)
  }
  return parseArgs({ args: [...args], options: flags, strict: true }).values
}

export const usage = (message: string): HubError => new HubError('E_USAGE', message)
