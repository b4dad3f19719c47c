import { sql } from 'kysely'
import type { AttemptRule } from '../../core/access.ts'
import type { Db, Engine } from '../dialect.ts'

interface Failures {
  count: number
  at: number
}

/** How long (ms) somebody who failed so often has to wait since the last time. */
export function delayAfter(
  failures: number,
  { free, longestMs }: Pick<AttemptRule, 'free' | 'longestMs'>,
): number {
  if (failures < free) return 0
  return Math.min(1000 * 2 ** Math.min(failures - free, 40), longestMs)
}

/** See `admitAttempt` of the port. What is refused is not counted: waiting is all it takes. */
export async function admitAttempt(
  engine: Engine,
  db: Db,
  rules: readonly AttemptRule[],
  now: number,
): Promise<number> {
  // In one order everywhere, so that two of them never wait for each other.
  const sorted = rules.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  let wait = 0
  const counted: { key: string; count: number }[] = []
  for (const rule of sorted) {
    await sql`insert into login_failure (key, count, at) values (${rule.key}, 0, ${now}) on conflict do nothing`.execute(
      db,
    )
    const { rows } = await sql<Failures>`select count, at from login_failure where key = ${rule.key}
      ${engine.forUpdate}`.execute(db)
    const { count, at } = rows[0] ?? { count: 0, at: now }
    const failures = at + rule.forgetMs <= now ? 0 : count
    wait = Math.max(wait, at + delayAfter(failures, rule) - now)
    counted.push({ key: rule.key, count: failures + 1 })
  }
  if (wait > 0) return wait
  for (const { key, count } of counted)
    await sql`update login_failure set count = ${count}, at = ${now} where key = ${key}`.execute(db)
  return 0
}

export async function forgiveAttempt(
  db: Db,
  { forget, takeBack }: { forget: string; takeBack: string },
): Promise<void> {
  await sql`update login_failure set count = case when key = ${forget} or count < 1 then 0 else count - 1 end
    where key in (${forget}, ${takeBack})`.execute(db)
}
