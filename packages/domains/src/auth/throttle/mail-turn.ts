import type { Tx } from '@trellis/db/tenant-db';
import type { ThrottleKey } from './throttle-keys.ts';

/** Between two mails of one kind to one recipient. */
const intervalSeconds = 60;

/**
 * Takes the turn for a mail and answers 0, or answers in how many seconds it comes. Lasts when the
 * link of the mail is used, and is given back when the transaction is rolled back. Of several at
 * once one gets it. Needs a system transaction.
 */
export async function takeMailTurn(tx: Tx, key: ThrottleKey): Promise<number> {
  const [taken] = await tx.sql`
    insert into login_throttles as kept (key, failures, blocked_until, expires_at)
    values (${key}, 0, now() + make_interval(secs => ${intervalSeconds}),
      now() + make_interval(secs => ${intervalSeconds}))
    on conflict (key) do update
      set blocked_until = excluded.blocked_until, expires_at = excluded.expires_at
      where kept.blocked_until <= now()
    returning key`;
  if (taken) return 0;
  const [kept] = await tx.sql<{ seconds: number }[]>`
    select ceil(extract(epoch from blocked_until - now()))::int as seconds
    from login_throttles where key = ${key}`;
  return Math.max(1, kept?.seconds ?? 1);
}
