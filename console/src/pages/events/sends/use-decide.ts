import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { z } from 'zod'
import type { BulkOutcome, CommandSummary, resolveBody } from '../../../../../src/http/contract/commands.ts'
import { useConfirm } from '../../../ui/confirm.tsx'
import { useToast } from '../../../ui/toast.tsx'
import { useWords } from '../../../words/use-words.tsx'
import { toAll } from '../bulk.tsx'
import { inDoubt } from '../states.ts'
import { words } from './words.ts'

export type Decision = z.output<typeof resolveBody>['decision']

const TOLD = {
  resend: { title: 'resendTitle', asks: 'resendAsks', action: 'resendMany', done: 'resent' },
  sent: { title: 'sentTitle', asks: 'sentAsks', action: 'sentMany', done: 'markedSent' },
  failed: { title: 'failedTitle', asks: 'failedAsks', action: 'failedMany', done: 'markedFailed' },
  discard: { title: 'discardTitle', asks: 'discardAsks', action: 'discardMany', done: 'gaveUp' },
} as const satisfies Record<Decision, unknown>

export interface Decide {
  /** Says what it will do to how many, asks, and does it. @returns whether it was done */
  decide(commands: readonly CommandSummary[], decision: Decision): Promise<boolean>
  busy: boolean
  /** What came of the latest. */
  outcome: BulkOutcome | undefined
  forget(): void
}

/** A person's decision about sends that wait for one. */
export function useDecide(): Decide {
  const t = useWords(words)
  const client = useQueryClient()
  const confirm = useConfirm()
  const toast = useToast()
  const [outcome, setOutcome] = useState<BulkOutcome>()
  const { mutateAsync, isPending } = useMutation({
    mutationFn: ({ ids, decision }: { ids: readonly string[]; decision: Decision }) =>
      toAll('/commands/resolve', ids, { decision }),
    onSuccess(told, { decision }) {
      setOutcome(told)
      if (told.done > 0) toast.done(t(TOLD[decision].done, { n: told.done }))
    },
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['commands'] }),
        client.invalidateQueries({ queryKey: ['events'] }),
      ]),
  })
  return {
    async decide(commands, decision) {
      const n = commands.length
      const { title, asks, action } = TOLD[decision]
      // Sent again without doubt about before, it does what its button says and no harm.
      const sure =
        (n === 1 && decision === 'resend' && !commands.some(({ state }) => inDoubt(state))) ||
        (await confirm({
          title: t(title, { n }),
          text: t(asks, { n }),
          action: t(action, { n }),
          harmless: decision !== 'resend',
        }))
      if (!sure) return false
      await mutateAsync({ ids: commands.map(({ id }) => id), decision }).catch(() => undefined)
      return true
    },
    busy: isPending,
    outcome,
    forget: () => setOutcome(undefined),
  }
}
