import type { WireResponse } from '../../../simulator/port.ts'
import { readRecipient } from '../wire/address.ts'
import {
  answer,
  failure,
  type Json,
  newId,
  objects,
  type Routes,
  remembered,
  type Served,
  whole,
  word,
} from './rest.ts'

/** uazapi's own sender. Folders are kept; nothing is ever sent by them here. */
export const senderRoutes: Routes = {
  'POST /sender/advanced': { run: create },
  'GET /sender/listfolders': { offline: true, run: (served) => answer(200, foldersOf(served).toReversed()) },
  'POST /sender/edit': { offline: true, run: edit },
}

const foldersOf = (served: Served) => remembered<Json[]>(served, 'folders', [])

/** Below this a number is minutes from now, from here on ms since 1970. */
const MINUTES_END = 1e11

/** Delays come in seconds and are kept in milliseconds. */
function create(served: Served): WireResponse {
  const { body, number, world } = served
  const messages = objects(body.messages)
  if (messages.length === 0) return failure(400, 'messages is required')
  if (messages.some((one) => readRecipient(word(one, 'number')) === undefined)) {
    return failure(400, 'invalid number')
  }
  const scheduled = whole(body, 'scheduled_for', 0)
  const at = scheduled < MINUTES_END ? world.now() + scheduled * 60_000 : scheduled
  const now = new Date(world.now()).toISOString()
  const id = newId(served)
  foldersOf(served).push({
    id,
    info: word(body, 'info'),
    status: scheduled === 0 ? 'sending' : 'scheduled',
    scheduled_for: at,
    delayMin: whole(body, 'delayMin', 0) * 1000,
    delayMax: whole(body, 'delayMax', 0) * 1000,
    log_delivered: 0,
    log_failed: 0,
    log_played: 0,
    log_read: 0,
    log_sucess: 0,
    log_total: messages.length,
    owner: number.digits,
    created: now,
    updated: now,
  })
  return answer(200, { folder_id: id, count: messages.length, status: 'queued' })
}

function edit(served: Served): WireResponse {
  const id = word(served.body, 'folder_id')
  if (id === '') return failure(400, 'folder_id is required')
  const folder = foldersOf(served).find((one) => one.id === id)
  if (!folder) return failure(404, 'folder not found')
  switch (word(served.body, 'action')) {
    case 'stop':
      folder.status = 'paused'
      return answer(200, { status: 'paused' })
    case 'continue':
      if (folder.status === 'done') return failure(400, 'folder is done')
      folder.status = 'scheduled'
      return answer(200, { status: 'scheduled', message: 'Folder resumed successfully' })
    case 'delete':
      folder.status = 'deleting'
      return answer(200, { status: 'deleting', message: 'Folder is being deleted' })
    default:
      return failure(400, 'invalid action')
  }
}
