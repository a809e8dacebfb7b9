import type { Sql } from 'postgres';
import { loadBulk } from './bulk-load.ts';

export interface FilledTrail {
  /** Wrote 3 of 10 entries of the tenant. */
  busyActor: string;
  /** Some of the many who wrote a few hundred each, spread over all months. */
  actors: string[];
  /** Wrote nothing at all. */
  unknownActor: string;
  action: string;
  /** Every tenth entry is about it. */
  resource: { type: string; id: string };
  /** A few entries are about it. */
  rareResource: { type: string; id: string };
  /** A day in the middle. */
  from: string;
  to: string;
}

const months = 6;
const actorsInAll = 10_000;
/** The same number as a UUID, here and in SQL. */
const uuidOf = (number: number) => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;

/**
 * Fills the trail with so many entries of the last six months: half of one tenant, the rest of
 * nineteen others. Hashes are left out, as nothing here reads them.
 */
export async function fillAudit(owner: Sql, tenantId: string, rows: number): Promise<FilledTrail> {
  for (let month = 1; month <= months; month++) {
    await owner`select trellis_add_audit_partition(
      date_trunc('month', now() at time zone 'UTC') - make_interval(months => ${month}))`;
  }
  await loadBulk(owner, 'audit_logs', rows, (first, last) =>
    insert(owner, { tenantId, rows, first, last }),
  );
  const [day] = await owner<{ from: Date; to: Date }[]>`
    select now() - interval '80 days' as from, now() - interval '79 days' as to`;
  return {
    busyActor: uuidOf(0),
    actors: Array.from({ length: 200 }, (_, index) => uuidOf(1 + index * 40)),
    unknownActor: uuidOf(actorsInAll + 1),
    action: 'thing.changed7',
    resource: { type: 'thing', id: '0' },
    rareResource: { type: 'part', id: '4711' },
    from: day?.from.toISOString() ?? '',
    to: day?.to.toISOString() ?? '',
  };
}

interface Chunk {
  tenantId: string;
  rows: number;
  first: number;
  last: number;
}

async function insert(owner: Sql, { tenantId, rows, first, last }: Chunk): Promise<void> {
  await owner`
    insert into audit_logs (id, tenant_id, actor_type, actor_id, action, resource_type, resource_id,
      after, ip, user_agent, request_id, seq, hash, created_at)
    select
      (lpad(to_hex(ms), 12, '0') || '7' || substr(mix, 1, 3) || '8' || substr(mix, 4, 15))::uuid,
      case when i % 2 = 0 then ${tenantId}::uuid
        else ('00000000-0000-7000-9000-' || lpad((i % 19)::text, 12, '0'))::uuid end,
      'user',
      ('00000000-0000-7000-8000-' || lpad(
        (case when dice % 10 < 3 then 0 else 1 + dice % ${actorsInAll}::int end)::text,
        12, '0'))::uuid,
      'thing.changed' || (dice / 16) % 10,
      case when dice % 10 = 5 then 'thing' else 'part' end,
      case when dice % 10 = 5 then '0' else ((dice / 8) % 200000)::text end,
      '{"name": "A thing", "state": "open"}', '203.0.113.7', 'curl/8.5.0', 'bench', i + 1000000,
      'bench', to_timestamp(ms / 1000.0)
    from (
      select i, md5(i::text) as mix, ('x' || substr(md5(i::text), 20, 7))::bit(28)::int as dice,
        ((extract(epoch from now()) - 86400.0 * 30 * ${months}::int
          + 86400.0 * 30 * ${months}::int * i / ${rows}::float8) * 1000)::bigint as ms
      from generate_series(${first}::bigint, ${last}::bigint) as i
    ) as made`;
}
