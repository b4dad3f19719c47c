import { ApiError, NO_ANSWER } from '../api/problem.ts'
import { common } from '../words/common.ts'
import type { Translate } from '../words/define.ts'
import { useWords } from '../words/use-words.tsx'

interface FaultWords {
  title: string
  /** More about the cause or the way out; the hub's own words where it has said any. */
  hint: string | undefined
}
type Common = Translate<typeof common.en>
type Key = Parameters<Common>[0] & `fault${string}`

const TITLES: Readonly<Record<string, Key>> = {
  [NO_ANSWER]: 'faultNoAnswer',
  E_FORBIDDEN: 'faultForbidden',
  E_NOT_FOUND: 'faultNotFound',
  E_CONFLICT: 'faultConflict',
  E_INVALID: 'faultInvalid',
  E_TOO_MANY: 'faultTooMany',
  E_STORE_UNAVAILABLE: 'faultStore',
  E_GATEWAY: 'faultGateway',
  E_UNSUPPORTED: 'faultUnsupported',
  E_INTERNAL: 'faultInternal',
}
const HINTS: Readonly<Record<string, 'faultNoAnswerHint' | 'faultTooManyHint'>> = {
  [NO_ANSWER]: 'faultNoAnswerHint',
  E_TOO_MANY: 'faultTooManyHint',
}

/** What a failure is called in the language in use, and what the hub said of it. */
export function useFaultWords(error: unknown): FaultWords {
  return faultWords(useWords(common), error)
}

export function faultWords(t: Common, error: unknown): FaultWords {
  if (!(error instanceof ApiError)) return { title: t('pageBroke'), hint: t('pageBrokeHint') }
  const hint = HINTS[error.code]
  return {
    title: t(TITLES[error.code] ?? 'faultTitle'),
    hint: hint ? t(hint) : error.requestId ? `${t('requestId')} ${error.requestId}` : error.message,
  }
}
