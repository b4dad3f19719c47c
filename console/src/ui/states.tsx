import { useQueryErrorResetBoundary } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ApiError } from '../api/problem.ts'
import { common } from '../words/common.ts'
import { useWords } from '../words/use-words.tsx'
import { Button } from './button.tsx'
import { cx } from './class-names.ts'
import { CodeView } from './code-view.tsx'
import { useFaultWords } from './fault-words.ts'
import { SignalIcon } from './status.tsx'

/** Nothing here yet: says why, and the next step. */
export function EmptyState({
  icon,
  title,
  children,
  action,
}: {
  icon?: ReactNode
  title: string
  children?: ReactNode
  action?: ReactNode
}) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-2 px-4 py-12 text-center">
      {icon !== undefined && <span className="text-muted">{icon}</span>}
      <p className="font-strong">{title}</p>
      {children !== undefined && <div className="text-muted">{children}</div>}
      {action !== undefined && <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  )
}

/** A failure: the cause in words, the code, the raw answer one click away, and the way out. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?(): void }) {
  const t = useWords(common)
  const { title, hint } = useFaultWords(error)
  const { reset } = useQueryErrorResetBoundary()
  const fault = error instanceof ApiError ? error : undefined
  return (
    <div role="alert" className="mx-auto flex w-full max-w-xl flex-col gap-3 px-4 py-8">
      <div className="flex items-start gap-2">
        <span className="mt-0.5">
          <SignalIcon signal="bad" />
        </span>
        <div className="min-w-0">
          <p className="font-strong">{title}</p>
          {hint !== undefined && <p className="text-muted">{hint}</p>}
          {fault && (
            <p className="mt-1 text-meta text-muted">
              {t('code')}: <code className="font-mono">{fault.code}</code>
            </p>
          )}
        </div>
      </div>
      {onRetry && (
        <div>
          <Button
            onClick={() => {
              reset()
              onRetry()
            }}
          >
            {t('retry')}
          </Button>
        </div>
      )}
      {fault?.raw !== undefined && (
        <details>
          <summary className="cursor-pointer text-meta text-muted">{t('rawAnswer')}</summary>
          <div className="mt-2">
            <CodeView label={t('rawAnswer')} value={fault.raw} />
          </div>
        </details>
      )}
    </div>
  )
}

/** The shape of what is about to be there. */
export const Skeleton = ({ className }: { className?: string }) => (
  <span
    aria-hidden
    className={cx('block h-4 rounded bg-hover motion-safe:animate-pulse', className ?? 'w-full')}
  />
)

/** Lines of text that are being loaded. */
export function LoadingState({ lines = 5 }: { lines?: number }) {
  const t = useWords(common)
  return (
    <div role="status" className="grid gap-3 p-4">
      <span className="sr-only">{t('loading')}</span>
      {Array.from({ length: lines }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <Skeleton key={at} className={['w-2/3', 'w-full', 'w-5/6', 'w-3/4'][at % 4] ?? 'w-full'} />
      ))}
    </div>
  )
}
