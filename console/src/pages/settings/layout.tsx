import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { Suspense, useEffect, useRef } from 'react'
import { type Scope, useSession } from '../../api/session.ts'
import { words as shell } from '../../shell/words.ts'
import { Page } from '../../ui/page.tsx'
import { LoadingState } from '../../ui/states.tsx'
import { useWords } from '../../words/use-words.tsx'
import { words } from './words.ts'

const PARTS: readonly {
  to: `/settings/${'account' | 'appearance' | 'people' | 'keys' | 'alerts' | 'audit' | 'security'}`
  name: 'account' | 'appearance' | 'people' | 'keys' | 'alerts' | 'audit' | 'security'
  scope: Scope
}[] = [
  { to: '/settings/appearance', name: 'appearance', scope: 'read' },
  { to: '/settings/account', name: 'account', scope: 'read' },
  { to: '/settings/people', name: 'people', scope: 'people' },
  { to: '/settings/keys', name: 'keys', scope: 'people' },
  { to: '/settings/alerts', name: 'alerts', scope: 'read' },
  { to: '/settings/security', name: 'security', scope: 'manage' },
  { to: '/settings/audit', name: 'audit', scope: 'people' },
]

/** The parts of the settings beside each other; what one may not see is not offered. */
export function SettingsLayout() {
  const t = useWords(words)
  const title = useWords(shell)('settings')
  const { can, principal } = useSession()
  const path = useLocation({ select: ({ pathname }) => pathname })
  const bar = useRef<HTMLUListElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another part is the active one then
  useEffect(() => {
    const active = bar.current?.querySelector('[data-status=active]')
    // Not scrollIntoView: the next Tab would then go on from there.
    if (bar.current && active)
      bar.current.scrollLeft +=
        active.getBoundingClientRect().left - bar.current.getBoundingClientRect().left - 16
  }, [path])
  const parts = PARTS.filter(
    ({ scope, name }) => can(scope) && (name !== 'account' || principal?.type === 'user'),
  )
  return (
    <Page title={title} fill>
      <div className="flex min-h-0 grow gap-6 max-lg:flex-col max-lg:gap-3">
        <nav aria-label={t('parts')} className="shrink-0 lg:w-44">
          <ul ref={bar} className="flex gap-1 overflow-x-auto pb-1 lg:flex-col">
            {parts.map(({ to, name }) => (
              <li key={to} className="shrink-0">
                <Link
                  to={to}
                  data-focus="inside"
                  className="flex h-9 items-center rounded px-3 text-muted hover:bg-hover hover:text-text"
                  activeProps={{ className: 'bg-tint! font-strong text-text!' }}
                >
                  {t(name)}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <section
          aria-label={t('parts')}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          data-focus="inside"
          className="flex min-h-0 min-w-0 grow flex-col overflow-y-auto pb-6"
        >
          <Suspense fallback={<LoadingState />}>
            <Outlet />
          </Suspense>
        </section>
      </div>
    </Page>
  )
}
