import { Tabs as Radix } from 'radix-ui'
import { type ReactNode, useEffect, useRef } from 'react'
import { cx } from './class-names.ts'

/** Views of one thing; which one is shown belongs in the URL. */
export function Tabs<V extends string>({
  label,
  value,
  onChange,
  tabs,
  fill,
}: {
  label: string
  value: V
  onChange(value: V): void
  tabs: readonly { value: V; label: ReactNode; content: ReactNode }[]
  /** The content is a list of full height, in a page that is filled. */
  fill?: boolean
}) {
  const list = useRef<HTMLDivElement>(null)
  // On a phone the one that is open may lie beside what is in sight.
  // biome-ignore lint/correctness/useExhaustiveDependencies: which one is open is what changed
  useEffect(() => {
    list.current
      ?.querySelector('[data-state=active]')
      ?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [value])
  return (
    <Radix.Root
      value={value}
      onValueChange={(next) => onChange(next as V)}
      className={cx(fill && 'flex min-h-0 grow flex-col')}
    >
      <Radix.List
        ref={list}
        aria-label={label}
        className="mb-3 flex shrink-0 gap-1 overflow-x-auto border-b border-line"
      >
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.value}
            value={tab.value}
            data-focus="inside"
            className="h-9 shrink-0 border-b-2 border-transparent px-3 text-muted data-[state=active]:border-accent data-[state=active]:font-strong data-[state=active]:text-text"
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content
          key={tab.value}
          value={tab.value}
          data-focus="inside"
          className={cx(fill && 'min-h-0 grow flex-col pb-4 data-[state=active]:flex')}
        >
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  )
}
