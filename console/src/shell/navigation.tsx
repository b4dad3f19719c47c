import { Link } from '@tanstack/react-router'
import { Activity, Gauge, type LucideIcon, MessageSquareText, Settings, Smartphone } from 'lucide-react'
import type { SessionView } from '../../../src/http/contract/access.ts'
import { useSession } from '../api/session.ts'
import { cx } from '../ui/class-names.ts'
import { Tooltip } from '../ui/tooltip.tsx'
import { useWords } from '../words/use-words.tsx'
import { words } from './words.ts'

interface Place {
  to: '/' | '/instances' | '/events' | '/phone' | '/settings'
  name: 'overview' | 'instances' | 'events' | 'phone' | 'settings'
  icon: LucideIcon
  /** The second key after `g`. */
  key: string
  shownTo?(session: SessionView): boolean
}

const PLACES: readonly Place[] = [
  { to: '/', name: 'overview', icon: Gauge, key: 'o' },
  { to: '/phone', name: 'phone', icon: Smartphone, key: 'p', shownTo: ({ demo }) => demo },
  { to: '/instances', name: 'instances', icon: MessageSquareText, key: 'i' },
  { to: '/events', name: 'events', icon: Activity, key: 'e' },
  { to: '/settings', name: 'settings', icon: Settings, key: 's' },
]

/** The pages whoever is signed in may open. */
export function usePlaces(): readonly Place[] {
  const session = useSession()
  return PLACES.filter(({ shownTo }) => shownTo?.(session) ?? true)
}

/** At the left; at the bottom where the window is narrow. */
export function Navigation({ narrow }: { narrow: boolean }) {
  const t = useWords(words)
  return (
    <nav
      aria-label={t('navigation')}
      className={cx(
        'flex border-line bg-panel max-md:order-last max-md:border-t md:shrink-0 md:flex-col md:gap-1 md:border-r md:p-2',
        narrow ? 'md:w-14' : 'md:w-52',
      )}
    >
      {usePlaces().map((place) => (
        <PlaceLink key={place.to} place={place} narrow={narrow} />
      ))}
    </nav>
  )
}

function PlaceLink({ place: { to, name, icon: Icon }, narrow }: { place: Place; narrow: boolean }) {
  const t = useWords(words)
  const link = (
    <Link
      to={to}
      activeOptions={{ exact: to === '/', includeSearch: false }}
      data-focus="inside"
      className="flex min-w-0 items-center rounded text-muted hover:bg-hover hover:text-text max-md:h-14 max-md:flex-1 max-md:flex-col max-md:justify-center max-md:gap-1 max-md:px-1 max-md:text-meta md:h-9 md:gap-3 md:px-3"
      activeProps={{ className: 'bg-tint! font-strong text-text!' }}
    >
      <Icon size={16} aria-hidden className="shrink-0" />
      <span className={cx('max-w-full truncate', narrow && 'md:sr-only')}>{t(name)}</span>
    </Link>
  )
  return narrow ? <Tooltip text={t(name)}>{link}</Tooltip> : link
}
