import { z } from 'zod'
import { closest } from '../core/closest.ts'
import { type ErrorCode, HubError } from '../core/errors.ts'

/** One thing that is wrong with a configuration. Holds names, never the value that was given. */
export interface Fault {
  code: ErrorCode
  /** Whether an environment variable is at fault, and not the file. */
  environment: boolean
  /** Where, e.g. `instances[0].webhook.secrets[0]`. */
  path: string
  /** What is wrong, to be read after the path. */
  problem: string
  /** What to do. */
  mend: string
}
export type Path = readonly (string | number)[]

/** Gathers every fault, so that nobody has to start the hub five times to learn of five. */
export class Faults {
  readonly #found: (Fault & { parts: Path })[] = []
  readonly #unset: string[] = []
  readonly #environment: ReadonlySet<unknown>

  /** @param environment variables whose faults are told under their own name */
  constructor(environment: readonly string[] = []) {
    this.#environment = new Set(environment)
  }

  add(path: Path, problem: string, mend: string, code: ErrorCode = 'E_CONFIG'): void {
    const place = pathText(path)
    // What an unset variable would have said cannot be judged: its absence is the one fault there.
    if (!this.#unset.some((unset) => place === unset || place.startsWith(`${unset}.`))) {
      const environment = path.length === 1 && this.#environment.has(path[0])
      this.#found.push({ code, environment, path: place, problem, mend, parts: path })
    }
  }

  unset(path: Path, variable: string, empty: boolean): void {
    this.add(
      path,
      `names the environment variable ${variable}, which is ${empty ? 'set but empty' : 'not set'}`,
      `Set ${variable}, or write the value here.`,
      'E_CONFIG_ENV_MISSING',
    )
    this.#unset.push(pathText(path))
  }

  /**
   * @param written what the faults were found in, for their order
   * @throws HubError E_CONFIG with one line per fault, if there is one
   */
  throwIfAny(source: string, written: unknown): void {
    const count = this.#found.length
    if (count === 0) return
    // As they stand in the file, so that one reads it once; the environment's at the end.
    const faults = this.#found
      .map(({ parts, ...fault }) => ({ fault, place: placeIn(written, parts) }))
      .sort((a, b) => Number(a.fault.environment) - Number(b.fault.environment) || compare(a.place, b.place))
      .map(({ fault }) => fault)
    const culprits = [
      ...(faults.some(({ environment }) => !environment) ? [source] : []),
      ...(faults.some(({ environment }) => environment) && source !== ENVIRONMENT ? [ENVIRONMENT] : []),
    ].join(' and ')
    const have = culprits.includes(' and ') ? 'have' : 'has'
    const lines = faults.map(({ code, path, problem, mend }) => `${code}: ${path} ${problem}. ${mend}`)
    const head = `${culprits || source} ${have} ${count} ${count === 1 ? 'fault' : 'faults'}.`
    throw new HubError('E_CONFIG', [head.replace(/^t/, 'T'), ...lines].join('\n'), {
      details: { source, faults },
    })
  }
}

/** Where a configuration comes from that no file holds. */
export const ENVIRONMENT = 'the environment'

/** Position of a path among its neighbours, level by level; what is missing stands behind its neighbours. */
function placeIn(written: unknown, path: Path): number[] {
  let at = written
  return path.map((part) => {
    const keys = typeof at === 'object' && at !== null ? Object.keys(at) : []
    const index = keys.indexOf(String(part))
    at = index < 0 ? undefined : Reflect.get(at as object, part)
    return index < 0 ? keys.length : index
  })
}

function compare(a: readonly number[], b: readonly number[]): number {
  const level = a.findIndex((place, index) => place !== b[index])
  return level < 0 ? 0 : (a[level] ?? 0) - (b[level] ?? -1)
}

/** `['instances', 0, 'webhook']` → `instances[0].webhook` */
export const pathText = (path: Path): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  )

/** A rule on top of a schema: what is wrong with a value and how to mend it, or nothing. */
export const ruled = <S extends z.ZodType>(schema: S, rule: (value: z.output<S>) => Verdict | undefined) =>
  schema.superRefine((value, context) => {
    const broken = rule(value)
    if (broken) context.addIssue({ code: 'custom', message: broken.problem, params: broken })
  })

