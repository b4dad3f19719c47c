import type { SetupValue } from '../../../../src/http/contract/instances.ts'
import { CopyButton } from '../../ui/copy.tsx'
import { useWords } from '../../words/use-words.tsx'
import { numberWords } from './number-words.ts'

/** What to enter where a gateway is set up, each with a button that copies it. */
export function SetupValues({ values }: { values: readonly SetupValue[] }) {
  const t = useWords(numberWords)
  return (
    <ul className="grid gap-3">
      {values.map(({ kind, name, value, secret }) => (
        <li key={`${kind} ${name}`} className="min-w-0">
          <p className="flex flex-wrap items-baseline gap-x-2">
            <span className="font-strong">{name}</span>
            <span className="text-meta text-muted">{t(`kind-${kind}`)}</span>
          </p>
          <div className="mt-1 flex items-start gap-2 rounded border border-line bg-page py-1 pr-1 pl-3">
            <code className="min-w-0 grow self-center font-mono text-meta break-all">{value}</code>
            {/* What is masked cannot be copied: half a value at a gateway is worse than none. */}
            {!(secret && value.includes('***')) && <CopyButton text={value} />}
          </div>
        </li>
      ))}
    </ul>
  )
}
