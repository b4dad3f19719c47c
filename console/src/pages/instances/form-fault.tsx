import { ApiError } from '../../api/problem.ts'
import { useFaultWords } from '../../ui/fault-words.ts'
import { Notice } from '../../ui/status.tsx'

/** Why a form was not taken, as far as no field of it says so. */
export function FormFault({ error, shown }: { error: Error | null; shown: readonly string[] }) {
  const { title, hint } = useFaultWords(error)
  if (!error) return null
  const fields = error instanceof ApiError ? error.fields : []
  const isShown = ({ field }: { field: string }) =>
    shown.some((name) => field === name || field.endsWith(`.${name}`))
  if (fields.length > 0 && fields.every(isShown)) return null
  const unseen = fields.filter((fault) => !isShown(fault))
  return (
    <Notice signal="bad" title={title}>
      <p>{unseen.length > 0 ? unseen.map(({ field, message }) => `${field}: ${message}`).join(' ') : hint}</p>
    </Notice>
  )
}
