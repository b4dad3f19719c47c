import { SYSTEM } from '../../access/index.ts'
import { closest } from '../../core/closest.ts'
import { CONFIG_FLAGS, parseCommand, usage } from '../flags.ts'
import { localUrl } from '../hub-api.ts'
import type { Io } from '../io.ts'
import { ownerLinkLines } from '../owner-link.ts'
import { withAccess } from '../with-access.ts'

/** Prints a link for whoever owns this machine: the first owner's, or one to a new password of an owner. */
export async function owner(args: readonly string[], io: Io): Promise<number> {
  const { flags, words } = parseCommand('owner', args, CONFIG_FLAGS, ['link', 'login?'])
  const [action, login] = words
  if (action !== 'link')
    throw usage(
      `pombo owner takes no "${action}".${closest(action, ['link']) ? ' Did you mean "link"?' : ''} See: pombo owner --help`,
    )
  return withAccess(io, flags.config, async ({ access, config }) => {
    const made = (await access.people.ownerLink()) ?? (await access.people.recoveryLink(login))
    await access.audit(SYSTEM, {
      action: 'owner.link',
      ...(made.link.login !== undefined && { target: made.link.login }),
    })
    for (const line of ownerLinkLines(config.publicUrl ?? localUrl(config), made)) io.out(line)
    return 0
  })
}
