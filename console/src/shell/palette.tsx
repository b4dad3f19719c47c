import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { CircleUser, LogOut, type LucideIcon, Moon, Search, Smartphone, Sun } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import { type KeyboardEvent, useId, useState } from 'react'
import { api } from '../api/client.ts'
import { useSession } from '../api/session.ts'
import { useTheme } from '../theme/use-theme.tsx'
import { cx } from '../ui/class-names.ts'
import { Keys } from '../ui/keyboard.tsx'
import { useLanguage, useWords } from '../words/use-words.tsx'
import { useSignOut } from './account-menu.tsx'
import { LANGUAGE_CHOICES } from './languages.ts'
import { usePlaces } from './navigation.tsx'
import { matches } from './palette-match.ts'
import { words } from './words.ts'

interface Command {
  id: string
  group: string
  label: string
  icon: LucideIcon
  keys?: string
  run(): void
}

function useCommands(): readonly Command[] {
  const t = useWords(words)
  const navigate = useNavigate()
  const places = usePlaces()
  const { demo } = useSession()
  const { shown, setTheme } = useTheme()
  const { setLanguage, language } = useLanguage()
  const signOut = useSignOut()
  const numbers = useQuery({
    queryKey: ['instances', 'names'],
    queryFn: ({ signal }) =>
      api.get<{ data: { id: string }[] }>('/instances', { query: { limit: 200 }, signal }),
  })
  return [
    ...places.map(({ to, name, icon, key }) => ({
      id: to,
      group: t('pages'),
      label: t(name),
      icon,
      keys: `g ${key}`,
      run: () => void navigate({ to }),
    })),
    ...(numbers.data?.data ?? []).map(({ id }) => ({
      id: `instance ${id}`,
      group: t('numbers'),
      label: id,
      icon: Smartphone,
      run: () => void navigate({ to: '/instances/$id', params: { id } }),
    })),
    {
      id: 'theme',
      group: t('actions'),
      label: `${t('theme')}: ${t(shown === 'dark' ? 'themeLight' : 'themeDark')}`,
      icon: shown === 'dark' ? Sun : Moon,
      run: () => setTheme(shown === 'dark' ? 'light' : 'dark'),
    },
    ...LANGUAGE_CHOICES.filter(({ value }) => value !== language).map(({ value, label }) => ({
      id: value,
      group: t('actions'),
      label: `${t('language')}: ${label}`,
      icon: CircleUser,
      run: () => setLanguage(value),
    })),
    ...(demo ? [] : [{ id: 'out', group: t('actions'), label: t('signOut'), icon: LogOut, run: signOut }]),
  ]
}

/** ⌘K: go anywhere and do anything by typing a part of its name. */
export function Palette({ onClose }: { onClose(): void }) {
  const t = useWords(words)
  const listId = useId()
  const all = useCommands()
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const found = all.filter(({ label, group }) => matches(`${group} ${label}`, text))
  const chosen = Math.min(at, found.length - 1)
  const run = (command: Command | undefined) => {
    if (!command) return
    onClose()
    command.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) setAt((chosen + step + found.length) % Math.max(1, found.length))
    else if (event.key === 'Enter') run(found[chosen])
    else return
    event.preventDefault()
  }
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <div aria-hidden className="fixed inset-0 z-40 animate-appear bg-shade" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed inset-x-3 top-[10dvh] z-40 mx-auto flex max-h-[70dvh] max-w-xl animate-appear flex-col overflow-hidden rounded-lg bg-raised shadow-raised outline-none"
        >
          <Radix.Title className="sr-only">{t('commands')}</Radix.Title>
          <div className="flex items-center gap-2 border-b border-line px-4">
            <Search size={16} aria-hidden className="text-muted" />
            <input
              type="text"
              role="combobox"
              aria-expanded
              aria-controls={listId}
              aria-activedescendant={chosen >= 0 ? `${listId}-${chosen}` : undefined}
              aria-label={t('commands')}
              placeholder={t('commandsHint')}
              value={text}
              onChange={(event) => {
                setText(event.target.value)
                setAt(0)
              }}
              onKeyDown={onKeyDown}
              className="h-12 min-w-0 grow bg-transparent outline-none"
            />
          </div>
          {found.length === 0 && <p className="px-4 py-6 text-center text-muted">{t('noCommand')}</p>}
          <div id={listId} role="listbox" aria-label={t('commands')} className="overflow-y-auto p-2">
            {found.map((command, index) => (
              <div
                key={command.id}
                id={`${listId}-${index}`}
                ref={(element) => {
                  if (index === chosen) element?.scrollIntoView({ block: 'nearest' })
                }}
                role="option"
                tabIndex={-1}
                aria-selected={index === chosen}
                onPointerMove={() => setAt(index)}
                onClick={() => run(command)}
                onKeyDown={onKeyDown}
                className={cx(
                  'flex min-h-9 cursor-pointer items-center gap-3 rounded px-2',
                  index === chosen && 'bg-hover',
                )}
              >
                <command.icon size={16} aria-hidden className="shrink-0 text-muted" />
                <span className="min-w-0 grow truncate">{command.label}</span>
                {command.keys ? (
                  <Keys keys={command.keys} />
                ) : (
                  <span className="text-meta text-muted">{command.group}</span>
                )}
              </div>
            ))}
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
