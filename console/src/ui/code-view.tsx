import { WrapText } from 'lucide-react'
import { useState } from 'react'
import { common } from '../words/common.ts'
import { useFormat, useWords } from '../words/use-words.tsx'
import { IconButton } from './button.tsx'
import { cx } from './class-names.ts'
import { CopyButton } from './copy.tsx'

export interface CodeViewProps {
  /** Shown as it is; anything but text as indented JSON. */
  value: unknown
  label: string
  /** Lines (from 0) that are marked, such as those that differ from what is beside it. */
  marked?: ReadonlySet<number>
  tall?: boolean
}

/** Characters that are put into the page: a history of megabytes would hold the browser up. */
const MOST = 100_000

/** Data as text: with copy, wrapping, and a scroll of its own. What is too long to read is cut; copied is all of it. */
export function CodeView({ value, label, marked, tall }: CodeViewProps) {
  const t = useWords(common)
  const [wrap, setWrap] = useState(true)
  const format = useFormat()
  const text = asText(value)
  const shown = cut(text, MOST)
  return (
    <section aria-label={label} className="min-w-0 overflow-hidden rounded border border-line bg-page">
      <header className="flex h-9 items-center gap-1 border-b border-line pr-1 pl-3">
        <span className="min-w-0 grow truncate text-meta font-strong text-muted">{label}</span>
        <IconButton
          small
          label={t('wrap')}
          aria-pressed={wrap}
          icon={<WrapText size={16} />}
          onClick={() => setWrap(!wrap)}
        />
        <CopyButton text={text} />
      </header>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        data-focus="inside"
        className={cx(
          'overflow-auto p-3 font-mono text-meta',
          wrap ? 'break-words whitespace-pre-wrap' : 'whitespace-pre',
          tall ? 'max-h-[70dvh]' : 'max-h-80',
        )}
      >
        {marked === undefined
          ? shown
          : shown.split('\n').map((line, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
              <div key={at} className={cx(marked.has(at) && 'bg-note')}>
                {line || ' '}
              </div>
            ))}
      </pre>
      {shown.length < text.length && (
        <p className="border-t border-line px-3 py-2 text-meta text-muted">
          {t('codeCut', { shown: format.number(shown.length), all: format.number(text.length) })}
        </p>
      )}
    </section>
  )
}

/** Marks that turn the direction of writing would reorder the code around them. */
const TURNS = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
const escaped = (mark: string) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`

/** @returns text as it is, anything else as indented JSON, in which marks of direction are written as escapes */
export const asText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '').replace(TURNS, escaped)

/** Never between the halves of one character. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text
  const half = /[\ud800-\udbff]/.test(text.charAt(most - 1))
  return text.slice(0, half ? most - 1 : most)
}
