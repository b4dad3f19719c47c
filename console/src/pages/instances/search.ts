/** What of these pages stands in the URL. */

export const VIEWS = ['numbers', 'servers', 'unrouted'] as const
export type View = (typeof VIEWS)[number]
export const isView = (value: unknown): value is View => VIEWS.some((view) => view === value)

export interface InstancesSearch {
  view?: View
  q?: string
  gateway?: string
  state?: string
  tag?: string
  origin?: string
  /** A column; with `-` before it, descending. */
  sort?: string
  /** The server whose numbers are shown. */
  server?: string
}

export const TABS = ['health', 'webhook', 'settings'] as const
export type Tab = (typeof TABS)[number]
export const isTab = (value: unknown): value is Tab => TABS.some((tab) => tab === value)

export interface NumberSearch {
  tab?: Tab
  /** The dialog that links the phone is open. */
  connect?: true
}

export const WAYS = ['create', 'adopt', 'hand'] as const
export type Way = (typeof WAYS)[number]
export const isWay = (value: unknown): value is Way => WAYS.some((way) => way === value)

export interface NewSearch {
  way?: Way
  server?: string
  /** Adopt: its id at the gateway. */
  remote?: string
  /** Adopt a number that has written already: its group, `unr_1`. */
  unrouted?: string
}
