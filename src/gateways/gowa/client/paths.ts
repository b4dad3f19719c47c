/**
 * One segment of a path; undefined for an id that could leave its place there: an empty one, or one with a step
 * made of dots, which some servers and proxies follow although its slashes are escaped.
 */
export const segment = (id: string): string | undefined =>
  id === '' || /(?:^|[/\\])\.+(?:[/\\]|$)/.test(id) ? undefined : encodeURIComponent(id.toWellFormed())

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
