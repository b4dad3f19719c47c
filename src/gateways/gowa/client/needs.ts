/** Major and minor. */
export type Version = readonly [major: number, minor: number]
/** Something that came with a version, in words. */
export interface Need {
  what: string
  since: Version
}

/** What came when, as far as this client cares. */
export const NEEDS = {
  stickers: { what: 'stickers', since: [7, 7] },
  devices: { what: 'several devices', since: [8, 0] },
  ephemeral: { what: 'disappearing messages', since: [8, 0] },
  archive: { what: 'archiving chats', since: [8, 1] },
  mentions: { what: 'mentions', since: [8, 1] },
  documentUrl: { what: 'documents by address', since: [8, 2] },
  rejectCall: { what: 'rejecting calls', since: [8, 9] },
  webhook: { what: 'a webhook per device', since: [8, 10] },
  forward: { what: 'forwarding', since: [8, 11] },
} as const satisfies Record<string, Need>
