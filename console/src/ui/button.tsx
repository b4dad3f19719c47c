import type { ComponentProps, ReactNode } from 'react'
import { cx } from './class-names.ts'
import { Tooltip } from './tooltip.tsx'

export const LOOKS = {
  plain: 'border border-line-strong/60 bg-panel hover:bg-hover',
  /** The one thing this page or dialog is for. */
  primary: 'border border-accent bg-accent text-on-accent hover:brightness-95',
  /** Of a toggle that is on. */
  pressed: 'border border-accent bg-tint',
  danger: 'border border-bad/60 bg-panel text-bad hover:bg-bad-soft',
  quiet: 'border border-transparent hover:bg-hover',
} as const

export const BASE =
  'inline-flex items-center justify-center gap-2 rounded font-strong whitespace-nowrap select-none disabled:cursor-not-allowed disabled:opacity-55 aria-disabled:opacity-55'

export interface ButtonProps extends Omit<ComponentProps<'button'>, 'className'> {
  look?: keyof typeof LOOKS
  small?: boolean
  icon?: ReactNode
  /** Something is under way: the button waits, and says so. */
  busy?: boolean
  grow?: boolean
}

export function Button({ look = 'plain', small, icon, busy, grow, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={busy || undefined}
      disabled={rest.disabled || busy}
      className={cx(BASE, LOOKS[look], small ? 'h-7 px-2 text-meta' : 'h-9 px-3', grow && 'w-full')}
    >
      {busy ? <Spinner /> : icon}
      {children}
    </button>
  )
}

export interface IconButtonProps extends Omit<ButtonProps, 'children' | 'icon' | 'grow'> {
  /** Read out and shown on hover: an icon alone says nothing. */
  label: string
  icon: ReactNode
}

/** A button that is an icon; its label is its tooltip. */
export function IconButton({ label, icon, look = 'quiet', small, busy, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label}>
      <button
        type="button"
        {...rest}
        aria-label={label}
        aria-busy={busy || undefined}
        disabled={rest.disabled || busy}
        className={cx(BASE, LOOKS[look], small ? 'size-7' : 'size-9')}
      >
        {busy ? <Spinner /> : icon}
      </button>
    </Tooltip>
  )
}

/** Turns where motion is wanted; stands still elsewhere. */
export const Spinner = () => (
  <span
    aria-hidden
    className="inline-block size-4 shrink-0 rounded-full border-2 border-current border-r-transparent motion-safe:animate-spin"
  />
)
