import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { common } from '../words/common.ts'
import { useWords } from '../words/use-words.tsx'
import { IconButton } from './button.tsx'
import { cx } from './class-names.ts'

export interface DialogProps {
  open: boolean
  onClose(): void
  title: string
  /** One sentence below the title: what this does. */
  description?: ReactNode
  children?: ReactNode
  /** Buttons, the main one last. */
  footer?: ReactNode
  wide?: boolean
  /** A click beside it does not close it: for what would be lost. */
  keep?: boolean
}

/** Something to answer before going on. Focus goes in, stays in, and comes back to where it was. */
export function Dialog({ open, onClose, title, description, children, footer, wide, keep }: DialogProps) {
  const t = useWords(common)
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        {/* Not Radix.Overlay: it locks scrolling by an inline style, which the security policy forbids. */}
        <div aria-hidden className="fixed inset-0 z-40 animate-appear bg-shade" />
        <Radix.Content
          {...(description === undefined && { 'aria-describedby': undefined })}
          onOpenAutoFocus={(event) => {
            // To where one goes on: the first field, or else the whole, which reads its title.
            event.preventDefault()
            const box = event.currentTarget as HTMLElement
            const field = box.querySelector<HTMLElement>('input:not(:disabled), select, textarea')
            ;(field ?? box).focus()
          }}
          onInteractOutside={(event) => keep && event.preventDefault()}
          className={cx(
            'fixed inset-x-3 top-1/2 z-40 mx-auto flex max-h-[calc(100dvh-24px)] -translate-y-1/2 animate-appear flex-col rounded-lg bg-raised shadow-raised outline-none',
            wide ? 'max-w-3xl' : 'max-w-lg',
          )}
        >
          <div className="flex items-start gap-3 px-5 pt-4 pb-3">
            <div className="min-w-0 grow">
              <Radix.Title className="text-title font-strong">{title}</Radix.Title>
              {description !== undefined && (
                <Radix.Description asChild>
                  <div className="mt-1 text-muted">{description}</div>
                </Radix.Description>
              )}
            </div>
            <IconButton small label={t('close')} icon={<X size={16} />} onClick={onClose} />
          </div>
          <div className="min-h-0 overflow-y-auto px-5 pb-4">{children}</div>
          {footer !== undefined && (
            <div className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">{footer}</div>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
