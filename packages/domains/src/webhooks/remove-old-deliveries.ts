import { firstIdOf } from '@trellis/db/id-range';
import type { TenantDb } from '@trellis/db/tenant-db';

export interface RemovedRows {
  attempts: number;
  deliveries: number;
  events: number;
  recoveries: number;
}

type Db = Pick<TenantDb, 'querySystem'>;

/** Rows that one statement looks at: small enough that nobody waits for its locks. */
const pageSize = 2_000;
const dayMs = 86_400_000;

/**
 * Removes what is older than the `retentionDays` of its tenant's plan, the oldest first. An event
 * stays a day longer than its deliveries, so that none is ever without its body. What waits to be
 * sent stays while its tenant is suspended, and for a day from then on. What fails in one table does
 * not keep the others; throws AggregateError in the end.
 */
export async function removeOld(db: Db): Promise<RemovedRows> {
  const removed: RemovedRows = { attempts: 0, deliveries: 0, events: 0, recoveries: 0 };
  const failures: unknown[] = [];
  const remove = async (name: keyof RemovedRows, table: string, moreDays: number) => {
    try {
      await removeFrom(db, table, moreDays, (count) => {
        removed[name] += count;
      });
    } catch (error) {
      failures.push(error);
    }
  };
  await remove('attempts', 'webhook_attempts', 0);
  await remove('deliveries', 'webhook_deliveries', 0);
  await remove('events', 'events', 1);
  await remove('recoveries', 'webhook_recoveries', 0);
  if (failures.length > 0) {
    const counts = JSON.stringify(removed);
    throw new AggregateError(failures, `Not all that is old was removed, only ${counts}.`);
  }
  return removed;
}

/**
 * Whether a row of the page is needed for a delivery that waits. Scalar, so that Postgres looks each
 * row up by an index instead of reading all that waits.
 */
const waiting: Readonly<Record<string, string>> = {
  webhook_deliveries: `(select true from webhook_deliveries d
    where d.id = page.id and d.status in ('pending', 'failed'))`,
  events: `(select true from webhook_deliveries d
    where d.event_id = page.id and d.status in ('pending', 'failed') limit 1)`,
};

interface Page {
  /** The last id that was looked at; null when there was none. */
  last: string | null;
  seen: number;
  removed: number;
}

/**
 * Walks once over what is older than the shortest retention, page by page along the primary key:
 * ids are UUIDv7, so they are in the order of time. What a longer plan keeps is passed over.
 */
async function removeFrom(
  db: Db,
  table: string,
  moreDays: number,
  onRemoved: (count: number) => void,
): Promise<void> {
  const [plan] = await db.querySystem<{ days: number | null }>(
    (sql) => sql`select min(retention_days) as days from plans`,
  );
  const end = firstIdOf(Date.now() - ((plan?.days ?? 0) + moreDays) * dayMs);
  let after: string | null = firstIdOf(0);
  while (after !== null) {
    const page: Page | undefined = await removePage(db, { table, moreDays, after, end });
    onRemoved(page?.removed ?? 0);
    after = page?.seen === pageSize ? page.last : null;
  }
}

interface Range {
  table: string;
  moreDays: number;
  after: string;
  end: string;
}

async function removePage(
  db: Db,
  { table, moreDays, after, end }: Range,
): Promise<Page | undefined> {
  const [page] = await db.querySystem<Page>(
    (sql) => sql`
    with page as materialized (
      select id, tenant_id, created_at from ${sql(table)}
      where id > ${after} and id < ${end} order by id limit ${pageSize}
    ), gone as (
      delete from ${sql(table)} where id in (
        select page.id from page
        join tenants on tenants.id = page.tenant_id
        join plans using (plan_type)
        where page.created_at < now() - make_interval(days => plans.retention_days + ${moreDays})
          and not (
            (tenants.status = 'suspended' or tenants.updated_at > now() - interval '1 day')
            and coalesce(${sql.unsafe(waiting[table] ?? 'false')}, false)))
      returning id
    )
    select (select id from page order by id desc limit 1) as last,
      (select count(*) from page)::int as seen, (select count(*) from gone)::int as removed`,
  );
  return page;
}
