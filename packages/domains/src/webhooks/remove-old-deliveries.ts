import { deleteInBatches } from '@trellis/db/delete-in-batches';
import type { TenantDb } from '@trellis/db/tenant-db';

export interface RemovedRows {
  attempts: number;
  deliveries: number;
  events: number;
}

/**
 * Removes what is older than the `retentionDays` of its tenant's plan. An event stays a day longer
 * than its deliveries, so that none is ever without its body.
 */
export async function removeOld(db: Pick<TenantDb, 'querySystem'>): Promise<RemovedRows> {
  const remove = (table: string, moreDays: number) =>
    deleteInBatches(
      db,
      (sql, limit) => sql`
      delete from ${sql(table)} where id in (
        select old.id from ${sql(table)} old
        join tenants t on t.id = old.tenant_id
        join plans p on p.plan_type = t.plan_type
        where old.created_at < now() - make_interval(days => p.retention_days + ${moreDays})
        limit ${limit})
      returning id`,
    );
  return {
    attempts: await remove('webhook_attempts', 0),
    deliveries: await remove('webhook_deliveries', 0),
    events: await remove('events', 1),
  };
}
