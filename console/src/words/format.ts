import type { Language } from './define.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A moment as the API writes it (ISO 8601), in ms since 1970, or as a Date. */
export type Moment = string | number | Date

/** How one language writes numbers, times and amounts. */
export interface Format {
  number(value: number): string
  /** 0.123 → 12.3 % */
  percent(ratio: number): string
  /** 1500 → 1.5 kB */
  bytes(value: number): string
  /** A span of time in ms, in the unit that suits it: 340 ms, 2.4 s, 3 min, 5 h, 2 days. */
  duration(ms: number): string
  date(at: Moment): string
  /** Day and month, for where the year is plain. */
  day(at: Moment): string
  /** Hours and minutes; with `seconds`, those too. */
  time(at: Moment, options?: { seconds?: boolean }): string
  /** Date and time to the second, with the zone: what a tooltip shows. */
  exact(at: Moment): string
  /** "3 minutes ago", "in 2 hours". */
  relative(at: Moment, now?: number): string
  list(items: readonly string[]): string
}

/** @returns how `language` writes things, in the time zone of the browser unless one is named */
export function createFormat(language: Language, timeZone?: string): Format {
  const zone = timeZone === undefined ? {} : { timeZone }
  const number = new Intl.NumberFormat(language)
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 })
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium', ...zone })
  const day = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', ...zone })
  const time = new Intl.DateTimeFormat(language, { timeStyle: 'short', ...zone })
  const seconds = new Intl.DateTimeFormat(language, { timeStyle: 'medium', ...zone })
  const exact = new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'long', ...zone })
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' })
  const list = new Intl.ListFormat(language, { type: 'conjunction' })
  const unit = (value: number, name: string, digits: number, display: 'short' | 'long' = 'short') =>
    new Intl.NumberFormat(language, {
      style: 'unit',
      unit: name,
      unitDisplay: display,
      maximumFractionDigits: digits,
    }).format(value)

  return {
    number: (value) => number.format(value),
    percent: (ratio) => percent.format(ratio),
    bytes(value) {
      const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
      const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)))
      return unit(value / 1000 ** power, units[power] ?? 'byte', power === 0 ? 0 : 1)
    },
    duration(ms) {
      if (ms < SECOND) return unit(ms, 'millisecond', ms < 10 ? 1 : 0)
      if (ms < MINUTE) return unit(ms / SECOND, 'second', ms < 10 * SECOND ? 1 : 0)
      if (ms < HOUR) return unit(Math.floor(ms / MINUTE), 'minute', 0)
      if (ms < 2 * DAY) return unit(Math.floor(ms / HOUR), 'hour', 0)
      return unit(Math.floor(ms / DAY), 'day', 0, 'long')
    },
    day: (at) => day.format(new Date(at)),
    date: (at) => date.format(new Date(at)),
    time: (at, options) => (options?.seconds ? seconds : time).format(new Date(at)),
    exact: (at) => exact.format(new Date(at)),
    relative(at, now = Date.now()) {
      const away = new Date(at).getTime() - now
      const size = Math.abs(away)
      if (size < 45 * SECOND) return relative.format(Math.round(away / SECOND), 'second')
      if (size < 45 * MINUTE) return relative.format(Math.round(away / MINUTE), 'minute')
      if (size < 22 * HOUR) return relative.format(Math.round(away / HOUR), 'hour')
      return relative.format(Math.round(away / DAY), 'day')
    },
    list: (items) => list.format(items),
  }
}
