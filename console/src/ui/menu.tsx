import { Check } from 'lucide-react'
import { DropdownMenu as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { cx } from './class-names.ts'

const PANEL =
  'z-50 min-w-44 max-w-80 max-h-(--radix-dropdown-menu-content-available-height) overflow-y-auto animate-appear rounded-lg border border-line bg-raised p-1 shadow-raised'
const ITEM =
  'flex min-h-8 cursor-pointer items-center gap-2 rounded px-2 py-1 outline-none select-none data-highlighted:bg-hover data-disabled:cursor-not-allowed data-disabled:opacity-55'

/** A list of actions behind a button. Arrow keys move, letters jump, Esc closes. */
export function Menu({
  trigger,
  children,
  align = 'end',
  open,
  onOpenChange,
  returnFocus,
}: {
  trigger: ReactNode
  children: ReactNode
  align?: 'start' | 'end'
  /** With `onOpenChange`: for a menu that more than its button opens. */
  open?: boolean
  onOpenChange?(open: boolean): void
  /** Where focus goes when it closes; to the button where this says nothing. */
  returnFocus?(): HTMLElement | null
}) {
  return (
    // Not modal: that would lock scrolling by an inline style, which the security policy forbids.
    <Radix.Root modal={false} {...(open !== undefined && { open })} {...(onOpenChange && { onOpenChange })}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className={PANEL}
          onCloseAutoFocus={(event) => {
            const target = returnFocus?.()
            if (!target) return
            event.preventDefault()
            target.focus()
          }}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

export function MenuItem({
  icon,
  children,
  onSelect,
  danger,
  disabled,
  hint,
}: {
  icon?: ReactNode
  children: ReactNode
  onSelect(): void
  danger?: boolean
  disabled?: boolean
  hint?: ReactNode
}) {
  return (
    <Radix.Item className={cx(ITEM, danger && 'text-bad')} onSelect={onSelect} disabled={disabled ?? false}>
      {icon}
      <span className="min-w-0 grow">{children}</span>
      {hint !== undefined && <span className="text-meta text-muted">{hint}</span>}
    </Radix.Item>
  )
}

/** One that is on or off; the menu stays open. */
export function MenuCheck({
  checked,
  onChange,
  children,
  disabled,
}: {
  checked: boolean
  onChange(checked: boolean): void
  children: ReactNode
  disabled?: boolean
}) {
  return (
    <Radix.CheckboxItem
      className={ITEM}
      checked={checked}
      disabled={disabled ?? false}
      onCheckedChange={onChange}
      onSelect={(event) => event.preventDefault()}
    >
      <span className="inline-flex size-4">{checked && <Check size={16} aria-hidden />}</span>
      <span className="min-w-0 grow">{children}</span>
    </Radix.CheckboxItem>
  )
}

export function MenuChoice<V extends string>({
  value,
  onChange,
  choices,
}: {
  value: V
  onChange(value: V): void
  choices: readonly { value: V; label: string; icon?: ReactNode }[]
}) {
  return (
    <Radix.RadioGroup value={value} onValueChange={(next) => onChange(next as V)}>
      {choices.map((choice) => (
        <Radix.RadioItem key={choice.value} value={choice.value} className={ITEM}>
          <span className="inline-flex size-4">
            {choice.value === value && <Check size={16} aria-hidden />}
          </span>
          <span className="min-w-0 grow">{choice.label}</span>
          {choice.icon}
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  )
}

export const MenuLabel = ({ children }: { children: ReactNode }) => (
  <Radix.Label className="px-2 py-1 text-meta font-strong text-muted">{children}</Radix.Label>
)
export const MenuLine = () => <Radix.Separator className="mx-1 my-1 h-px bg-line" />
