import type { TenantDb, Tx } from '@trellis/db/tenant-db';
import type { ReservedSql } from 'postgres';
import type { ThrottleKey } from './throttle-keys.ts';

type Db = Pick<TenantDb, 'querySystem'>;

/** What is counted under one key, and how much it is forgiven. */
export interface Counted {
  key: ThrottleKey;
  /** Failures before it has to wait. */
  free: number;
  /** One failure is forgotten in each of these. */
  forgiveSeconds: number;
}

/** What a try came to: blocked for so long, or the failures by key with this one counted. */
export type Counting = { blockedSeconds: number } | { failures: Map<string, number> };

interface CountingRow {
  seconds: number | null;
  key: string | null;
  failures: number | null;
}

/**
 * The commit does not wait for the disk: all who come from one address queue for its row. A crash
 * of the server forgets what was counted in its last moment, and no more.
 */
const unhurried = (sql: ReservedSql) => sql`set_config('synchronous_commit', 'off', true)`;

/**
 * Counts a failure for each, in this order, unless one of them is blocked: then it counts for none
 * and prolongs nothing. Time is the server's, which all processes share. Where the failures reach
 * `free` the next try has to wait: 1 s, and twice as long with each further one. Who
 * does not wait is blocked until long ago, not until now: other transactions have begun before.
 */
export async function countTry(
  db: Db,
  subjects: Counted[],
  delaySecondsMax: number,
): Promise<Counting> {
  for (;;) {
    const rows = await db.querySystem<CountingRow>(
      (sql) => sql`
        with tries as (
          select * from unnest(${subjects.map(({ key }) => key)}::text[],
            ${subjects.map(({ free }) => free)}::int[],
            ${subjects.map(({ forgiveSeconds }) => forgiveSeconds)}::float8[]
          ) with ordinality as t (key, free, forgive, position)
        ), held as (
          select extract(epoch from max(blocked_until) - now())::float8 as seconds
          from login_throttles join tries using (key) where blocked_until > now()
        ), counted as (
          insert into login_throttles as kept (key, failures, blocked_until, expires_at)
          select key, 1, case when free > 1 then 'epoch' else now() + interval '1 second' end,
            now() + make_interval(secs => forgive)
          from tries where (select seconds from held) is null order by position
          on conflict (key) do update set (failures, blocked_until, expires_at) = (
            select n, case when n < free then 'epoch' else now() + make_interval(
                secs => least(power(2, least(n - free, 30)), ${delaySecondsMax}::float8)) end,
              greatest(kept.expires_at, now()) + make_interval(secs => forgive)
            from tries, lateral (select 1 + greatest(0, least(kept.failures,
              ceil(extract(epoch from kept.expires_at - now()) / forgive)))::int as n) as counting
            where tries.key = kept.key
          ) where kept.blocked_until <= now()
          returning key, failures
        )
        select seconds, key, failures, ${unhurried(sql)} from held left join counted on true`,
    );
    const blockedSeconds = rows[0]?.seconds ?? null;
    if (blockedSeconds !== null) return { blockedSeconds };
    const failures = new Map(rows.map((row) => [row.key ?? '', row.failures ?? 0]));
    if (failures.size === subjects.length) return { failures };
    // Another try has blocked one of them just now, so this one counts for none; the next look
    // shows for how long.
    for (const one of subjects) {
      if (failures.has(one.key)) await takeBack(db, one, failures.get(one.key));
    }
  }
}

/** Forgets what was counted under the key. */
export async function clearCount(db: Db, key: ThrottleKey): Promise<void> {
  await db.querySystem(
    (sql) => sql`delete from login_throttles where key = ${key} returning ${unhurried(sql)}`,
  );
}

/** The same as part of a change. Needs a system transaction. */
export async function clearCountIn(tx: Tx, key: ThrottleKey): Promise<void> {
  await tx.sql`delete from login_throttles where key = ${key}`;
}

/**
 * Takes back the failure that made it `failures`. The block that came of it ends, unless others
 * have prolonged it.
 */
export async function takeBack(
  db: Db,
  { key, free, forgiveSeconds }: Counted,
  failures = 0,
): Promise<void> {
  await db.querySystem(
    (sql) => sql`
      update login_throttles set
        failures = failures - 1,
        blocked_until = case when failures <= ${free} or failures = ${failures}
          then 'epoch' else blocked_until end,
        expires_at = expires_at - make_interval(secs => ${forgiveSeconds})
      where key = ${key} and failures > 0
      returning ${unhurried(sql)}`,
  );
}
