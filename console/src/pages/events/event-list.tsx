import { Activity } from 'lucide-react'
import type { ReactNode } from 'react'
import type { EventSummary } from '../../../../src/http/contract/events.ts'
import { Button } from '../../ui/button.tsx'
import { type Column, List } from '../../ui/list.tsx'
import { EmptyState, LoadingState } from '../../ui/states.tsx'
import { common } from '../../words/common.ts'
import { useWords } from '../../words/use-words.tsx'
import { HIDDEN_BESIDE, NARROW_HEIGHT, NarrowEvent } from './columns.tsx'
import type { LiveRows } from './live-list.ts'
import { words } from './words.ts'

/** Events under each other, live. What is not found at once is looked for further back. */
export function EventList({
  label,
  events,
  columns,
  hidden,
  open,
  onOpen,
  selected,
  onSelect,
  empty,
  onClear,
}: {
  label: string
  events: LiveRows<EventSummary>
  columns: readonly Column<EventSummary>[]
  hidden?: ReadonlySet<string>
  open: string | undefined
  onOpen(id: string): void
  selected: ReadonlySet<string>
  /** Missing where nothing can be done with what is selected. */
  onSelect: ((selected: ReadonlySet<string>) => void) | undefined
  /** Where there are none at all. */
  empty: ReactNode
  /** Takes the filters away; undefined where there are none. */
  onClear: (() => void) | undefined
}) {
  const t = useWords(words)
  const shared = useWords(common)
  const { searching, onFurther, ...rows } = events
  return (
    <List
      {...rows}
      main
      live
      label={label}
      idOf={({ id }) => id}
      columns={columns}
      rowHeight={36}
      hidden={open === undefined ? (hidden ?? NONE) : new Set([...(hidden ?? NONE), ...HIDDEN_BESIDE])}
      opened={open}
      onOpen={({ id }) => onOpen(id)}
      {...(onSelect && { selected, onSelect })}
      narrow={{ height: NARROW_HEIGHT, row: (row) => <NarrowEvent row={row} /> }}
      empty={
        searching ? (
          <div>
            <p role="status" className="px-4 pt-4 text-muted">
              {t('searching')}
            </p>
            <LoadingState />
          </div>
        ) : onFurther ? (
          <EmptyState title={t('further')} action={<Button onClick={onFurther}>{t('lookFurther')}</Button>}>
            {t('furtherHint')}
          </EmptyState>
        ) : onClear ? (
          <EmptyState
            icon={<Activity size={24} aria-hidden />}
            title={shared('noMatch')}
            action={<Button onClick={onClear}>{t('clearFilters')}</Button>}
          >
            {shared('noMatchHint')}
          </EmptyState>
        ) : (
          empty
        )
      }
    />
  )
}

const NONE: ReadonlySet<string> = new Set()
