import { firstIdOf } from '@trellis/db/id-range';
import type { Sql } from 'postgres';
import { loadBulk } from './bulk-load.ts';

export interface FilledDeliveries {
  /** The 50 types, the most common one first: each next one is a quarter rarer. */
  types: string[];
  /** None of its deliveries was given up, although one of nine of all deliveries is of it. */
  neverExhausted: string;
  /** Of events of the busy subscription, from all days. */
  eventIds: string[];
  /** Where the first one is, in milliseconds of Unix time. */
  fromMs: number;
  toMs: number;
}

export interface Subscriptions {
  /** Has 8 of 10 deliveries. */
  busy: string;
  /** Have the rest. */
  others: string[];
}

const days = 30;
const dayMs = 86_400_000;
const typesInAll = 50;
const neverExhaustedRank = 3;
const typeOf = (rank: number) => `thing.changed${rank}`;
const sampled = 200;

/**
 * Fills the deliveries of one tenant, spread evenly over the last 30 days: 97 % delivered, 2.5 %
 * given up, 0.4 % cancelled, and a few that wait. Their events are left out, as nothing here
 * reads them.
 */
export async function fillDeliveries(
  owner: Sql,
  tenantId: string,
  { busy, others }: Subscriptions,
  rows: number,
): Promise<FilledDeliveries> {
  const toMs = Date.now();
  const fromMs = toMs - days * dayMs;
  const made: Made = { tenantId, busy, others, rows, fromMs, first: 0, last: 0 };
  await loadBulk(owner, 'webhook_deliveries', rows, (first, last) =>
    insert(owner, { ...made, first, last }),
  );
  return {
    types: Array.from({ length: typesInAll }, (_, rank) => typeOf(rank)),
    neverExhausted: typeOf(neverExhaustedRank),
    eventIds: await sampleEvents(owner, busy, fromMs),
    fromMs,
    toMs,
  };
}

interface Made extends Subscriptions {
  tenantId: string;
  rows: number;
  fromMs: number;
  first: number;
  last: number;
}

async function insert(owner: Sql, made: Made): Promise<void> {
  const { tenantId, busy, others, rows, fromMs, first, last } = made;
  await owner`
    insert into webhook_deliveries (id, tenant_id, webhook_id, event_id, event_type, status,
      attempts, tries, due_at, status_code, error, delivered_at, created_at)
    select
      (lpad(to_hex(ms), 12, '0') || '7' || substr(mix, 1, 3) || '8' || substr(mix, 4, 15))::uuid,
      ${tenantId}::uuid,
      case when spread % 10 < 8 then ${busy}::uuid
        else (${others}::uuid[])[1 + (spread / 10) % ${others.length}::int] end,
      (lpad(to_hex(ms), 12, '0') || '7' || substr(mix, 1, 3) || '9' || substr(mix, 4, 15))::uuid,
      'thing.changed' || rank, status, tries, tries,
      case when status = 'failed' then now() + interval '1 hour' else at end,
      case when status = 'delivered' then 204 when tries > 0 then 503 end,
      case when status <> 'delivered' and tries > 0 then 'The endpoint answered 503.' end,
      case when status = 'delivered' then at + interval '40 milliseconds' end,
      at
    from (
      select *, to_timestamp(ms / 1000.0) as at,
        case when luck < 0.0001 then 'pending' when luck < 0.001 then 'failed'
          when luck < 0.005 then 'cancelled'
          when luck < 0.03 and rank <> ${neverExhaustedRank} then 'exhausted'
          else 'delivered' end as status,
        case when luck < 0.0001 then 0 when luck < 0.03 then 6 else 1 end as tries
      from (
        select mix, ms, ('x' || substr(mix, 19, 7))::bit(28)::int as spread,
          ('x' || substr(mix, 5, 7))::bit(28)::int / 268435456.0 as luck,
          least(${typesInAll - 1}, floor(-ln(
            (1 + ('x' || substr(mix, 26, 7))::bit(28)::int) / 268435456.0) / 0.3)::int) as rank
        from (
          select md5(i::text) as mix,
            (${fromMs}::float8 + ${days * dayMs}::float8 * i / ${rows}::float8)::bigint as ms
          from generate_series(${first}::bigint, ${last}::bigint) as i
        ) as numbered
      ) as diced
    ) as made`;
}

async function sampleEvents(owner: Sql, webhookId: string, fromMs: number): Promise<string[]> {
  const firstIds = Array.from({ length: sampled }, (_, nth) =>
    firstIdOf(fromMs + (nth / sampled) * days * dayMs),
  );
  await owner`alter table webhook_deliveries no force row level security`;
  const found = await owner<{ event_id: string }[]>`
    select d.event_id
    from unnest(${firstIds}::uuid[]) as first_id, lateral (
      select event_id from webhook_deliveries
      where webhook_id = ${webhookId} and id >= first_id order by id limit 1) d`;
  await owner`alter table webhook_deliveries force row level security`;
  return found.map((row) => row.event_id);
}
