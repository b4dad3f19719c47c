import { Tooltip as Radix } from 'radix-ui'
import type { ReactNode } from 'react'

/** Around the whole program: tooltips follow each other without a pause. */
export const TooltipProvider = ({ children }: { children: ReactNode }) => (
  <Radix.Provider delayDuration={400}>{children}</Radix.Provider>
)

/** Says more on hover and on focus. Never the only place that says it, where somebody has no mouse. */
export function Tooltip({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          sideOffset={4}
          collisionPadding={8}
          className="z-50 max-w-80 animate-appear rounded bg-text px-2 py-1 text-meta text-page"
        >
          {text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
