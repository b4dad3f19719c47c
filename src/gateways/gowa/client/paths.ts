/**
 * The address of a file GOWA keeps, below our own base URL; undefined for what is no such file. GOWA names
 * them as a path, or with a host of its own that need not be reachable and is never believed.
 */
export function below(base: string, path: string): string | undefined {
  const start = path.search(/(?:^|\/)statics\//)
  if (start < 0) return undefined
  const clean = path.slice(start).replace(/^\//, '').split(/[?#]/)[0] ?? ''
  const parts = clean.split('/')
  if (parts.some((part) => part === '' || /^\.+$/.test(decoded(part)) || /[\\\0/]/.test(decoded(part))))
    return undefined
  return `${base}/${parts.map((part) => encodeURIComponent(decoded(part).toWellFormed())).join('/')}`
}
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
