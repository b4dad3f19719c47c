import type { ChangeInstance, Instance } from '../../../../src/http/contract/instances.ts'

/** The settings of a number as they stand in the form. */
export interface Draft {
  minDelayMs: string
  maxDelayMs: string
  tags: string
  /** One network per line. */
  allow: string
  perSecond: string
  reorderMs: string
  claim: boolean
}

export const draftOf = (number: Instance): Draft => ({
  minDelayMs: String(number.pacing.minDelayMs),
  maxDelayMs: String(number.pacing.maxDelayMs),
  tags: number.tags.join(', '),
  allow: number.webhook.allow.join('\n'),
  perSecond: number.deliveriesPerSecond === undefined ? '' : String(number.deliveriesPerSecond),
  reorderMs: String(number.reorderWindowMs),
  claim: number.apiMessagesClaim,
})

const words = (text: string, between: RegExp): string[] => [
  ...new Set(
    text
      .split(between)
      .map((one) => one.trim())
      .filter(Boolean),
  ),
]
const isWhole = (text: string): boolean => /^[0-9]{1,9}$/.test(text.trim())

export type DraftFault = 'mustBeNumber' | 'minOverMax'
type Faults = { [K in keyof Draft]?: DraftFault }

/** What can be told before anything is asked; the hub has the last word. */
export function faultsOf(draft: Draft): Faults {
  const faults: Faults = {}
  for (const field of ['minDelayMs', 'maxDelayMs', 'reorderMs'] as const)
    if (!isWhole(draft[field])) faults[field] = 'mustBeNumber'
  if (draft.perSecond.trim() !== '' && !/^[0-9]{1,6}([.,][0-9]+)?$/.test(draft.perSecond.trim()))
    faults.perSecond = 'mustBeNumber'
  if (!faults.minDelayMs && !faults.maxDelayMs && Number(draft.minDelayMs) > Number(draft.maxDelayMs))
    faults.minDelayMs = 'minOverMax'
  return faults
}

type Changes = Omit<ChangeInstance, 'revision'>

/** Only what differs from what was there: a change of somebody else to another field stays. */
export function changesOf(base: Instance, draft: Draft): Changes {
  const before = draftOf(base)
  const differs = (...fields: (keyof Draft)[]) => fields.some((field) => draft[field] !== before[field])
  const perSecond = draft.perSecond.trim().replace(',', '.')
  return {
    ...(differs('minDelayMs', 'maxDelayMs') && {
      pacing: { minDelayMs: Number(draft.minDelayMs), maxDelayMs: Number(draft.maxDelayMs) },
    }),
    ...(differs('tags') && { tags: words(draft.tags, /,/) }),
    ...(differs('allow') && { webhook: { allow: words(draft.allow, /[\s,]+/) } }),
    ...(differs('perSecond') && { deliveriesPerSecond: perSecond === '' ? null : Number(perSecond) }),
    ...(differs('reorderMs') && { reorderWindowMs: Number(draft.reorderMs) }),
    ...(differs('claim') && { apiMessagesClaim: draft.claim }),
  }
}

/** Fields in which what I typed, or what stands now, is not what was there when I began. */
export function conflictsOf(base: Instance, mine: Draft, theirs: Instance): (keyof Draft)[] {
  const [before, now] = [draftOf(base), draftOf(theirs)]
  return (Object.keys(before) as (keyof Draft)[]).filter(
    (field) => mine[field] !== now[field] && (mine[field] !== before[field] || now[field] !== before[field]),
  )
}
