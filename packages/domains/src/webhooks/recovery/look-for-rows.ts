import { firstIdOf } from '@trellis/db/id-range';
import type { Tx } from '@trellis/db/tenant-db';
import { webhookTest } from '../events.ts';
import type { Webhook } from '../repository.ts';
import type { Recovery } from './repository.ts';

type SqlTag = Tx['sql'];

/** What a recovery looks for. */
export interface Search extends Pick<Recovery, 'kind' | 'since' | 'until'> {
  webhook: Pick<Webhook, 'id' | 'tenantId' | 'events'>;
}

/** Rows in the order of their ids. */
export interface PageRange {
  /** The last id that was looked at; null at first. */
  after: string | null;
  rowsMax: number;
}

/**
 * The next rows, with `fits` for those to queue: deliveries, or events for `missing`. A dry run
 * counts what this says, and a recovery queues it, so that the two agree.
 */
export function rowsOf(sql: SqlTag, search: Search, { after, rowsMax }: PageRange) {
  const range = {
    after: after ?? firstIdAt(search.since),
    end: firstIdAt(search.until),
    rowsMax,
  };
  return search.kind === 'failed'
    ? failedDeliveries(sql, search.webhook, range)
    : missedEvents(sql, search.webhook, range);
}

interface IdRange {
  after: string;
  end: string;
  rowsMax: number;
}

function firstIdAt(moment: Date): string {
  return firstIdOf(Math.max(0, moment.getTime()));
}

/**
 * Walks the index of each status, so that what was delivered in between is not looked at. What a
 * worker has in flight does not fit.
 */
function failedDeliveries(
  sql: SqlTag,
  { id: webhookId }: Search['webhook'],
  { after, end, rowsMax }: IdRange,
) {
  const ofStatus = (status: 'exhausted' | 'failed') =>
    sql`(
      select id, ordering_key, event_type, leased_until from webhook_deliveries
      where webhook_id = ${webhookId} and status = ${status} and id > ${after} and id < ${end}
      order by id limit ${rowsMax})`;
  return sql`
    select id, ordering_key,
      event_type <> ${webhookTest.name} and (leased_until is null or leased_until <= now()) as fits
    from (${ofStatus('exhausted')} union all ${ofStatus('failed')}) waiting
    order by id limit ${rowsMax}`;
}

/**
 * An event outlives its deliveries by a day: what is older than the plan keeps deliveries may well
 * have been delivered, so it does not fit.
 */
function missedEvents(
  sql: SqlTag,
  { id: webhookId, tenantId, events }: Search['webhook'],
  { after, end, rowsMax }: IdRange,
) {
  const prefixes = events.filter((pattern) => pattern.endsWith('.*')).map((p) => p.slice(0, -1));
  return sql`
    select id, ordering_key, type,
      type <> ${webhookTest.name}
      and (${events.includes('*')} or type = any(${events}::text[]) or exists (
        select from unnest(${prefixes}::text[]) as p (prefix) where starts_with(type, prefix)))
      and created_at >= (
        select now() - make_interval(days => p.retention_days)
        from tenants t join plans p using (plan_type) where t.id = ${tenantId})
      and not exists (
        select from webhook_deliveries d where d.event_id = page.id and d.webhook_id = ${webhookId})
      as fits
    from (
      select id, ordering_key, type, created_at from events
      where tenant_id = ${tenantId} and id > ${after} and id < ${end}
      order by id limit ${rowsMax}) page`;
}