/** The value as the schema gives it; undefined, with the faults noted, when it does not fit. */
export function readValue<S extends z.ZodType>(
  schema: S,
  value: unknown,
  path: Path,
  faults: Faults,
): z.output<S> | undefined {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  for (const issue of result.error.issues) noteIssue(issue, schema, path, faults)
  return undefined
}

type Fields = Record<string, z.ZodType>

/**
 * Reads an object field by field, so that one that does not fit hides no other. Unknown keys are faults.
 * @param alsoKnown keys that somebody else reads
 */
export function readFields<F extends Fields>(
  fields: F,
  value: unknown,
  path: Path,
  faults: Faults,
  alsoKnown: readonly string[] = [],
): { [K in keyof F]?: z.output<F[K]> } {
  if (value !== undefined && !isPlainObject(value)) {
    faults.add(path, 'must be an object', `Its keys are ${Object.keys(fields).join(', ')}.`)
    return {}
  }
  const given: Record<string, unknown> = value ?? {}
  const known = [...Object.keys(fields), ...alsoKnown]
  for (const key of Object.keys(given)) if (!known.includes(key)) noteUnknown(key, known, path, faults)
  const read = Object.entries(fields).map(([key, schema]) => [
    key,
    readValue(schema, given[key], [...path, key], faults),
  ])
  return Object.fromEntries(read)
}

export function noteUnknown(key: string, known: readonly string[], path: Path, faults: Faults): void {
  const meant = closest(key, known)
  const mend = meant ? `Did you mean "${meant}"?` : `Known here: ${known.join(', ')}.`
  faults.add([...path, key], 'is not a key of the configuration', mend)
}

/** Names and values of plain objects only: class instances and functions belong to whoever made them. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

type Verdict = Pick<Fault, 'problem' | 'mend'> & { code?: ErrorCode }

function noteIssue(issue: z.core.$ZodIssue, schema: z.ZodType, base: Path, faults: Faults): void {
  const path = [...base, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))]
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path)
    for (const key of issue.keys) noteUnknown(key, known, path, faults)
  } else {
    const { problem, mend, code } = verdict(issue, issue.path.length === 0 ? schema : undefined)
    faults.add(path, problem, mend, code)
  }
}

/** Own words for the validator's; words that a schema brings along are kept. */
function verdict(issue: z.core.$ZodIssue, schema: z.ZodType | undefined): Verdict {
  const generic = /^Invalid (input|option)/.test(issue.message)
  if (issue.code === 'custom' && isVerdict(issue.params)) return issue.params
  if (issue.code === 'invalid_type' && generic) {
    const mend = `Write ${aKind(issue.expected)}.`
    if (!/received undefined$/.test(issue.message)) return { problem: 'is of the wrong type', mend }
    const example = schema?.meta()?.example
    return { problem: 'is missing', mend: typeof example === 'string' ? `Write ${example}.` : mend }
  }
  if (issue.code === 'invalid_value' && generic) {
    return {
      problem: 'is none of the allowed values',
      mend: `Allowed: ${issue.values.map(String).join(', ')}.`,
    }
  }
  return {
    problem: `does not fit: ${issue.message.replace(/\.$/, '')}`,
    mend: 'Look it up in docs/configuration.md.',
  }
}

const isVerdict = (params: object | undefined): params is Verdict =>
  params !== undefined && 'problem' in params && 'mend' in params

const aKind = (expected: string): string =>
  ({
    string: 'text, or { "env": "NAME" } for the value of an environment variable',
    int: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    array: 'a list',
    object: 'an object',
    record: 'an object',
  })[expected] ?? `of the kind ${expected}`

/** Keys of the object schema that lies at a path inside a schema. */
function keysAt(schema: z.core.$ZodType | undefined, path: readonly PropertyKey[]): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable) {
    return keysAt(schema.unwrap(), path)
  }
  const [part, ...rest] = path
  if (schema instanceof z.ZodObject) {
    return part === undefined ? Object.keys(schema.shape) : keysAt(schema.shape[String(part)], rest)
  }
  if (schema instanceof z.ZodArray) return keysAt(schema.element, rest)
  if (schema instanceof z.ZodRecord) return keysAt(schema.valueType, rest)
  return []
}
