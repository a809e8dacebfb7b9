import { firstIdOf } from '@trellis/db/id-range';
import type { TestDatabase } from '@trellis/test/database';
import { asSystem } from '@trellis/test/installation';
import type { Account } from '@trellis/test/sign-up';

export interface AddedDeliveries {
  account: Pick<Account, 'tenant'>;
  webhookId: string;
  status: 'pending' | 'delivered' | 'failed' | 'exhausted' | 'cancelled';
  count?: number;
  type?: string;
  /** When they were made; a minute ago unless told otherwise. */
  at?: Date;
  orderingKey?: string;
  /** A worker has them in flight. */
  inFlight?: boolean;
}

/** Deliveries in a state that takes long to come to, with their events. Answers the ids of these. */
export function addDeliveries(
  database: Pick<TestDatabase, 'appUrl'>,
  {
    account,
    webhookId,
    status,
    count = 1,
    type = 'order.paid',
    at = new Date(Date.now() - 60_000),
    orderingKey,
    inFlight = false,
  }: AddedDeliveries,
): Promise<string[]> {
  const tenantId = account.tenant.id;
  const prefix = firstIdOf(at.getTime()).slice(0, 13);
  return asSystem(database, async ({ sql }) => {
    const rows = await sql<{ event_id: string }[]>`
      with made as (
        select overlay(trellis_uuid()::text placing ${prefix}
          || '-7' || lpad(to_hex(n), 3, '0') from 1)::uuid as id, n
        from generate_series(1, ${count}::int) n
      ), event as (
        insert into events (id, tenant_id, type, payload, ordering_key, created_at)
        select id, ${tenantId}, ${type}, '{"data":{"number":' || n || '}}',
          ${orderingKey ?? null}, ${at.toISOString()} from made
      )
      insert into webhook_deliveries (id, tenant_id, webhook_id, event_id, event_type, status,
        attempts, tries, ordering_key, position, due_at, leased_until, created_at)
      select id, ${tenantId}, ${webhookId}, id, ${type}, ${status}, 6, 6, ${orderingKey ?? null},
        case when ${orderingKey !== undefined} then nextval('webhook_delivery_positions') end,
        now() + interval '1 hour',
        case when ${inFlight} then now() + interval '1 hour' end, ${at.toISOString()}
      from made order by n
      returning event_id`;
    return rows.map((row) => row.event_id);
  });
}
