import type { ReactNode } from 'react'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { common } from '../../words/common.ts'
import { useWords } from '../../words/use-words.tsx'

/** Something that is shown once and never again: it stays until one closes it on purpose. */
export function OneTimeSecret({
  title,
  hint,
  secret,
  onClose,
  children,
}: {
  title: string
  hint: ReactNode
  secret: string
  onClose(): void
  children?: ReactNode
}) {
  const t = useWords(common)
  return (
    <Dialog
      open
      keep
      wide
      onClose={onClose}
      title={title}
      description={hint}
      footer={
        <Button look="primary" onClick={onClose}>
          {t('close')}
        </Button>
      }
    >
      <div className="flex flex-wrap items-center gap-2 rounded border border-line bg-page py-2 pr-2 pl-3">
        <code className="min-w-0 grow basis-60 font-mono break-all select-all">{secret}</code>
        <CopyButton text={secret} />
      </div>
      {children}
    </Dialog>
  )
}
