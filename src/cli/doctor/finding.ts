export type Level = 'ok' | 'warn' | 'fail'

/** One thing the doctor looked at. Holds no secret. */
export interface Finding {
  level: Level
  /** What was looked at. */
  check: Check
  /** The instance it is about. */
  instance?: string
  /** What it is, and what that means. */
  message: string
  /** What to do about it. */
  do?: string
}
export type Check =
  | 'configuration'
  | 'secrets'
  | 'security'
  | 'store'
  | 'access'
  | 'hub'
  | 'gateway'
  | 'clock'
  | 'number'
  | 'webhook'
  | 'capabilities'
  | 'round trip'

type About = Pick<Finding, 'check' | 'instance'>
export const ok = (about: About, message: string): Finding => ({ level: 'ok', ...about, message })
export const warn = (about: About, message: string, what: string): Finding => ({
  level: 'warn',
  ...about,
  message,
  do: what,
})
export const fail = (about: About, message: string, what: string): Finding => ({
  level: 'fail',
  ...about,
  message,
  do: what,
})
