import { deleteInBatches } from '@trellis/db/delete-in-batches';
import type { TenantDb } from '@trellis/db/tenant-db';
import type { PendingQuery, ReservedSql } from 'postgres';

type Db = Pick<TenantDb, 'querySystem'>;

export interface RemovedRows {
  attempts: number;
  deliveries: number;
  events: number;
}

/**
 * Removes what is older than the `retentionDays` of its tenant's plan. An event stays a day longer
 * than its deliveries, so that none is ever without its body.
 */
export async function removeOld(db: Db): Promise<RemovedRows> {
  return {
    attempts: await deleteInBatches(db, oldAttempts),
    deliveries: await deleteInBatches(db, oldDeliveries),
    events: await deleteInBatches(db, oldEvents),
  };
}

function oldAttempts(sql: ReservedSql, limit: number): PendingQuery<object[]> {
  return sql`
    delete from webhook_attempts where id in (
      select a.id from webhook_attempts a ${olderThanRetention(sql, sql`a`, 0)}
      limit ${limit})
    returning id`;
}

function oldDeliveries(sql: ReservedSql, limit: number): PendingQuery<object[]> {
  return sql`
    delete from webhook_deliveries where id in (
      select d.id from webhook_deliveries d ${olderThanRetention(sql, sql`d`, 0)}
      limit ${limit})
    returning id`;
}

function oldEvents(sql: ReservedSql, limit: number): PendingQuery<object[]> {
  return sql`
    delete from events where id in (
      select e.id from events e ${olderThanRetention(sql, sql`e`, 1)}
      limit ${limit})
    returning id`;
}

function olderThanRetention(sql: ReservedSql, row: PendingQuery<object[]>, moreDays: number) {
  return sql`
    join tenants t on t.id = ${row}.tenant_id
    join plans p on p.plan_type = t.plan_type
    where ${row}.created_at < now() - make_interval(days => p.retention_days + ${moreDays})`;
}
