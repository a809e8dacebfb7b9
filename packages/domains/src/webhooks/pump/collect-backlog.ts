import { Gauge, type Metrics } from '@trellis/core/metrics';
import { createReading } from '@trellis/core/reading';
import type { TenantDb } from '@trellis/db/tenant-db';

/** Subscriptions that are looked at; an installation with more of them waiting is late anyway. */
const webhooksMax = 1_000;

interface Needs {
  db: Pick<TenantDb, 'querySystem'>;
  metrics: Metrics;
}

/**
 * How far behind the deliveries of the whole installation are, asked when somebody looks and at
 * most every 5 s. While Postgres does not answer the gauges are left out.
 */
export function collectBacklog({ db, metrics }: Needs): void {
  const read = createReading(() => readBacklog(db));
  const gauge = (name: string, help: string, key: keyof Backlog) =>
    new Gauge({
      name,
      help,
      registers: [metrics],
      async collect() {
        const backlog = await read();
        if (backlog) this.set(backlog[key]);
        else this.remove();
      },
    });
  gauge(
    'trellis_webhook_backlog_age_seconds',
    'How long the oldest delivery that could be sent has been due; 0 when there is none.',
    'age_seconds',
  );
  gauge(
    'trellis_webhook_circuits_open',
    'Endpoints that get nothing but probes, because they failed too often.',
    'circuits_open',
  );
}

type Backlog = {
  age_seconds: number;
  circuits_open: number;
};

/**
 * Jumps from subscription to subscription in the index of what is due, as a claim does. What a
 * worker holds, and what an open circuit holds back, is not late.
 */
async function readBacklog(db: Needs['db']): Promise<Backlog> {
  const [backlog] = await db.querySystem<Backlog>(
    (sql) => sql`
    with recursive waiting as (
      select * from (
        select webhook_id, 1 as place from webhook_deliveries
        where status in ('pending', 'failed')
        order by webhook_id limit 1) first
      union all
      select following.webhook_id, waiting.place + 1
      from waiting, lateral (
        select webhook_id from webhook_deliveries
        where status in ('pending', 'failed') and webhook_id > waiting.webhook_id
        order by webhook_id limit 1) following
      where waiting.place < ${webhooksMax}
    ), oldest as (
      select min(due.due_at) as due_at
      from waiting
      join webhooks w on w.id = waiting.webhook_id and w.is_active
      join tenants t on t.id = w.tenant_id and t.status = 'active'
      left join webhook_failures f on f.webhook_id = w.id
      cross join lateral (
        select due_at from webhook_deliveries d
        where d.webhook_id = w.id and d.status in ('pending', 'failed') and d.due_at <= now()
          and (d.leased_until is null or d.leased_until <= now())
        order by d.due_at limit 1) due
      where f.open_until is null
    )
    select coalesce(extract(epoch from now() - due_at), 0)::float8 as age_seconds,
      (select count(*)::int from webhook_failures where open_until is not null) as circuits_open
    from oldest`,
  );
  if (!backlog) throw new Error('the backlog has no row');
  return backlog;
}
