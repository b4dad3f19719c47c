/** What of these pages stands in the URL. */

export const TABS = ['all', 'dead', 'sends', 'deliveries', 'replays'] as const
export type Tab = (typeof TABS)[number]
export const isTab = (value: unknown): value is Tab => TABS.some((tab) => tab === value)

/** Values of one filter, several of them with commas between. Times are ISO 8601. */
export interface EventFilters {
  instance?: string
  kind?: string
  status?: string
  author?: string
  chat?: string
  from?: string
  to?: string
  /** An id that occurs in it: of the event, its delivery, a command, a message at its gateway. */
  id?: string
}
export interface EventsSearch extends EventFilters {
  /** `all` where none is named. */
  tab?: Tab
  /** State of the sends shown. */
  state?: string
  /** What is open beside the list: an event or a send. */
  open?: string
}

const FILTERS = ['instance', 'kind', 'status', 'author', 'chat', 'from', 'to', 'id'] as const

/** A number too: that is what the URL makes of an id of digits. */
const text = (value: unknown): string | undefined =>
  (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : undefined

/** Without what is not there. */
export const present = <T extends object>(values: T) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }

export const readSearch = (search: Record<string, unknown>): EventsSearch =>
  present({
    tab: isTab(search.tab) && search.tab !== 'all' ? search.tab : undefined,
    ...Object.fromEntries(FILTERS.map((name) => [name, text(search[name])])),
    state: text(search.state),
    open: text(search.open),
  })

/** @returns only the named filters of a search */
export const pick = <K extends keyof EventFilters>(
  search: EventFilters,
  names: readonly K[],
): Pick<EventFilters, K> =>
  present(Object.fromEntries(names.map((name) => [name, search[name]]))) as Pick<EventFilters, K>
