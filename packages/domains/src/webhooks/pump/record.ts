import type { TenantDb } from '@trellis/db/tenant-db';
import type { ReservedSql } from 'postgres';
import type { AttemptResult } from '../delivery/attempt.ts';
import type { ClaimedDelivery } from './claim.ts';

/** What came of one attempt, and what becomes of its delivery. */
export interface Outcome {
  /** Of the attempt. */
  id: string;
  delivery: ClaimedDelivery;
  result: AttemptResult;
  status: 'delivered' | 'failed' | 'exhausted';
  /** Milliseconds until the next attempt of a failed one. */
  retryInMs: number | null;
  /** Milliseconds from the claim until it was sent. */
  sentAfterMs: number;
}

/** When an endpoint that fails is only probed. */
export interface CircuitSettings {
  /** Failures in a row, over all workers. */
  failures: number;
  /** Between two probes. */
  probeMs: number;
}

/** An endpoint of which nothing in the batch succeeded. */
export interface FailingEndpoint {
  webhook_id: string;
  /** Since its first failure behind the last success. */
  failing_days: number;
  is_open: boolean;
}

/**
 * Writes many attempts and the new states of their deliveries in one statement, and answers the
 * endpoints that fail. A failure that comes after its lease ended changes nothing, as the delivery
 * is in other hands by then. Written twice, as when the connection is lost before the answer, it
 * counts once.
 */
export async function recordOutcomes(
  db: Pick<TenantDb, 'querySystem'>,
  outcomes: readonly Outcome[],
  circuit: CircuitSettings,
): Promise<FailingEndpoint[]> {
  const rows = JSON.stringify(outcomes.map(toRow));
  const probe = circuit.probeMs / 1_000;
  return db.querySystem<FailingEndpoint>(
    (sql) => sql`
    with outcome as materialized (
      select * from json_to_recordset(${rows}::text::json) as t (
        id uuid, attempt_id uuid, tenant_id uuid, webhook_id uuid, attempt int, tries int, trigger text,
        lease timestamptz, status text, retry_ms float, status_code int, error_class text,
        error text, duration_ms int, response_body text, response_truncated boolean,
        response_headers jsonb)
    ), delivery as (
      update webhook_deliveries d
      set status = case when ${beginsAnew(sql)} then 'failed' else o.status end,
        tries = case when ${beginsAnew(sql)} then 0 else o.tries end,
        trigger = case when ${beginsAnew(sql)} then d.trigger
          when o.trigger = 'test' then 'test' else 'automatic' end,
        due_at = case when ${beginsAnew(sql)} then now() when o.retry_ms is null then d.due_at
          else now() + make_interval(secs => o.retry_ms / 1000) end,
        attempts = o.attempt, status_code = o.status_code, error = o.error, leased_until = null,
        delivered_at = case when o.status = 'delivered' then now() else d.delivered_at end
      from outcome o
      where d.id = o.id and d.status in ('pending', 'failed')
        and (d.leased_until = o.lease or o.status = 'delivered')
    ), attempt as (
      insert into webhook_attempts (id, tenant_id, delivery_id, attempt, trigger, status_code,
        error_class, error, duration_ms, response_body, response_truncated, response_headers)
      select attempt_id, tenant_id, id, attempt, trigger, status_code, error_class, error,
        duration_ms, response_body, response_truncated, response_headers
      from outcome
      on conflict (id) do nothing
      returning id
    ), endpoint as (
      select webhook_id, tenant_id, bool_or(status = 'delivered') as works,
        (count(*) filter (where status <> 'delivered' and trigger <> 'test'))::int as failed
      from outcome join attempt on attempt.id = outcome.attempt_id
      group by webhook_id, tenant_id
    ), mended as (
      delete from webhook_failures
      where webhook_id in (select webhook_id from endpoint where works)
    )
    insert into webhook_failures as f (webhook_id, tenant_id, failures, open_until)
    select webhook_id, tenant_id, failed,
      case when failed >= ${circuit.failures} then now() + make_interval(secs => ${probe}) end
    from endpoint
    where not works and failed > 0 and exists (select from webhooks where id = webhook_id)
    order by webhook_id
    on conflict (webhook_id) do update set
      failures = f.failures + excluded.failures,
      open_until = case when f.failures + excluded.failures >= ${circuit.failures}
        then now() + make_interval(secs => ${probe}) end
    returning webhook_id, open_until is not null as is_open,
      (extract(epoch from now() - failing_since) / 86400)::float8 as failing_days`,
  );
}

/** Somebody asked for a retry while it was in flight, and this try failed. */
function beginsAnew(sql: ReservedSql) {
  return sql`(o.status <> 'delivered' and d.tries < o.tries - 1)`;
}

function toRow({ id, delivery, result, status, retryInMs }: Outcome) {
  return {
    id: delivery.id,
    attempt_id: id,
    tenant_id: delivery.tenant_id,
    webhook_id: delivery.webhook_id,
    attempt: delivery.attempt,
    tries: delivery.tries,
    trigger: delivery.trigger,
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

/**
 * Gives back what was claimed and not sent, so that another worker can take it at once. An endpoint
 * whose probe is among them may be probed at once as well.
 */
export async function releaseClaims(
  db: Pick<TenantDb, 'querySystem'>,
  deliveries: readonly ClaimedDelivery[],
): Promise<void> {
  const probed = deliveries.filter((one) => one.is_probe).map((one) => one.webhook_id);
  await db.querySystem(
    (sql) => sql`
    with released as (
      update webhook_deliveries d set leased_until = null
      from unnest(${deliveries.map((d) => d.id)}::uuid[], ${deliveries.map((d) => d.lease)}::text[])
        as claimed (id, lease)
      where d.id = claimed.id and d.leased_until = claimed.lease::timestamptz
        and d.status in ('pending', 'failed')
    )
    update webhook_failures set open_until = now()
    where webhook_id = any(${probed}::uuid[]) and open_until is not null`,
  );
}
