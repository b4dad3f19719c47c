import type { Command } from '../core/commands.ts'

/**
 * A medium's own bytes are kept apart from the command that carries them: lists, searches and settling read
 * commands by the hundred and never need them. What is left says that there were some (`data:image/png;base64,`).
 */
export function apart(command: Command): { body: string; bytes: string | null } {
  const url = 'url' in command ? command.url : undefined
  if (!url?.startsWith('data:')) return { body: JSON.stringify(command), bytes: null }
  const head = url.indexOf(',') + 1
  return { body: JSON.stringify({ ...command, url: url.slice(0, head) }), bytes: url.slice(head) }
}

/** The command as it was, to be sent. */
export function together(body: string, bytes: string | undefined): Command {
  const command = JSON.parse(body) as Command
  return bytes !== undefined && 'url' in command ? { ...command, url: `${command.url}${bytes}` } : command
}
