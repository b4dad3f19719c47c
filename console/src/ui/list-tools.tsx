import { Bookmark, Columns3, ListFilter, Search, X } from 'lucide-react'
import { type ReactNode, useId, useRef, useState } from 'react'
import { recall, remember } from '../api/memory.ts'
import { common } from '../words/common.ts'
import { useWords } from '../words/use-words.tsx'
import { Button, IconButton } from './button.tsx'
import { type Choice, TextField } from './field.tsx'
import { useEscape, useShortcuts } from './keyboard.tsx'
import type { Column } from './list.tsx'
import { Menu, MenuCheck, MenuItem, MenuLabel } from './menu.tsx'
import { Popover } from './popover.tsx'

/** A filter of a list: one of `choices`, or any text where there are none. */
export interface Filter {
  id: string
  label: string
  choices?: readonly Choice<string>[]
}
/** What is filtered by, as it stands in the URL. */
export type FilterValues = Readonly<Record<string, string | undefined>>

export interface ListBarProps {
  /** Names what is remembered: hidden columns and saved filters. */
  name: string
  filters?: readonly Filter[]
  values?: FilterValues
  onChange?(values: FilterValues): void
  search?: string
  onSearch?(text: string): void
  searchLabel?: string
  /** How many rows there are; `more` when that is only what was loaded. */
  count?: { n: number; more?: boolean } | undefined
  children?: ReactNode
}

/** Above a list: search, filters as chips that can be saved, the count, and what the page adds. */
export function ListBar(props: ListBarProps) {
  const { filters = [], values = {}, onChange, search, onSearch, count, children } = props
  const t = useWords(common)
  const active = filters.filter(({ id }) => values[id] !== undefined)
  return (
    <div className="flex flex-wrap items-center gap-2 pb-3">
      {onSearch && (
        <SearchBox label={props.searchLabel ?? t('search')} value={search ?? ''} onChange={onSearch} />
      )}
      {active.map((filter) => (
        <Chip
          key={filter.id}
          filter={filter}
          value={values[filter.id] ?? ''}
          onRemove={() => onChange?.({ ...values, [filter.id]: undefined })}
        />
      ))}
      {filters.length > 0 && onChange && (
        <FilterMenu filters={filters} onPick={(id, value) => onChange({ ...values, [id]: value })} />
      )}
      {filters.length > 0 && onChange && (
        <SavedFilters name={props.name} values={values} onChange={onChange} canSave={active.length > 0} />
      )}
      <span className="grow" />
      {count !== undefined && count.n > 0 && (
        <output className="text-meta text-muted">
          {count.more ? t('rowsOrMore', { n: count.n }) : t('rows', { n: count.n })}
        </output>
      )}
      {children}
    </div>
  )
}

/** `/` leads here; Esc empties it, then leaves it. */
export function SearchBox({
  label,
  value,
  onChange,
}: {
  label: string
  value: string
  onChange(text: string): void
}) {
  const t = useWords(common)
  const input = useRef<HTMLInputElement>(null)
  const [focused, setFocused] = useState(false)
  useShortcuts([{ keys: '/', label, run: () => input.current?.select() }])
  useEscape(() => (value === '' ? input.current?.blur() : onChange('')), focused)
  return (
    <div className="relative w-64 max-w-full grow sm:grow-0">
      <Search size={16} aria-hidden className="pointer-events-none absolute top-2.5 left-2.5 text-muted" />
      <input
        ref={input}
        type="text"
        inputMode="search"
        aria-label={label}
        aria-keyshortcuts="/"
        placeholder={label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        className="h-9 w-full rounded border border-line-strong bg-panel pr-8 pl-8"
      />
      {value !== '' && (
        <span className="absolute top-1 right-1">
          <IconButton small label={t('clear')} icon={<X size={16} />} onClick={() => onChange('')} />
        </span>
      )}
    </div>
  )
}

function Chip({ filter, value, onRemove }: { filter: Filter; value: string; onRemove(): void }) {
  const t = useWords(common)
  const shown = filter.choices?.find((choice) => choice.value === value)?.label ?? value
  return (
    <span className="inline-flex h-7 max-w-full items-center gap-1 rounded-full bg-tint pr-1 pl-3 text-meta">
      <span className="truncate">
        {filter.label}: <strong className="font-strong">{shown}</strong>
      </span>
      <button
        type="button"
        aria-label={t('removeFilter', { filter: filter.label })}
        onClick={onRemove}
        className="rounded-full p-0.5 hover:bg-hover"
      >
        <X size={14} aria-hidden />
      </button>
    </span>
  )
}

function FilterMenu({
  filters,
  onPick,
}: {
  filters: readonly Filter[]
  onPick(id: string, value: string): void
}) {
  const t = useWords(common)
  const [open, setOpen] = useState(false)
  return (
    <Popover
      label={t('filters')}
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button small look="quiet" icon={<ListFilter size={16} />}>
          {t('addFilter')}
        </Button>
      }
    >
      <div className="grid max-h-96 gap-3 overflow-y-auto">
        {filters.map((filter) => (
          <FilterChoice
            key={filter.id}
            filter={filter}
            onPick={(value) => {
              onPick(filter.id, value)
              setOpen(false)
            }}
          />
        ))}
      </div>
    </Popover>
  )
}

