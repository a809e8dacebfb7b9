import type { TenantDb } from '@trellis/db/tenant-db';
import type { AttemptResult } from '../delivery/attempt.ts';
import type { ClaimedDelivery } from './claim.ts';

/** What came of one attempt, and what becomes of its delivery. */
export interface Outcome {
  delivery: ClaimedDelivery;
  result: AttemptResult;
  status: 'delivered' | 'failed' | 'exhausted';
  /** Milliseconds until the next attempt of a failed one. */
  retryInMs: number | null;
}

/**
 * Writes many attempts and the new states of their deliveries in one statement. A failure that
 * comes after its lease ended changes nothing, as the delivery is in other hands by then.
 */
export async function recordOutcomes(
  db: Pick<TenantDb, 'querySystem'>,
  outcomes: readonly Outcome[],
): Promise<void> {
  const rows = JSON.stringify(outcomes.map(toRow));
  await db.querySystem(
    (sql) => sql`
    with outcome as (
      select * from json_to_recordset(${rows}::text::json) as t (
        id uuid, tenant_id uuid, attempt int, lease timestamptz, status text, retry_ms float, status_code int,
        error_class text, error text, duration_ms int, response_body text,
        response_truncated boolean, response_headers jsonb)
    ), delivery as (
      update webhook_deliveries d
      set status = o.status, attempts = o.attempt, status_code = o.status_code, error = o.error,
        due_at = case when o.retry_ms is null then d.due_at
          else now() + make_interval(secs => o.retry_ms / 1000) end,
        delivered_at = case when o.status = 'delivered' then now() end
      from outcome o
      where d.id = o.id and d.status in ('pending', 'failed')
        and (d.due_at = o.lease or o.status = 'delivered')
    )
    insert into webhook_attempts (id, tenant_id, delivery_id, attempt, trigger, status_code,
      error_class, error, duration_ms, response_body, response_truncated, response_headers)
    select trellis_uuid(), tenant_id, id, attempt, 'automatic', status_code, error_class, error,
      duration_ms, response_body, response_truncated, response_headers
    from outcome`,
  );
}

function toRow({ delivery, result, status, retryInMs }: Outcome) {
  return {
    id: delivery.id,
    tenant_id: delivery.tenant_id,
    attempt: delivery.attempt,
    lease: delivery.lease,
    status,
    retry_ms: retryInMs,
    status_code: result.statusCode,
    error_class: result.errorClass,
    error: result.error,
    duration_ms: result.durationMs,
    response_body: result.responseBody,
    response_truncated: result.responseTruncated,
    response_headers: result.responseHeaders,
  };
}

/** Gives back what was claimed and not sent, so that another worker can take it at once. */
export async function releaseClaims(
  db: Pick<TenantDb, 'querySystem'>,
  deliveries: readonly ClaimedDelivery[],
): Promise<void> {
  await db.querySystem(
    (sql) => sql`
    update webhook_deliveries d set due_at = now()
    from unnest(${deliveries.map((d) => d.id)}::uuid[], ${deliveries.map((d) => d.lease)}::text[])
      as claimed (id, lease)
    where d.id = claimed.id and d.due_at = claimed.lease::timestamptz
      and d.status in ('pending', 'failed')`,
  );
}
