import type { Tx } from '@trellis/db/tenant-db';
import type { ThrottleKey } from './throttle-keys.ts';

const hourSeconds = 3_600;

/**
 * Takes one of `perHour` mails and answers 0, or answers in how many seconds the next may go. A
 * bucket: all may go at once, and each comes back in its part of an hour. What is taken is given
 * back when the transaction is rolled back. Needs a system transaction.
 */
export async function takeMailAllowance(
  tx: Tx,
  key: ThrottleKey,
  perHour: number,
): Promise<number> {
  const step = hourSeconds / perHour;
  const [taken] = await tx.sql`
    insert into login_throttles as kept (key, failures, blocked_until, expires_at)
    values (${key}, 0, 'epoch', clock_timestamp() + make_interval(secs => ${step}))
    on conflict (key) do update
      set expires_at = greatest(kept.expires_at, clock_timestamp()) + make_interval(secs => ${step})
      where kept.expires_at <= clock_timestamp() + make_interval(secs => ${hourSeconds - step})
    returning key`;
  if (taken) return 0;
  const [kept] = await tx.sql<{ seconds: number }[]>`
    select ceil(extract(epoch from expires_at - clock_timestamp()) - ${hourSeconds - step})::int
      as seconds
    from login_throttles where key = ${key}`;
  return Math.max(1, kept?.seconds ?? 1);
}
