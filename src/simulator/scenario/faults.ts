import type { z } from 'zod'

/** One line: where in the file, what is wrong, what is allowed. Holds no value that was given, except a wrong key. */
export function faultLine(issue: z.core.$ZodIssue): string {
  return `${issue.path.map(String).join('.') || 'the file'}: ${problem(issue)}`
}

function problem(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return `${issue.keys.map(quoted).join(', ')} ${issue.keys.length === 1 ? 'is no key' : 'are no keys'} here; docs/scenario.schema.json has them all`
    case 'invalid_type':
      return isMissing(issue)
        ? `is missing; write ${aKind(issue.expected)}`
        : `must be ${aKind(issue.expected)}`
    case 'invalid_value':
      return `must be ${oneOf(issue.values.map(quoted))}`
    case 'invalid_union':
      return issue.errors.length === 0 ? noSuchChoice(issue) : alternatives(issue.errors)
    case 'invalid_format':
      return issue.pattern === undefined ? issue.message : `must match ${issue.pattern}`
    case 'too_small':
      return `must be ${issue.origin === 'number' ? issue.minimum : `of length ${issue.minimum}`} or more`
    case 'too_big':
      return `must be ${issue.origin === 'number' ? issue.maximum : `of length ${issue.maximum}`} or less`
    default:
      return issue.message
  }
}

/** A union by name, as `do` of a step is. */
function noSuchChoice(issue: z.core.$ZodIssueInvalidUnion): string {
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : []
  const choices = options.length === 0 ? 'what the schema names' : oneOf(options.map(quoted))
  return `must be ${choices}`
}

/** What each alternative would have taken. */
const alternatives = (errors: readonly (readonly z.core.$ZodIssue[])[]): string =>
  `must be ${oneOf(errors.flatMap(([issue]) => (issue ? [problem(issue).replace(/^must be /, '')] : [])))}`

/** The validator tells what was missing in its words only. */
const isMissing = (issue: z.core.$ZodIssue): boolean => /received undefined$/.test(issue.message)
const aKind = (expected: string): string => (/^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`)
const quoted = (value: unknown): string => JSON.stringify(value)
const oneOf = (options: readonly string[]): string =>
  options.length < 2 ? options.join() : `${options.slice(0, -1).join(', ')} or ${options.at(-1)}`
