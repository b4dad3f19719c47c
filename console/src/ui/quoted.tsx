import { cx } from './class-names.ts'
import { shorten } from './shorten.ts'

/** Longest text that is put into the page; more would not be read in a line anyway. */
const MOST = 400

/**
 * Words of somebody outside, such as a message: shown as text whatever is in it, in its own direction of writing,
 * cut after some lines.
 */
export function Quoted({ text, lines = 1 }: { text: string; lines?: 1 | 2 }) {
  return (
    <bdi dir="auto" className={cx('min-w-0 text-text', lines === 1 ? 'line-clamp-1' : 'line-clamp-2')}>
      {shorten(text, MOST)}
    </bdi>
  )
}
