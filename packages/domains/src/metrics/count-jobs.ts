import { queueNames } from '@trellis/core/queue-names';
import type { TenantDb } from '@trellis/db/tenant-db';

/** More are not counted, so that a scrape stays cheap whatever waits. */
const countMax = 100_000;

export type JobCount = {
  queue: string;
  waiting: number;
  failed: number;
};

/**
 * The durable jobs of each queue, by their rows: they are the truth, also while Redis is away.
 * Those under way count as waiting, those that are for later do not.
 */
export function countJobs(db: Pick<TenantDb, 'querySystem'>): Promise<JobCount[]> {
  return db.querySystem<JobCount>(
    (sql) => sql`
    with counted as (
      select queue, count(*) filter (where failed_at is null) as waiting,
        count(failed_at) as failed
      from (
        (select queue, failed_at from jobs
          where failed_at is null and run_at <= now() limit ${countMax})
        union all
        (select queue, failed_at from jobs where failed_at is not null limit ${countMax})) job
      group by queue
    )
    select queue, coalesce(waiting, 0)::int as waiting, coalesce(failed, 0)::int as failed
    from unnest(${[...queueNames]}::text[]) as known (queue) left join counted using (queue)`,
  );
}
