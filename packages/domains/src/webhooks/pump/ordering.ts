import type { TenantDb } from '@trellis/db/tenant-db';
import type { ClaimedDelivery } from './claim.ts';

type Db = Pick<TenantDb, 'querySystem'>;

/** Ordering keys that one statement looks at; the next one goes on behind them. */
const keysPerSweep = 1_000;

/** Where the sweep goes on: the last subscription and ordering key that it looked at. */
export interface OrderingPosition {
  webhook_id: string;
  ordering_key: string;
}

/**
 * Of each ordering key of which one has ended, the next may be sent. It waits in place `infinity`,
 * so that a long line behind one that fails is not looked at again and again. The conditions are
 * repeated on the row itself, as another statement may have changed it meanwhile.
 */
export async function freeNextInOrder(
  db: Db,
  ended: readonly Pick<ClaimedDelivery, 'webhook_id' | 'ordering_key'>[],
): Promise<void> {
  await db.querySystem(
    (sql) => sql`
    update webhook_deliveries set due_at = now() where id in (
      select head.id
      from (
        select distinct * from unnest(${ended.map((one) => one.webhook_id)}::uuid[],
          ${ended.map((one) => one.ordering_key)}::text[]) as t (webhook_id, ordering_key)) key,
        lateral (
          select id, due_at from webhook_deliveries d
          where d.webhook_id = key.webhook_id and d.ordering_key = key.ordering_key
            and d.status in ('pending', 'failed')
          order by d.position limit 1) head
      where head.due_at = 'infinity')
    and due_at = 'infinity' and status in ('pending', 'failed')`,
  );
}

/**
 * Frees the first of each ordering key should it be parked: when a worker was killed between the
 * end of one and the release of the next, or one was parked just while the one before it ended.
 * Walks the keys by jumping from one to the next in their index. Answers where to go on, and null
 * at the end of the round.
 */
export async function freeStrandedHeads(
  db: Db,
  after: OrderingPosition | null,
): Promise<{ last: OrderingPosition | null; freed: number }> {
  const { webhook_id, ordering_key } = after ?? first;
  const [row] = await db.querySystem<OrderingPosition & { seen: number; freed: number }>(
    (sql) => sql`
    with recursive key as (
      select * from (
        select webhook_id, ordering_key, 1 as place from webhook_deliveries
        where status in ('pending', 'failed') and ordering_key is not null
          and (webhook_id, ordering_key) > (${webhook_id}::uuid, ${ordering_key}::text)
        order by webhook_id, ordering_key limit 1) first
      union all
      select following.webhook_id, following.ordering_key, key.place + 1
      from key, lateral (
        select webhook_id, ordering_key from webhook_deliveries
        where status in ('pending', 'failed') and ordering_key is not null
          and (webhook_id, ordering_key) > (key.webhook_id, key.ordering_key)
        order by webhook_id, ordering_key limit 1) following
      where key.place < ${keysPerSweep}
    ), freed as (
      update webhook_deliveries set due_at = now() where id in (
        select head.id from key, lateral (
          select id, due_at from webhook_deliveries d
          where d.webhook_id = key.webhook_id and d.ordering_key = key.ordering_key
            and d.status in ('pending', 'failed')
          order by d.position limit 1) head
        where head.due_at = 'infinity')
      and due_at = 'infinity' and status in ('pending', 'failed')
      returning id
    )
    select webhook_id, ordering_key, place as seen, (select count(*) from freed)::int as freed
    from key order by place desc limit 1`,
  );
  const goesOn = row !== undefined && row.seen === keysPerSweep;
  return {
    last: goesOn ? { webhook_id: row.webhook_id, ordering_key: row.ordering_key } : null,
    freed: row?.freed ?? 0,
  };
}

const first: OrderingPosition = {
  webhook_id: '00000000-0000-0000-0000-000000000000',
  ordering_key: '',
};
