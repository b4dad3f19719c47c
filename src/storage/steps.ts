import { sql } from 'kysely'
import type { LaneId } from '../core/ids.ts'
import type { StepRecord } from '../core/store.ts'
import type { Db } from './dialect.ts'

/**
 * Looks whether a step was done before; if not, the event keeps the first epoch it acts under.
 * @returns what it gave then, or undefined when it is to be done now
 */
export async function beginStep(db: Db, step: StepRecord, epoch: number | undefined) {
  const row = await findStep(db, step)
  if (row && row.value !== null)
    return { value: JSON.parse(row.value) as unknown, epoch: row.epoch ?? undefined }
  await sql`update event set epoch = coalesce(epoch, ${epoch ?? null}) where id = ${step.event}`.execute(db)
  return undefined
}

/** First writer wins, under the fence. */
export async function finishStep(
  db: Db,
  step: StepRecord,
  guard: { lane: LaneId; fence: number },
  result: { value: unknown; epoch: number | undefined },
): Promise<unknown> {
  await sql`insert into step (event_id, generation, name, value, epoch)
    select ${step.event}, ${step.generation}, ${step.name}, ${JSON.stringify(result.value ?? null)}, ${result.epoch ?? null}
    where exists (select 1 from lane where id = ${guard.lane} and fence = ${guard.fence})
    on conflict do nothing`.execute(db)
  const row = await findStep(db, step)
  return row?.value ? (JSON.parse(row.value) as unknown) : result.value
}

const findStep = (db: Db, step: StepRecord) =>
  db
    .selectFrom('step')
    .select(['value', 'epoch'])
    .where('event_id', '=', step.event)
    .where('generation', '=', step.generation)
    .where('name', '=', step.name)
    .executeTakeFirst()
