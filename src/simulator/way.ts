/** Stages of a message in the hub, in order. It is `received` when its delivery was posted. */
export type WayStage = 'received' | 'verified' | 'stored' | 'ordered' | 'handled' | 'sent'

/** How far a message has come in the hub. */
export interface Way {
  /** The hub's id of its event. */
  event: string
  /** Those it is past, in order; `ms` counts from the one before. */
  stages: { stage: WayStage; ms: number }[]
  /** `answered`: everything that came of it went out. `silent`: it is done, and nothing was to be sent. */
  end?: 'answered' | 'silent' | 'unsent'
}

/** What the hub made of everything it acknowledged. */
export interface Tally {
  /** Messages the hub was asked about. */
  followed: number
  /** Acknowledged, and the hub knows nothing of them. */
  lost: number
  /** Stored twice, or sent more often than anything decided to. */
  doubled: number
}
