import { Outlet, useNavigate } from '@tanstack/react-router'
import { PanelLeftClose, PanelLeftOpen, Search, X } from 'lucide-react'
import { Suspense, useState } from 'react'
import { LiveProvider } from '../api/live.tsx'
import { recall, remember } from '../api/memory.ts'
import { useSession } from '../api/session.ts'
import { IconButton } from '../ui/button.tsx'
import { Keys, type Shortcut, useKeyboard, useShortcuts } from '../ui/keyboard.tsx'
import { LoadingState } from '../ui/states.tsx'
import { common } from '../words/common.ts'
import { useWords } from '../words/use-words.tsx'
import { AccountMenu } from './account-menu.tsx'
import { ActivityProvider, ActivityTray } from './activity.tsx'
import { LiveBadge } from './live-badge.tsx'
import { Navigation, usePlaces } from './navigation.tsx'
import { Palette } from './palette.tsx'
import { ShortcutHelp } from './shortcut-help.tsx'
import { words } from './words.ts'

/** The frame: navigation, header, and the page that is open. */
export function Shell() {
  return (
    <LiveProvider>
      <ActivityProvider>
        <Frame />
      </ActivityProvider>
    </LiveProvider>
  )
}

function Frame() {
  const t = useWords(words)
  const keyboard = useKeyboard()
  const navigate = useNavigate()
  const [narrow, setNarrow] = useState(() => recall('navigation') === 'narrow')
  const [open, setOpen] = useState<'palette' | { help: readonly Shortcut[] }>()
  const everywhere: readonly Shortcut[] = [
    { keys: 'mod+k', label: t('shortcutPalette'), run: () => setOpen('palette') },
    {
      keys: '?',
      label: t('shortcutHelp'),
      run: () =>
        setOpen({ help: keyboard.all().filter(({ keys }) => !everywhere.some((one) => one.keys === keys)) }),
    },
    ...usePlaces().map(({ to, name, key }) => ({
      keys: `g ${key}`,
      label: t('goTo', { page: t(name) }),
      run: () => void navigate({ to }),
    })),
  ]
  useShortcuts(everywhere)
  return (
    <div className="flex h-dvh flex-col">
      <button
        type="button"
        className="absolute -top-20 left-2 z-50 rounded bg-raised px-3 py-2 shadow-raised focus:top-2"
        onClick={() => document.getElementById('content')?.focus()}
      >
        {t('skip')}
      </button>
      <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line bg-panel px-3">
        <span className="flex items-center gap-2">
          <img src="/icon.svg" alt="" width={24} height={24} />
          <span className="font-strong max-sm:sr-only">Pombo</span>
        </span>
        <span className="max-md:hidden">
          <IconButton
            small
            label={t(narrow ? 'expand' : 'collapse')}
            aria-expanded={!narrow}
            icon={narrow ? <PanelLeftOpen size={16} /> : <PanelLeftClose size={16} />}
            onClick={() => {
              setNarrow(!narrow)
              remember('navigation', narrow ? 'wide' : 'narrow')
            }}
          />
        </span>
        <span className="grow" />
        <LiveBadge />
        <button
          type="button"
          onClick={() => setOpen('palette')}
          className="inline-flex h-7 items-center gap-2 rounded px-2 text-meta text-muted hover:bg-hover md:border md:border-line"
        >
          <Search size={16} aria-hidden />
          <span className="max-md:sr-only">{t('commands')}</span>
          <span aria-hidden className="max-md:hidden">
            <Keys keys="mod+k" />
          </span>
        </button>
        <ActivityTray />
        <AccountMenu />
      </header>
      <DemoLine />
      <div className="flex min-h-0 grow max-md:flex-col">
        <Navigation narrow={narrow} />
        <main id="content" tabIndex={-1} className="min-h-0 min-w-0 grow outline-none">
          <Suspense fallback={<LoadingState />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      {open === 'palette' && <Palette onClose={() => setOpen(undefined)} />}
      {typeof open === 'object' && (
        <ShortcutHelp here={open.help} everywhere={everywhere} onClose={() => setOpen(undefined)} />
      )}
    </div>
  )
}

/** One line in the demo that says what one sees. */
function DemoLine() {
  const t = useWords(words)
  const shared = useWords(common)
  const { demo } = useSession()
  const [dismissed, setDismissed] = useState(() => recall('demo-line') === 'dismissed')
  if (!demo || dismissed) return null
  return (
    <aside
      aria-label={t('demoAccount')}
      className="flex shrink-0 items-center gap-2 border-b border-line bg-note py-1 pr-2 pl-4"
    >
      <p className="min-w-0 grow text-meta">{t('demo')}</p>
      <IconButton
        small
        label={shared('dismiss')}
        icon={<X size={16} />}
        onClick={() => {
          setDismissed(true)
          remember('demo-line', 'dismissed')
        }}
      />
    </aside>
  )
}
