import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react'

export interface Shortcut {
  /** `j`, `/`, `?`, `mod+k` (⌘ on a Mac, Ctrl elsewhere), or two one after the other: `g o`. */
  keys: string
  /** What it does, as the help lists it. */
  label: string
  run(): void
}

type Shortcuts = readonly Shortcut[]
interface Keyboard {
  register(list: { current: Shortcuts }): () => void
  onEscape(close: { current: () => void }): () => void
  /** Those that work now, the page's own first. */
  all(): Shortcuts
}
const KeyboardContext = createContext<Keyboard | undefined>(undefined)

/** How long (ms) the second key of two may take. */
const SEQUENCE_MS = 1_000

const isTyping = (target: Element): boolean =>
  target.matches('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable=true]')
/** Dialogs and menus have keys of their own. */
const isCaptured = (target: Element): boolean =>
  target.closest('[role=dialog], [role=alertdialog], [role=menu]') !== null

/** One listener for the keys of everything below. */
export function KeyboardProvider({ children }: { children: ReactNode }) {
  const [lists] = useState(() => new Set<{ current: Shortcuts }>())
  const [escapes] = useState<{ current: () => void }[]>(() => [])
  useEffect(() => {
    let before = ''
    let beforeAt = 0
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || !(event.target instanceof Element)) return
      if (event.key === 'Escape') {
        const top = escapes.at(-1)
        if (top) event.preventDefault()
        top?.current()
        return
      }
      const mod = event.metaKey || event.ctrlKey
      if (event.altKey || (!mod && (isTyping(event.target) || isCaptured(event.target)))) return
      const key = `${mod ? 'mod+' : ''}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`
      const sequence = event.timeStamp - beforeAt < SEQUENCE_MS ? `${before} ${key}` : key
      const newest = [...lists].reverse().flatMap((list) => list.current)
      const found = newest.find(({ keys }) => keys === sequence) ?? newest.find(({ keys }) => keys === key)
      before = key
      beforeAt = event.timeStamp
      if (!found) return
      event.preventDefault()
      beforeAt = 0
      found.run()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [lists, escapes])
  const keyboard = useMemo<Keyboard>(
    () => ({
      register(list) {
        lists.add(list)
        return () => void lists.delete(list)
      },
      onEscape(close) {
        escapes.push(close)
        return () => void escapes.splice(escapes.indexOf(close), 1)
      },
      all: () => [...lists].reverse().flatMap((list) => list.current),
    }),
    [lists, escapes],
  )
  return <KeyboardContext value={keyboard}>{children}</KeyboardContext>
}

export function useKeyboard(): Keyboard {
  const keyboard = useContext(KeyboardContext)
  if (!keyboard) throw new Error('useKeyboard outside of KeyboardProvider')
  return keyboard
}

/** Keys that work while the component is shown, outside of text fields, dialogs and menus. `?` lists them. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const { register } = useKeyboard()
  const latest = useRef(shortcuts)
  latest.current = shortcuts
  useEffect(() => register(latest), [register])
}

/** While `active`, Esc calls `onEscape`: only that of the thing opened last. Dialogs and menus do so by themselves. */
export function useEscape(onEscape: () => void, active = true): void {
  const { onEscape: register } = useKeyboard()
  const latest = useRef(onEscape)
  latest.current = onEscape
  useEffect(() => (active ? register(latest) : undefined), [register, active])
}

const isMac = (): boolean => /Mac|iP(hone|ad)/.test(navigator.userAgent)

const PRINTED: Readonly<Record<string, string>> = { Enter: '⏎', Escape: 'Esc' }
const printed = (key: string): string => PRINTED[key] ?? key.toUpperCase()

/** A key as it is printed on the keyboard. */
export function Keys({ keys }: { keys: string }) {
  const mod = isMac() ? '⌘' : 'Ctrl '
  const shown = keys
    .split(' ')
    .map((key) => (key.startsWith('mod+') ? mod + printed(key.slice(4)) : printed(key)))
  return (
    <span className="inline-flex gap-1">
      {shown.map((key, at) => (
        <kbd
          // biome-ignore lint/suspicious/noArrayIndexKey: a key is its place
          key={at}
          className="rounded border border-line bg-page px-1 font-sans text-meta text-muted"
        >
          {key}
        </kbd>
      ))}
    </span>
  )
}
