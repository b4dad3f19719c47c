import { type ParseArgsConfig, parseArgs } from 'node:util'
import { closest } from '../core/closest.ts'
import { HubError } from '../core/errors.ts'

type Flags = NonNullable<ParseArgsConfig['options']>

/** Flags of commands that need the configuration. */
export const CONFIG_FLAGS = { config: { type: 'string', short: 'c' } } as const satisfies Flags
/** Flags of commands that ask a running hub. */
export const HUB_FLAGS = { ...CONFIG_FLAGS, hub: { type: 'string' }, key: { type: 'string' } } as const

/**
 * Reads a command's flags. Nothing but them is allowed.
 * @throws HubError E_USAGE naming what is wrong, with a suggestion where one is near
 */
export const parseFlags = <const F extends Flags>(command: string, args: readonly string[], flags: F) =>
  parseCommand(command, args, flags, []).flags

/**
 * Reads a command's flags and the words beside them, of which there must be as many as `words` names. The name
 * of one that may be missing ends in `?`; only the last ones may.
 * @throws HubError E_USAGE naming what is wrong, with a suggestion where one is near
 */
export function parseCommand<const F extends Flags, const W extends readonly string[]>(
  command: string,
  args: readonly string[],
  flags: F,
  words: W,
) {
  const help = `See: pombo ${command} --help`
  const { tokens } = parseArgs({ args: [...args], options: flags, strict: false, tokens: true })
  const given: string[] = []
  const seen = new Set<string>()
  for (const token of tokens) {
    if (token.kind === 'positional') {
      if (given.push(token.value) > words.length)
        throw usage(`pombo ${command} takes no "${token.value}". ${help}`)
    }
    if (token.kind !== 'option') continue
    const flag = flags[token.name]
    if (flag === undefined) {
      const meant = closest(token.name, [...Object.keys(flags), 'help'])
      const hint = meant ? `Did you mean --${meant}? ` : ''
      throw usage(`pombo ${command} has no ${token.rawName}. ${hint}${help}`)
    }
    if (flag.type === 'string' && !token.value) throw usage(`${token.rawName} needs a value. ${help}`)
    // Which of two would count, nobody can tell.
    if (flag.type === 'string' && !flag.multiple && seen.has(token.name))
      throw usage(`--${token.name} is given twice, and takes one value. ${help}`)
    seen.add(token.name)
    if (flag.type === 'boolean' && token.value !== undefined)
      throw usage(`${token.rawName} takes no value. ${help}`)
  }
  const missing = words.slice(given.length).filter((word) => !word.endsWith('?'))
  if (missing.length > 0)
    throw usage(`pombo ${command} needs ${missing.map((word) => `<${word}>`).join(' ')}. ${help}`)
  const { values } = parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: true })
  return { flags: values, words: given as Words<W> }
}

/** A text for each word; what may be missing may be undefined. */
type Words<W extends readonly string[]> = {
  [I in keyof W]: W[I] extends `${string}?` ? string | undefined : string
}

export const usage = (message: string): HubError => new HubError('E_USAGE', message)
