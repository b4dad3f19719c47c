import { useNavigate, useParams } from '@tanstack/react-router'
import { ButtonLink } from '../../ui/button-link.tsx'
import { Page } from '../../ui/page.tsx'
import { useWords } from '../../words/use-words.tsx'
import { EventActions } from './detail/actions.tsx'
import { EventDetails } from './detail/details.tsx'
import { words } from './detail/words.ts'
import { useWatchRunning } from './replay/watch.ts'

/** One event on a page of its own. */
export function EventPage() {
  const t = useWords(words)
  const { id } = useParams({ from: '/shell/events/$id' })
  const navigate = useNavigate()
  useWatchRunning()
  return (
    <Page
      title={`${t('detail')} ${id}`}
      actions={
        <>
          <EventActions
            id={id}
            onRan={(next) => void navigate({ to: '/events/$id', params: { id: next } })}
          />
          <ButtonLink small look="quiet" to="/events">
            {t('asList')}
          </ButtonLink>
        </>
      }
    >
      <div className="rounded-lg border border-line bg-panel p-4">
        <EventDetails key={id} id={id} heading="h2" />
      </div>
    </Page>
  )
}
