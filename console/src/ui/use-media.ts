import { useSyncExternalStore } from 'react'

/** Does a media query hold now? */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (onChange) => {
      const list = matchMedia(query)
      list.addEventListener('change', onChange)
      return () => list.removeEventListener('change', onChange)
    },
    () => matchMedia(query).matches,
  )
}

/** Is this a phone, or a window as narrow as one? */
export const useNarrow = (): boolean => useMedia('(max-width: 639px)')
