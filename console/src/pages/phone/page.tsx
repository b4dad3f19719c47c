import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo } from 'react'
import { remember } from '../../api/memory.ts'
import { useSession } from '../../api/session.ts'
import { NotFound } from '../../shell/not-found.tsx'
import { useWords } from '../../words/use-words.tsx'
import { Phone } from './phone.tsx'
import { type Place, readPlace, writePlace } from './place.ts'
import { words } from './words.ts'

/** The phone in the console of a demo, where the simulator is beside the hub. */
export function PhonePage() {
  const t = useWords(words)
  const { phone, can } = useSession()
  const { at } = useSearch({ from: '/shell/phone' })
  const navigate = useNavigate({ from: '/phone' })
  const place = useMemo(() => readPlace(at), [at])
  const go = useCallback(
    (to: Place) => void navigate({ search: { at: writePlace(to) }, replace: true }),
    [navigate],
  )
  useEffect(() => remember('phone', 'seen'), [])
  if (phone === null) return <NotFound />
  return (
    <Phone
      origin={phone}
      place={place}
      onPlace={go}
      actions={
        can('manage') && (
          <Link to="/instances/new" className="text-meta text-accent underline">
            {t('connectReal')}
          </Link>
        )
      }
      eventLink={(event) => (
        <Link to="/events/$id" params={{ id: event }} className="text-accent underline">
          {t('openEvent')}
        </Link>
      )}
    />
  )
}
