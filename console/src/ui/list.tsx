import { useVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { common } from '../words/common.ts'
import { useWords } from '../words/use-words.tsx'
import { Button } from './button.tsx'
import { cx } from './class-names.ts'
import { Checkbox } from './field.tsx'
import { useShortcuts } from './keyboard.tsx'
import { ErrorState, Skeleton } from './states.tsx'
import { useHeldRows } from './use-held-rows.ts'
import { useNarrow } from './use-media.ts'

export interface Column<Row> {
  id: string
  header: string
  cell(row: Row): ReactNode
  /** A track of a CSS grid: `120px`, `minmax(160px, 2fr)`. Default `minmax(96px, 1fr)`. */
  width?: string
  /** Numbers stand to the right. */
  end?: boolean
  sortable?: boolean
}

export interface Sort {
  column: string
  descending: boolean
}

export interface ListProps<Row> {
  label: string
  /** Undefined until they came for the first time. */
  rows: readonly Row[] | undefined
  idOf(row: Row): string
  columns: readonly Column<Row>[]
  /** On a phone: a row as two or three lines in place of columns. */
  narrow?: { height: number; row(row: Row): ReactNode }
  /** A click, or Enter on the cursor. */
  onOpen?(row: NoInfer<Row>): void
  /** The row whose details are shown. */
  opened?: string | undefined
  sort?: Sort
  onSort?(sort: Sort): void
  selected?: ReadonlySet<string>
  onSelect?(selected: ReadonlySet<string>): void
  /** Columns one has hidden. */
  hidden?: ReadonlySet<string>
  error?: unknown
  onRetry?(): void
  /** What to show where there is no row: an {@link EmptyState}. */
  empty: ReactNode
  /** Asked when the end comes into sight. */
  onMore?: (() => void) | undefined
  /** 36 for lists one scans, 44 for lists one acts in. */
  rowHeight?: 36 | 44
  /** The page's own list: `j` and `k` work from anywhere on the page. */
  main?: boolean
  /** New rows come on top while one looks; they wait while the list is in use. */
  live?: boolean
  /** Inside of a section: without a frame of its own, and no higher than its rows. */
  inside?: boolean
}

/** How near (rows) the end may come before more are asked for. */
const AHEAD = 20

/**
 * Rows of any number, of which those in sight exist. Arrow keys, Home and End move the cursor, Enter opens,
 * Space selects; the cursor stays on its row whatever comes above it. A grid by role, since a table cannot leave
 * out the rows that are not in sight; the grid has the focus and the keys, not its rows.
 */
export function List<Row>(props: ListProps<Row>) {
  const { label, rows, columns, hidden, error, onRetry, empty, rowHeight = 44, inside } = props
  if (error && rows === undefined) return <ErrorState error={error} {...(onRetry && { onRetry })} />
  if (rows === undefined) return <LoadingRows label={label} height={rowHeight} inside={inside ?? false} />
  if (rows.length === 0) return <>{empty}</>
  const shown = columns.filter(({ id }) => !hidden?.has(id))
  return <Rows {...props} rows={rows} columns={shown} />
}

function Rows<Row>({
  label,
  rows: all,
  idOf,
  columns,
  narrow,
  onOpen,
  opened,
  sort,
  onSort,
  selected,
  onSelect,
  onMore,
  rowHeight = 44,
  main,
  live,
  inside,
}: ListProps<Row> & { rows: readonly Row[] }) {
  const t = useWords(common)
  const listId = useId()
  const box = useRef<HTMLDivElement>(null)
  const [cursor, setCursor] = useState<string | undefined>(opened)
  const [inUse, setInUse] = useState({ pointer: false, focus: false, scrolled: false })
  const holding = live === true && (inUse.pointer || inUse.scrolled || (inUse.focus && cursor !== undefined))
  const { shown: rows, waiting, release } = useHeldRows(all, idOf, holding)
  const lines = useNarrow() ? narrow : undefined
  const height = lines?.height ?? rowHeight
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    overscan: 8,
    getItemKey: (at) => (rows[at] === undefined ? at : idOf(rows[at])),
    paddingStart: lines ? 0 : 36,
    scrollPaddingStart: lines ? 0 : 36,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: sizes are those of the look, which is what changed
  useEffect(() => virtual.measure(), [height, virtual])
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (last >= rows.length - AHEAD) onMore?.()
  }, [last, rows.length, onMore])

  const at = cursor === undefined ? -1 : rows.findIndex((row) => idOf(row) === cursor)
  const move = (to: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, to))
    const row = rows[next]
    if (row === undefined) return
    setCursor(idOf(row))
    virtual.scrollToIndex(next)
    if (opened !== undefined) onOpen?.(row)
  }
  const toggle = (id: string) => {
    if (!onSelect) return
    const next = new Set(selected)
    if (!next.delete(id)) next.add(id)
    onSelect(next)
  }
  const open = () => rows[at] !== undefined && onOpen?.(rows[at])
  useShortcuts(
    main
      ? [
          { keys: 'j', label: t('nextRow'), run: () => move(at + 1) },
          { keys: 'k', label: t('previousRow'), run: () => move(at - 1) },
          ...(onOpen ? [{ keys: 'Enter', label: t('openRow'), run: open }] : []),
          ...(onSelect
            ? [{ keys: 'x', label: t('selectRow'), run: () => cursor !== undefined && toggle(cursor) }]
            : []),
        ]
      : [],
  )
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== box.current || event.altKey || event.metaKey || event.ctrlKey) return
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / height) - 1)
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: rows.length - 1,
      PageDown: at + page,
      PageUp: at - page,
    }[event.key]
    if (to !== undefined) move(to)
    else if (event.key === 'j' && !main) move(at + 1)
    else if (event.key === 'k' && !main) move(at - 1)
    else if (event.key === 'Enter') open()
    else if (event.key === ' ' && cursor !== undefined) toggle(cursor)
    else return
    event.preventDefault()
  }

  const tracks = [onSelect && '32px', ...columns.map(({ width }) => width ?? 'minmax(96px, 1fr)')]
    .filter(Boolean)
    .join(' ')
  const allSelected = rows.length > 0 && rows.every((row) => selected?.has(idOf(row)))
  return (
    <div
      onPointerEnter={() => setInUse((use) => ({ ...use, pointer: true }))}
      onPointerLeave={() => setInUse((use) => ({ ...use, pointer: false }))}
      className="relative flex min-h-0 grow flex-col"
    >
      {waiting > 0 && (
        <div className="absolute top-10 left-1/2 z-20 -translate-x-1/2">
          <Button
            small
            look="primary"
            icon={<ArrowUp size={14} />}
            onClick={() => {
              release()
              box.current?.scrollTo({ top: 0 })
            }}
          >
            <span aria-live="polite">{t('showNew', { n: waiting })}</span>
          </Button>
        </div>
      )}
      <div
        ref={box}
        role="grid"
        aria-label={label}
        aria-rowcount={rows.length + (lines ? 0 : 1)}
        aria-multiselectable={onSelect ? true : undefined}
        aria-activedescendant={at >= 0 ? `${listId}-${at}` : undefined}
        tabIndex={0}
        data-focus="inside"
        onKeyDown={onKeyDown}
        onFocus={() => setInUse((use) => ({ ...use, focus: true }))}
        onBlur={() => setInUse((use) => ({ ...use, focus: false }))}
        onScroll={(event) => {
          const scrolled = event.currentTarget.scrollTop > 0
          setInUse((use) => (use.scrolled === scrolled ? use : { ...use, scrolled }))
        }}
        className={cx(
          'overflow-auto bg-panel',
          inside ? 'rounded-b-lg' : 'min-h-40 grow rounded-lg border border-line',
        )}
      >
        <div style={{ height: virtual.getTotalSize() }} className={cx('relative', !lines && 'min-w-fit')}>
          {!lines && (
            <div
              role="row"
              aria-rowindex={1}
              style={{ gridTemplateColumns: tracks }}
              className="sticky top-0 z-10 grid h-9 items-center gap-3 border-b border-line bg-panel px-3 text-meta font-strong text-muted"
            >
              {onSelect && (
                <span role="columnheader">
                  <Checkbox
                    bare
                    label={t('selectAll')}
                    checked={allSelected}
                    onChange={(on) => onSelect(on ? new Set(rows.map(idOf)) : new Set())}
                  />
                </span>
              )}
              {columns.map((column) => (
                <Header key={column.id} column={column} sort={sort} onSort={onSort} />
              ))}
            </div>
          )}
          {items.map(({ index, key, start }) => {
            const row = rows[index]
            if (row === undefined) return null
            const id = idOf(row)
            return (
              <div
                key={key}
                id={`${listId}-${index}`}
                role="row"
                aria-rowindex={index + (lines ? 1 : 2)}
                aria-selected={selected ? selected.has(id) : id === opened}
                onClick={() => {
                  setCursor(id)
                  onOpen?.(row)
                }}
                style={{
                  height,
                  translate: `0 ${start}px`,
                  ...(lines ? {} : { gridTemplateColumns: tracks }),
                }}
                className={cx(
                  'absolute inset-x-0 top-0 items-center gap-3 border-b border-line px-3',
                  lines ? 'flex' : 'grid',
                  onOpen && 'cursor-pointer hover:bg-hover',
                  id === opened ? 'bg-tint' : selected?.has(id) && 'bg-tint',
                  id === cursor && 'shadow-[inset_3px_0_0_var(--accent)]',
                )}
              >
                {onSelect && (
                  <span role="gridcell" onClick={(event) => event.stopPropagation()}>
                    <Checkbox
                      bare
                      label={t('selectRow')}
                      checked={selected?.has(id) ?? false}
                      onChange={() => toggle(id)}
                    />
                  </span>
                )}
                {lines ? (
                  <div role="gridcell" className="min-w-0 grow">
                    {lines.row(row)}
                  </div>
                ) : (
                  columns.map((column) => (
                    <div
                      key={column.id}
                      role="gridcell"
                      className={cx('min-w-0 truncate', column.end && 'text-right')}
                    >
                      {column.cell(row)}
                    </div>
                  ))
                )}
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}

function Header<Row>({
  column,
  sort,
  onSort,
}: {
  column: Column<Row>
  sort: Sort | undefined
  onSort: ((sort: Sort) => void) | undefined
}) {
  const t = useWords(common)
  const sorted = sort?.column === column.id ? sort : undefined
  const Arrow = sorted?.descending ? ArrowDown : ArrowUp
  return (
    <div
      role="columnheader"
      aria-sort={sorted ? (sorted.descending ? 'descending' : 'ascending') : undefined}
      className={cx('min-w-0', column.end && 'text-right')}
    >
      {column.sortable && onSort ? (
        <button
          type="button"
          title={t('sortBy', { column: column.header })}
          onClick={() => onSort({ column: column.id, descending: sorted ? !sorted.descending : true })}
          className={cx('inline-flex max-w-full items-center gap-1 hover:text-text', sorted && 'text-text')}
        >
          <span className="truncate">{column.header}</span>
          {sorted && <Arrow size={14} aria-hidden />}
        </button>
      ) : (
        <span className="block truncate">{column.header}</span>
      )}
    </div>
  )
}

function LoadingRows({ label, height, inside }: { label: string; height: number; inside: boolean }) {
  const t = useWords(common)
  return (
    <div
      role="status"
      aria-label={`${label}: ${t('loading')}`}
      className={cx('bg-panel', inside ? 'rounded-b-lg' : 'rounded-lg border border-line')}
    >
      {Array.from({ length: 8 }, (_, at) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
          key={at}
          style={{ height }}
          className="flex items-center gap-4 border-b border-line px-3 last:border-0"
        >
          <Skeleton className="w-24" />
          <Skeleton className={['w-1/3', 'w-1/2', 'w-2/5'][at % 3] ?? 'w-1/3'} />
        </div>
      ))}
    </div>
  )
}
