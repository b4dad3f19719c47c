import type { WireResponse } from '../../../simulator/port.ts'
import { answer, failure, type Json, newId, type Routes, remembered, type Served, word } from './rest.ts'

/** uazapi's own bot, on the 1.0 line alone. It is kept and never speaks here. */
const PARTS = ['agent', 'trigger', 'knowledge', 'function'] as const
type Part = (typeof PARTS)[number]
const NEEDED: Readonly<Record<Part, readonly string[]>> = {
  agent: ['name', 'provider', 'model', 'apikey'],
  trigger: ['type'],
  knowledge: ['tittle', 'content'],
  function: ['name', 'description', 'method', 'endpoint'],
}

export const agentRoutes: Routes = {
  ...Object.fromEntries(
    PARTS.flatMap((part) => [
      [
        `GET /${part}/list`,
        {
          only: '1.0' as const,
          offline: true as const,
          run: (served: Served) => answer(200, kept(served, part)),
        },
      ],
      [`POST /${part}/edit`, { only: '1.0' as const, run: (served: Served) => edit(served, part) }],
    ]),
  ),
  'POST /instance/updatechatbotsettings': { only: '1.0', offline: true, run: settings },
}

const kept = (served: Served, part: Part) => remembered<Json[]>(served, `bot-${part}`, [])

/** An empty id makes a new one (201); a known one is changed or deleted (200). */
function edit(served: Served, part: Part): WireResponse {
  const { body, number, world } = served
  const id = word(body, 'id')
  const given = body[part]
  const all = kept(served, part)
  const index = all.findIndex((one) => one.id === id)
  if (id !== '' && index < 0) return failure(404, `${part[0]?.toUpperCase()}${part.slice(1)} not found`)
  if (body.delete === true) {
    const [gone] = all.splice(index, 1)
    return answer(200, gone)
  }
  const fields = typeof given === 'object' && given !== null ? (given as Json) : {}
  const now = new Date(world.now()).toISOString()
  const before = all[index]
  if (before) {
    all[index] = { ...before, ...fields, id, updated: now }
    return answer(200, all[index])
  }
  if (NEEDED[part].some((key) => word(fields, key) === '')) return failure(400, 'Missing required fields')
  const made = { ...fields, id: newId(served), owner: number.digits, created: now, updated: now }
  all.push(made)
  return answer(201, made)
}

function settings(served: Served): WireResponse {
  const next = { ...remembered<Json>(served, 'bot-settings', {}), ...served.body }
  served.world.memory.set('bot-settings', next)
  return answer(200, next)
}
