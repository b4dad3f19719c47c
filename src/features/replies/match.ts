import { RE2JS } from 're2js'
import { fold, hasWords } from '../../bot/text.ts'

export const MODES = ['exact', 'prefix', 'word', 'regex'] as const
/** How a rule's text is compared with a message. */
export type Mode = (typeof MODES)[number]

/** What a customer wrote: as written, and with case, accents and surrounding space set aside. */
export interface Said {
  readonly text: string
  readonly plain: string
}
export const said = (text: string): Said => ({ text, plain: plain(text) })
/** Does this match? */
export type Matcher = (said: Said) => boolean

/** Of longer messages an expression sees the beginning only. */
const REGEX_SEES = 4096
/** Largest compiled expression: its steps times the text's length is the time one message may cost. */
const REGEX_STEPS = 1000

const plain = (text: string): string => fold(text).trim()

/**
 * Compiles one text of a rule.
 * @returns what is wrong with it, for the owner, when it cannot be used
 */
export function compileMatch(mode: Mode, match: string): Matcher | { problem: string; mend: string } {
  if (mode === 'regex') return compileRegex(match)
  const wanted = plain(match)
  if (wanted === '') return { problem: 'holds nothing to match', mend: 'Write at least one letter or sign.' }
  switch (mode) {
    case 'exact':
      return (given) => given.plain === wanted
    case 'prefix':
      return (given) => given.plain.startsWith(wanted)
    case 'word':
      return (given) => hasWords(given.plain, wanted)
  }
}

/** Linear in the length of the text, whatever the expression: no customer can stop the hub with a message. */
function compileRegex(source: string): Matcher | { problem: string; mend: string } {
  let pattern: RE2JS
  try {
    pattern = RE2JS.compile(source.normalize('NFC'), RE2JS.CASE_INSENSITIVE)
  } catch (error) {
    return {
      problem: `is no expression that can be used: ${error instanceof Error ? error.message : 'it cannot be read'}`,
      mend: 'Use RE2 syntax (https://github.com/google/re2/wiki/Syntax): no look-around, no back-references.',
    }
  }
  if (pattern.programSize() > REGEX_STEPS)
    return {
      problem: 'is too large an expression',
      mend: 'Use smaller counts in { }, or split it into rules.',
    }
  return ({ text }) => pattern.matcher(text.slice(0, REGEX_SEES).normalize('NFC')).find()
}
