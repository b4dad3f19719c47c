import { addressKind } from '../../core/address.ts'
import type { Command, SendResult } from '../../core/commands.ts'
import type { Asking } from './client/asking.ts'
import { SEND_TIMEOUT_MS } from './client/caller.ts'
import {
  type Change,
  changeChat,
  changeGroup,
  changeLead,
  changeMembers,
  changeMessage,
  leaveGroup,
  rejectCall,
} from './client/change.ts'
import { asResult, rejected } from './client/endings.ts'
import { isSaid, say } from './client/say.ts'
import { statusPost } from './client/status-post.ts'
import { sentWithId } from './client/success.ts'
import { numberForm } from './wire/address.ts'

/**
 * Performs one command, one attempt. uazapi's own `delay`, `async` and queues are not used: a take-over must
 * be able to stop a send until its first byte, and they would let it go out later.
 */
export async function send(asking: Asking, command: Command, reference: string): Promise<SendResult> {
  const call = callFor(command, reference)
  if ('end' in call) return call
  const { success, ...request } = call
  const judged = await asking.attempt({ method: 'POST', timeoutMs: SEND_TIMEOUT_MS, ...request })
  return judged.ok ? success(judged.body) : asResult(judged.failure)
}

const UNSUPPORTED = rejected('unsupported', 'uazapi cannot send to this kind of address.')
const NO_FORWARD = rejected('unsupported', 'uazapi cannot forward a message; it could only write it anew.')

/** The request for a command, or why there is none. */
function callFor(command: Command, reference: string): Change | SendResult {
  if (command.type === 'status') return posted(statusPost(command), {}, reference)
  const number = numberForm(command.to)
  if (number === undefined || addressKind(command.to) === 'status') return UNSUPPORTED
  if (isSaid(command)) {
    const { replyTo } = command
    return posted(say(command), { number, ...(replyTo !== undefined && { replyid: replyTo }) }, reference)
  }
  switch (command.type) {
    case 'edit':
    case 'react':
    case 'revoke':
    case 'read':
    case 'pin':
      return changeMessage(command, number)
    case 'remove-member':
    case 'members':
      return changeMembers(command, number)
    case 'group':
      return changeGroup(command, number)
    case 'leave-group':
      return leaveGroup(command, number)
    case 'chat':
      return changeChat(command, number)
    case 'lead':
      return changeLead(command)
    case 'reject-call':
      return rejectCall(command, number)
    case 'forward':
      return NO_FORWARD
    case 'delete-for-me':
    case 'star':
      return rejected('unsupported', `uazapi cannot do this: ${command.type}.`)
  }
}

/** `track_id` comes back with the echo and is what a search finds the message by. */
function posted(
  said: ReturnType<typeof say>,
  to: Record<string, unknown>,
  reference: string,
): Change | SendResult {
  if ('end' in said) return said
  return {
    path: said.path,
    body: { ...to, ...said.body, track_id: reference },
    about: 'message',
    success: sentWithId,
  }
}
