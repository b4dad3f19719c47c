import { Tabs as Radix } from 'radix-ui'
import type { ReactNode } from 'react'

/** Views of one thing; which one is shown belongs in the URL. */
export function Tabs<V extends string>({
  label,
  value,
  onChange,
  tabs,
}: {
  label: string
  value: V
  onChange(value: V): void
  tabs: readonly { value: V; label: ReactNode; content: ReactNode }[]
}) {
  return (
    <Radix.Root value={value} onValueChange={(next) => onChange(next as V)}>
      <Radix.List aria-label={label} className="mb-3 flex gap-1 overflow-x-auto border-b border-line">
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
        <Radix.Content key={tab.value} value={tab.value} data-focus="inside">
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  )
}
