import type { FactOf, Identity } from '../../../core/events.ts'
import { withoutDevice } from '../wire/address.ts'

/**
 * A pin may be told twice: as a message and as an update, with times of different precision. Both get the
 * same identity, which holds the second it happened in, so that pinning again later is news.
 * @param at ms since 1970
 */
export const pinIdentity = (chat: string, { target, pinned }: FactOf<'pin'>, at: number): Identity => ({
  type: 'fact',
  parts: [withoutDevice(chat), target, pinned ? 'pinned' : 'unpinned', String(Math.floor(at / 1000))],
})
