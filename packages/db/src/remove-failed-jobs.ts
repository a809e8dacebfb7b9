import { deleteInBatches } from './delete-in-batches.ts';
import { firstIdOf } from './id-range.ts';
import type { TenantDb } from './tenant-db.ts';

/** Days that a job that failed for good is kept for inspection. */
const keptDays = 30;

/** Removes the rows of jobs that failed long ago. Answers how many went. */
export function removeFailedJobs(db: Pick<TenantDb, 'querySystem'>): Promise<number> {
  const before = new Date(Date.now() - keptDays * 86_400_000);
  // A job fails after it was made, so the primary key finds the few that can be old enough.
  const end = firstIdOf(before.getTime());
  return deleteInBatches(
    db,
    (sql, limit) => sql`
    delete from jobs where id in (
      select id from jobs where id < ${end} and failed_at < ${before}
      order by id limit ${limit} for update skip locked)
    returning id`,
  );
}
