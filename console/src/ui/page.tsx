import { X } from 'lucide-react'
import { type ReactNode, useEffect, useRef } from 'react'
import { common } from '../words/common.ts'
import { useWords } from '../words/use-words.tsx'
import { IconButton } from './button.tsx'
import { cx } from './class-names.ts'
import { useEscape } from './keyboard.tsx'

export interface PageProps {
  title: string
  /** Beside the title: what one does here. */
  actions?: ReactNode
  /** Below the title: one line about what is seen. */
  subtitle?: ReactNode
  /** A {@link Drawer} beside the content, over it where there is no room. */
  aside?: ReactNode
  /** The content has scrolls of its own and takes the full height: a page that is a list. */
  fill?: boolean
  children: ReactNode
}

/** The frame of every page: its title is the document's too. */
export function Page({ title, actions, subtitle, aside, fill, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Pombo`
  }, [title])
  return (
    <div className="flex h-full min-h-0">
      <div className={cx('flex min-w-0 grow flex-col', !fill && 'overflow-y-auto')}>
        <div
          className={cx('mx-auto flex w-full max-w-[1440px] flex-col px-4 lg:px-6', fill && 'min-h-0 grow')}
        >
          <header className="flex flex-wrap items-center gap-x-4 gap-y-2 py-4">
            <div className="min-w-0 grow">
              <h1 className="text-title font-strong">{title}</h1>
              {subtitle !== undefined && <p className="text-muted">{subtitle}</p>}
            </div>
            {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
          </header>
          <div className={cx(fill ? 'flex min-h-0 grow flex-col' : 'pb-8')}>{children}</div>
        </div>
      </div>
      {aside}
    </div>
  )
}

/** A part of a page with a heading of its own. */
export function Section({
  title,
  actions,
  children,
  flush,
}: {
  title: string
  actions?: ReactNode
  children: ReactNode
  /** The content goes to the edges: a list. */
  flush?: boolean
}) {
  return (
    <section className="mb-4 rounded-lg border border-line bg-panel">
      <header className="flex min-h-12 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
        <h2 className="min-w-0 grow font-strong">{title}</h2>
        {actions}
      </header>
      <div className={flush ? '' : 'p-4'}>{children}</div>
    </section>
  )
}

/**
 * Details of one thing beside the list it is from, which stays usable: `j` and `k` go on. Esc closes it, and
 * focus goes back to where it was.
 */
export function Drawer({
  title,
  onClose,
  actions,
  children,
  wide,
}: {
  title: ReactNode
  onClose(): void
  actions?: ReactNode
  children: ReactNode
  wide?: boolean
}) {
  const t = useWords(common)
  const box = useRef<HTMLElement>(null)
  useEscape(onClose)
  useEffect(() => {
    const before = document.activeElement
    box.current?.focus({ preventScroll: true })
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
    }
  }, [])
  return (
    <aside
      ref={box}
      tabIndex={-1}
      aria-label={t('details')}
      className={cx(
        'flex animate-from-right flex-col border-line bg-panel outline-none max-lg:fixed max-lg:inset-0 max-lg:z-30 lg:shrink-0 lg:border-l',
        wide ? 'lg:w-[min(760px,55vw)]' : 'lg:w-[min(480px,45vw)]',
      )}
    >
      <header className="flex min-h-13 items-center gap-2 border-b border-line px-4">
        <h2 className="min-w-0 grow truncate font-strong">{title}</h2>
        {actions}
        <IconButton small label={t('close')} icon={<X size={16} />} onClick={onClose} />
      </header>
      <div className="min-h-0 grow overflow-y-auto p-4">{children}</div>
    </aside>
  )
}

/** Names and what they are, under each other. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className="grid gap-x-4 gap-y-2 max-sm:gap-y-0 sm:grid-cols-[minmax(96px,max-content)_minmax(0,1fr)]">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 max-sm:mb-2">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
