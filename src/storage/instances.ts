import { sql } from 'kysely'
import type { Db } from './dialect.ts'

/** Holds a number's sends until `until` (then one command probes), or lets them go. */
export async function holdInstance(
  db: Db,
  instance: string,
  hold: { reason: string; until: number } | undefined,
): Promise<void> {
  await sql`insert into instance_state (instance, hold_reason, hold_until) values (${instance}, ${hold?.reason ?? null}, ${hold?.until ?? null})
    on conflict (instance) do update set hold_reason = excluded.hold_reason, hold_until = excluded.hold_until`.execute(
    db,
  )
}
