import { createLink } from '@tanstack/react-router'
import type { ComponentProps, ReactNode } from 'react'
import { BASE, type ButtonProps, LOOKS } from './button.tsx'
import { cx } from './class-names.ts'

interface AnchorProps extends Omit<ComponentProps<'a'>, 'className'>, Pick<ButtonProps, 'look' | 'small'> {
  icon?: ReactNode
}

const Anchor = ({ look = 'plain', small, icon, children, ...rest }: AnchorProps) => (
  <a {...rest} className={cx(BASE, LOOKS[look], small ? 'h-7 px-2 text-meta' : 'h-9 px-3')}>
    {icon}
    {children}
  </a>
)

/** Looks like a button and leads to another page. */
export const ButtonLink = createLink(Anchor)
