/** Where a database is, without user and password: what may be printed and logged. */
export function placeOf(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url)
    return `postgres://${hostname}${port ? `:${port}` : ''}${pathname}`
  } catch {
    return 'postgres://…'
  }
}
