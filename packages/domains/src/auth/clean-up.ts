import { deleteInBatches } from '@trellis/db/delete-in-batches';
import type { TenantDb } from '@trellis/db/tenant-db';

type Db = Pick<TenantDb, 'querySystem'>;

/** Days that an ended session stays, for whoever looks into what happened. */
const keptDays = 30;

/** Each answers how many rows went. */
export function removeSessions(db: Db): Promise<number> {
  return deleteInBatches(
    db,
    (sql, limit) => sql`
      delete from sessions where id in (
        select id from sessions
        where least(expires_at, revoked_at) < now() - make_interval(days => ${keptDays})
        limit ${limit} for update skip locked)
      returning id`,
  );
}

export function removeTokens(db: Db): Promise<number> {
  return deleteInBatches(
    db,
    (sql, limit) => sql`
      delete from one_time_tokens where id in (
        select id from one_time_tokens where expires_at < now()
        limit ${limit} for update skip locked)
      returning id`,
  );
}

/** By then every failure is forgotten, so a row that goes changes nothing. */
export function removeThrottles(db: Db): Promise<number> {
  return deleteInBatches(
    db,
    (sql, limit) => sql`
      delete from login_throttles where key in (
        select key from login_throttles where greatest(expires_at, blocked_until) < now()
        limit ${limit} for update skip locked)
      returning key`,
  );
}
