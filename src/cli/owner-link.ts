import { type MadeLink, pathOf } from '../access/index.ts'

/** What a person at the terminal is told. @param hub its URL, without a slash at the end */
export function ownerLinkLines(hub: string, made: MadeLink): string[] {
  const what =
    made.link.type === 'owner'
      ? 'This hub has no owner yet. Open this within 15 minutes to become the first one:'
      : `Open this within 15 minutes to set a new password for ${made.link.login}:`
  return [what, '', `  ${hub}${pathOf(made)}`, '', 'It works once. A new one: pombo owner link']
}
