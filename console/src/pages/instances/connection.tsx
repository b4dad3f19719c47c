import { StatusDot } from '../../ui/status.tsx'
import { useWords } from '../../words/use-words.tsx'
import { CONNECTION_SIGNALS, connectionOf, connectionWords } from './state.ts'

/** The state of a number as a dot and a word; one whose sends are held says so. */
export function Connection({ state, held }: { state: string | undefined; held?: boolean }) {
  const t = useWords(connectionWords)
  const connection = connectionOf(state)
  if (held && connection === 'connected') return <StatusDot signal="attention">{t('held')}</StatusDot>
  return <StatusDot signal={CONNECTION_SIGNALS[connection]}>{t(connection)}</StatusDot>
}
