import { z } from 'zod'
import { ACTION_SCHEMAS, type ActionName } from '../action-schemas.ts'
import { SHOWN } from '../model.ts'

const name = z.string().min(1).max(63)
const digits = z.string().regex(/^[0-9]{5,20}$/)
const milliseconds = z.int().min(0).max(3_600_000)
const span = z.tuple([milliseconds, milliseconds]).describe('Shortest and longest (ms).')
/** Text, or the environment variable that holds it. */
const secret = z.union([z.string().min(1), z.strictObject({ env: z.string().min(1) })])
export type Secret = z.infer<typeof secret>

const number = z.strictObject({
  instance: name.describe('Id of the instance in the hub.'),
  gateway: z.string().min(1).describe('Which gateway plays it.'),
  generation: name.optional().describe('Version on the wire; the newest unless said.'),
  digits: digits.optional(),
  name: name.optional(),
  secret: secret.optional().describe('What deliveries are signed with.'),
  key: secret.optional().describe('Key in the webhook URL, for gateways that do not sign.'),
  token: secret.optional().describe('Token the hub shows to the gateway.'),
  basicAuth: z.strictObject({ username: z.string(), password: secret }).optional(),
  device: name.optional(),
  loggedOut: z.boolean().optional().describe('It has to be paired first.'),
})

const person = z.strictObject({
  name,
  digits,
  privateDigits: digits.optional(),
  shows: z.enum(SHOWN).optional(),
  devices: z.int().min(0).max(4).optional(),
})

const group = z.strictObject({
  name,
  address: z
    .string()
    .regex(/^group:.{1,128}$/)
    .optional(),
  instance: name,
  members: z.array(name),
  admins: z.array(name).optional(),
  own: z.enum(['admin', 'member']).optional().describe('What our number is in it; an admin unless said.'),
  approval: z.boolean().optional(),
  locked: z.boolean().optional(),
  announce: z.boolean().optional(),
})

const reply = z
  .strictObject({
    text: z.string().optional().describe('Exactly this.'),
    matches: z
      .string()
      .refine(isPattern, 'must be a regular expression')
      .optional()
      .describe('A regular expression, found anywhere in the text.'),
    type: z.string().optional().describe('Type of its content: text, image, poll, …'),
  })
  .refine((one) => Object.values(one).some((value) => value !== undefined), 'needs text, matches or type')
export type ExpectedReply = z.infer<typeof reply>

const expectation = z
  .strictObject({
    do: z.literal('expect'),
    instance: name,
    person: name,
    group: z.string().min(1).max(150).optional(),
    replies: z
      .array(reply)
      .max(1_000)
      .optional()
      .describe('What our number answers there, in this order and none twice; [] for silence.'),
    count: z.int().min(0).max(100_000).optional().describe('How many answers, whatever they say.'),
    withinMs: milliseconds.default(10_000),
    more: z.boolean().default(false).describe('Others may come between and after.'),
  })
  .refine((one) => (one.replies === undefined) !== (one.count === undefined), {
    message: 'exactly one of replies and count is needed',
  })
export type Expectation = z.infer<typeof expectation>

const wait = z.strictObject({ do: z.literal('wait'), ms: milliseconds })

/** What only whoever runs the hub can do is no step: a scenario plays the gateways' side. */
const NO_STEP = ['kill', 'release', 'resolve'] as const satisfies ActionName[]
type NoStep = (typeof NO_STEP)[number]
export type StepAction = Exclude<ActionName, NoStep>
export type ActionStep = { do: StepAction; [field: string]: unknown }

const isStep = (one: string): one is StepAction => !(NO_STEP as readonly string[]).includes(one)
const actionSteps = (Object.keys(ACTION_SCHEMAS) as ActionName[])
  .filter(isStep)
  .map((action) => ACTION_SCHEMAS[action].safeExtend({ do: z.literal(action) }))
export type Step =
  | ActionStep
  | Expectation
  | z.infer<typeof wait>
  | { do: 'repeat'; times: number; steps: Step[] }

const repeat = z.strictObject({
  do: z.literal('repeat'),
  times: z.int().min(1).max(10_000).describe('In texts, {n} is the number of the round, from 1.'),
  get steps() {
    return z.array(step).min(1)
  },
})
const step: z.ZodType<Step> = z.discriminatedUnion('do', [
  expectation,
  wait,
  repeat,
  ...actionSteps,
]) as unknown as z.ZodType<Step>

/** A scenario file: numbers, people and groups, what they do, and what they expect of the hub. */
export const scenarioSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().min(1).max(200),
  about: z.string().optional(),
  port: z.int().min(0).max(65_535).default(3_002).describe('Where the hub finds the gateways.'),
  numbers: z.array(number).min(1).max(100),
  people: z.array(person).min(1).max(200),
  groups: z.array(group).max(50).default([]),
  timing: z
    .strictObject({
      deliveredMs: span.optional(),
      readMs: span.optional(),
      latencyMs: milliseconds.optional(),
      jitterMs: milliseconds.optional().describe('Deliveries overtake each other by up to this much.'),
      delayMs: milliseconds.optional().describe('How late a delayed delivery is.'),
      scanMs: z.union([milliseconds, z.literal('never')]).optional(),
    })
    .default({}),
  settleMs: milliseconds
    .default(1_500)
    .describe('How long answers nobody expects are waited for at the end.'),
  steps: z.array(step).default([]),
})
export type Scenario = z.infer<typeof scenarioSchema>
export type ScenarioNumber = z.infer<typeof number>

/** In a repetition {n} becomes the number of the round before it is used. */
function isPattern(text: string): boolean {
  try {
    new RegExp(text.replaceAll('{n}', '1'), 'u')
    return true
  } catch {
    return false
  }
}
