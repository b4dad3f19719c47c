import { WrapText } from 'lucide-react'
import { useState } from 'react'
import { common } from '../words/common.ts'
import { useWords } from '../words/use-words.tsx'
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

/** Data as text: with copy, wrapping, and a scroll of its own. */
export function CodeView({ value, label, marked, tall }: CodeViewProps) {
  const t = useWords(common)
  const [wrap, setWrap] = useState(true)
  const text = asText(value)
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
          ? text
          : text.split('\n').map((line, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
              <div key={at} className={cx(marked.has(at) && 'bg-note')}>
                {line || ' '}
              </div>
            ))}
      </pre>
    </section>
  )
}

/** @returns text as it is, anything else as indented JSON */
export const asText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '')
