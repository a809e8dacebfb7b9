import type { PendingQuery, ReservedSql, TransactionSql } from 'postgres';
import { patternsOf } from './event-type.ts';

/** An event as it is written. */
export interface PreparedEvent {
  id: string;
  type: string;
  /** The body that is signed and sent. */
  payload: string;
  orderingKey?: string | undefined;
  idempotencyKey?: string | undefined;
  requestHash: string | null;
  /** Whether it counts against `maxEvents` of the plan. */
  counts?: boolean;
}

export const idempotencyKeyIndex = 'events_idempotency_key';

export interface PublishRow {
  id: string;
  type: string;
  deliveries: number;
  request_hash: string | null;
  /** `known`: its idempotency key made this event before. */
  outcome: 'made' | 'known' | 'over_quota';
}

/** Runs one statement, in a transaction of its own or in one that is open. */
export type RunStatement = (
  statement: (sql: SqlTag) => PendingQuery<PublishRow[]>,
) => Promise<PublishRow[]>;
type SqlTag = ReservedSql | TransactionSql;

/**
 * Counts what is asked for against the month, and writes as many of the events as fit, in their
 * order, with their deliveries. It fails, and counts nothing, when another transaction used an
 * idempotency key at the same time: it breaks the unique index `idempotencyKeyIndex`.
 *
 * What has an ordering key draws its place under the lock of that key, which is held until the
 * commit. What finds others before it waits for them from the start.
 */
export function insertEvents(sql: SqlTag, tenantId: string, events: readonly PreparedEvent[]) {
  const of = <Value>(read: (event: PreparedEvent) => Value) => events.map(read);
  return sql<PublishRow[]>`
    with known as (
      select id, type, deliveries, request_hash from events
      where tenant_id = ${tenantId} and idempotency_key is not null
        and idempotency_key = any(${of((e) => e.idempotencyKey ?? null)}::text[])
    ), published as (
      select *, sum(counts) over (order by n)::int as place
      from unnest(${of((e) => e.id)}::uuid[], ${of((e) => e.type)}::text[],
        ${of((e) => e.payload)}::text[], ${of((e) => patternsOf(e.type).join(' '))}::text[],
        ${of((e) => e.orderingKey ?? null)}::text[], ${of((e) => e.idempotencyKey ?? null)}::text[],
        ${of((e) => e.requestHash)}::text[], ${of((e) => Number(e.counts ?? false))}::int[])
        with ordinality as t
        (id, type, payload, patterns, ordering_key, idempotency_key, request_hash, counts, n)
      where not exists (select from known)
    ), asked as (
      select count(*)::int as n, (
        select max_events from tenant_limits where tenant_id = ${tenantId}) as allowed
      from published where counts = 1
    ), quota as (
      insert into quota_use as q (tenant_id, quota, period, used, granted)
      select ${tenantId}, 'maxEvents', date_trunc('month', now() at time zone 'utc')::date,
        least(n, allowed), least(n, allowed)
      from asked where n > 0
      on conflict (tenant_id, quota, period) do update set
        granted = (select greatest(0, least(n, allowed - q.used)) from asked),
        used = q.used + (select greatest(0, least(n, allowed - q.used)) from asked)
      returning granted
    ), accepted as (
      select * from published
      where counts = 0 or place <= (select granted from quota)
    ), matched as (
      select accepted.id as event_id, accepted.type, accepted.ordering_key, accepted.n, w.id as webhook_id
      from accepted join webhooks w on w.tenant_id = ${tenantId} and w.is_active
        and w.events && string_to_array(accepted.patterns, ' ')
    ), event as (
      insert into events (id, tenant_id, type, payload, ordering_key, idempotency_key, request_hash,
        deliveries)
      select id, ${tenantId}, type, payload, ordering_key, idempotency_key, request_hash,
        (select count(*) from matched where matched.event_id = accepted.id)
      from accepted
      returning id, type, deliveries, request_hash
    ), delivery as (
      insert into webhook_deliveries (id, tenant_id, webhook_id, event_id, event_type, ordering_key,
        position, due_at)
      select trellis_uuid(), ${tenantId}, webhook_id, event_id, type, ordering_key,
        case when ordering_key is not null
          then trellis_next_position(${tenantId}, ordering_key) end,
        case when ordering_key is not null and (in_line > 1 or exists (
          select from webhook_deliveries before
          where before.webhook_id = inorder.webhook_id and before.status in ('pending', 'failed')
            and before.ordering_key = inorder.ordering_key)) then 'infinity' else now() end
      from (
        select matched.*, row_number() over (
          partition by matched.webhook_id, matched.ordering_key order by matched.n) as in_line
        from matched join event on event.id = matched.event_id
        order by matched.ordering_key, matched.n) inorder
    )
    select *, 'made' as outcome from event
    union all
    select *, 'known' from known
    union all
    select id, type, 0, null, 'over_quota' from published
    where counts = 1 and place > (select granted from quota)`;
}

/** Finds the event that an idempotency key made. */
export function findPublished(sql: SqlTag, tenantId: string, idempotencyKey: string) {
  return sql<PublishRow[]>`
    select id, type, deliveries, request_hash, 'known' as outcome from events
    where tenant_id = ${tenantId} and idempotency_key = ${idempotencyKey}`;
}
