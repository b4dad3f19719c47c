/** What the browser remembers between visits: settings of how things look, never data. */

const key = (name: string): string => `pombo.${name}`

/** @returns what was remembered; undefined too where the browser keeps nothing */
export function recall(name: string): string | undefined {
  try {
    return localStorage.getItem(key(name)) ?? undefined
  } catch {
    return undefined
  }
}

/** Does nothing where the browser keeps nothing. */
export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(key(name), value)
  } catch {
    // A private window: the choice holds until the page is left.
  }
}
