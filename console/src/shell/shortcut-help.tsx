import { Dialog } from '../ui/dialog.tsx'
import { Keys, type Shortcut } from '../ui/keyboard.tsx'
import { useWords } from '../words/use-words.tsx'
import { words } from './words.ts'

/** What `?` shows: the keys of the page that is open, then those of every page. */
export function ShortcutHelp({
  here,
  everywhere,
  onClose,
}: {
  here: readonly Shortcut[]
  everywhere: readonly Shortcut[]
  onClose(): void
}) {
  const t = useWords(words)
  return (
    <Dialog open onClose={onClose} title={t('shortcuts')}>
      {here.length > 0 && <Group title={t('shortcutsHere')} shortcuts={here} />}
      <Group
        title={t('shortcutsEverywhere')}
        shortcuts={[...everywhere, { keys: 'Escape', label: t('shortcutClose') }]}
      />
    </Dialog>
  )
}

function Group({
  title,
  shortcuts,
}: {
  title: string
  shortcuts: readonly Pick<Shortcut, 'keys' | 'label'>[]
}) {
  return (
    <section className="mb-4">
      <h3 className="mb-1 text-meta font-strong text-muted">{title}</h3>
      <dl>
        {shortcuts.map(({ keys, label }) => (
          <div key={keys} className="flex min-h-8 items-center gap-4 border-b border-line last:border-0">
            <dt className="grow">{label}</dt>
            <dd>
              <Keys keys={keys} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
