import { ApiError } from '../api/problem.ts'
import { useFaultWords } from './fault-words.ts'
import { Notice } from './status.tsx'

/** Above a form: why it was not taken. Nothing where each fault stands at its field. */
export function FormFault({ error, fields }: { error: Error | null; fields?: readonly string[] }) {
  const told = useFaultWords(error)
  if (!error) return null
  if (error instanceof ApiError && fields && error.fields.length > 0) {
    if (error.fields.every(({ field }) => fields.some((name) => field.endsWith(name)))) return null
  }
  return (
    <Notice signal="bad" title={told.title}>
      {told.hint}
    </Notice>
  )
}