function FilterChoice({ filter, onPick }: { filter: Filter; onPick(value: string): void }) {
  const t = useWords(common)
  const [text, setText] = useState('')
  const titleId = useId()
  if (!filter.choices)
    return (
      <form
        className="flex items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault()
          if (text.trim() !== '') onPick(text.trim())
        }}
      >
        <div className="grow">
          <TextField label={filter.label} value={text} onChange={setText} />
        </div>
        <Button type="submit">{t('add')}</Button>
      </form>
    )
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is sent together
    <div role="group" aria-labelledby={titleId}>
      <p id={titleId} className="mb-1 text-meta font-strong text-muted">
        {filter.label}
      </p>
      <div className="flex flex-wrap gap-1">
        {filter.choices.map((choice) => (
          <Button key={choice.value} small onClick={() => onPick(choice.value)}>
            {choice.label}
          </Button>
        ))}
      </div>
    </div>
  )
}

interface Saved {
  name: string
  values: FilterValues
}
const isSaved = (one: unknown): one is Saved =>
  typeof one === 'object' && one !== null && 'name' in one && 'values' in one

function readSaved(name: string): readonly Saved[] {
  try {
    const found: unknown = JSON.parse(recall(`filters.${name}`) ?? '[]')
    return Array.isArray(found) ? found.filter(isSaved) : []
  } catch {
    return []
  }
}

function SavedFilters({
  name,
  values,
  onChange,
  canSave,
}: {
  name: string
  values: FilterValues
  onChange(values: FilterValues): void
  canSave: boolean
}) {
  const t = useWords(common)
  const [saved, setSaved] = useState(() => readSaved(name))
  const [open, setOpen] = useState(false)
  const [title, setTitle] = useState('')
  const keep = (next: readonly Saved[]) => {
    setSaved(next)
    remember(`filters.${name}`, JSON.stringify(next))
  }
  if (!canSave && saved.length === 0) return null
  return (
    <Popover
      label={t('savedFilters')}
      open={open}
      onOpenChange={setOpen}
      trigger={<IconButton small label={t('savedFilters')} icon={<Bookmark size={16} />} />}
    >
      <div className="grid gap-3">
        {saved.map((one) => (
          <div key={one.name} className="flex items-center gap-2">
            <div className="min-w-0 grow">
              <Button
                grow
                small
                onClick={() => {
                  onChange(one.values)
                  setOpen(false)
                }}
              >
                <span className="truncate">{one.name}</span>
              </Button>
            </div>
            <IconButton
              small
              label={t('deleteFilter', { filter: one.name })}
              icon={<X size={16} />}
              onClick={() => keep(saved.filter(({ name: other }) => other !== one.name))}
            />
          </div>
        ))}
        {canSave && (
          <form
            className="flex items-end gap-2"
            onSubmit={(event) => {
              event.preventDefault()
              const given = title.trim()
              if (given === '') return
              keep([...saved.filter((one) => one.name !== given), { name: given, values }])
              setTitle('')
              setOpen(false)
            }}
          >
            <div className="grow">
              <TextField
                label={t('saveFilter')}
                placeholder={t('nameOfFilter')}
                value={title}
                onChange={setTitle}
              />
            </div>
            <Button type="submit">{t('save')}</Button>
          </form>
        )}
      </div>
    </Popover>
  )
}

/** Which columns of a list one has hidden, remembered under `name`. */
export function useHiddenColumns(name: string): [ReadonlySet<string>, (hidden: ReadonlySet<string>) => void] {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(
    () => new Set((recall(`columns.${name}`) ?? '').split(' ').filter(Boolean)),
  )
  return [
    hidden,
    (next) => {
      setHidden(next)
      remember(`columns.${name}`, [...next].join(' '))
    },
  ]
}

/** Shows and hides columns; the first one stays. */
export function ColumnsMenu<Row>({
  columns,
  hidden,
  onChange,
}: {
  columns: readonly Column<Row>[]
  hidden: ReadonlySet<string>
  onChange(hidden: ReadonlySet<string>): void
}) {
  const t = useWords(common)
  return (
    <Menu trigger={<IconButton small label={t('columns')} icon={<Columns3 size={16} />} />}>
      <MenuLabel>{t('columns')}</MenuLabel>
      {columns.slice(1).map((column) => (
        <MenuCheck
          key={column.id}
          checked={!hidden.has(column.id)}
          onChange={(on) => {
            const next = new Set(hidden)
            if (on) next.delete(column.id)
            else next.add(column.id)
            onChange(next)
          }}
        >
          {column.header}
        </MenuCheck>
      ))}
      {hidden.size > 0 && <MenuItem onSelect={() => onChange(new Set())}>{t('clear')}</MenuItem>}
    </Menu>
  )
}

/** What to do with the rows that are selected. Esc clears the selection. */
export function BulkBar({
  count,
  onClear,
  children,
}: {
  count: number
  onClear(): void
  children: ReactNode
}) {
  const t = useWords(common)
  useEscape(onClear, count > 0)
  if (count === 0) return null
  return (
    <div
      role="toolbar"
      aria-label={t('selected', { n: count })}
      className="mb-3 flex flex-wrap items-center gap-2 rounded-lg bg-tint px-3 py-1"
    >
      <span className="font-strong tabular-nums" aria-live="polite">
        {t('selected', { n: count })}
      </span>
      <span className="grow" />
      {children}
      <IconButton small label={t('clearSelection')} icon={<X size={16} />} onClick={onClear} />
    </div>
  )
}
