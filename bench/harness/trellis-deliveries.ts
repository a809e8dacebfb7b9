import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchTenant, BenchTrellis } from './trellis.ts';

const pollMs = 10;

/** Makes a subscription to events of one type and answers its id. */
export async function subscribe(
  tenant: Pick<BenchTenant, 'post'>,
  url: string,
  event = 'order.paid',
): Promise<string> {
  const { id } = await tenant.post<{ id: string }>('/webhooks', { url, events: [event] });
  return id;
}

/** Writes a backlog that no worker takes before the subscription is active again. */
export async function fillBacklog(
  { sql, tenantId }: BenchTrellis,
  webhookId: string,
  payload: string,
  count: number,
): Promise<void> {
  await sql`update webhooks set is_active = false where id = ${webhookId}`;
  await sql`
    with event as (
      insert into events (id, tenant_id, type, payload, deliveries)
      select trellis_uuid(), ${tenantId}::uuid, 'order.paid', ${payload}::text, 1
      from generate_series(1, ${count})
      returning id, type)
    insert into webhook_deliveries (id, tenant_id, webhook_id, event_id, event_type)
    select trellis_uuid(), ${tenantId}::uuid, ${webhookId}::uuid, id, type from event`;
}

export async function activate({ sql }: BenchTrellis, webhookId: string): Promise<void> {
  await sql`update webhooks set is_active = true where id = ${webhookId}`;
}

/** Resolves to the moment at which all was recorded, in milliseconds of Unix time. */
export async function untilRecorded({ sql }: BenchTrellis): Promise<number> {
  for (;;) {
    const waiting = await sql`
      select from webhook_deliveries where status in ('pending', 'failed') limit 1`;
    if (waiting.length === 0) return performance.timeOrigin + performance.now();
    await sleep(pollMs);
  }
}
