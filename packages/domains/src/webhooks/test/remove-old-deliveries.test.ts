import { createDatabase } from '@trellis/db/client';
import { firstIdOf } from '@trellis/db/id-range';
import { removeFailedJobs } from '@trellis/db/remove-failed-jobs';
import { createTenantDb, type TenantDb } from '@trellis/db/tenant-db';
import { seed } from '@trellis/test/api';
import { createTestDatabase } from '@trellis/test/database';
import postgres from 'postgres';
import t, { type Test } from 'tap';
import { removeOld } from '../remove-old-deliveries.ts';

const dayMs = 86_400_000;

/** A tenant of each plan: free keeps for 7 days, pro for 30, enterprise for 90. */
const tenants = {
  free: firstIdOf(1),
  pro: firstIdOf(2),
  enterprise: firstIdOf(3),
};

async function open(t: Test) {
  const { appUrl, ownerUrl } = await createTestDatabase(t);
  await seed({ appUrl, ownerUrl });
  const database = createDatabase({
    url: appUrl,
    poolMax: 2,
    statementTimeoutMs: 15_000,
    applicationName: 'trellis-retention-test',
  });
  t.teardown(() => database.close());
  const db = createTenantDb(database);
  for (const [plan, id] of Object.entries(tenants)) {
    await db.querySystem(
      (sql) => sql`insert into tenants (id, name, slug, plan_type, updated_at)
        values (${id}, ${plan}, ${plan}, ${plan}, now() - interval '2 days')`,
    );
    await db.querySystem(
      (sql) => sql`insert into webhooks (id, tenant_id, url, events, secret, secret_hint)
        values (${id}, ${id}, 'http://127.0.0.1:9', '{*}', '', '')`,
    );
  }
  return { db, ownerUrl };
}

/** `count` events of each tenant with a delivery, an attempt and a recovery, all of that age. */
async function add(db: TenantDb, days: number, count = 1): Promise<void> {
  const atMs = Date.now() - days * dayMs;
  const at = new Date(atMs);
  for (const tenantId of Object.values(tenants)) {
    await db.asSystem(async ({ sql }) => {
      const made = sql`
        select overlay(gen_random_uuid()::text placing ${firstIdOf(atMs).slice(0, 13)} from 1)::uuid
        as id from generate_series(1, ${count}::int)`;
      await sql`insert into events (id, tenant_id, type, payload, created_at)
        select id, ${tenantId}, 'a', '{}', ${at.toISOString()} from (${made}) made`;
      await sql`
        insert into webhook_deliveries (id, tenant_id, webhook_id, event_id, event_type, created_at)
        select id, ${tenantId}, id, id, 'a', ${at.toISOString()} from (${made}) made`;
      await sql`
        insert into webhook_attempts
          (id, tenant_id, delivery_id, attempt, trigger, duration_ms, created_at)
        select id, ${tenantId}, id, 1, 'automatic', 1, ${at.toISOString()} from (${made}) made`;
      await sql`
        insert into webhook_recoveries
          (id, tenant_id, webhook_id, kind, since, until, status, created_at)
        select id, ${tenantId}, ${tenantId}, 'failed', now(), now(), 'completed',
          ${at.toISOString()} from (${made}) made`;
    });
  }
}

/** The ages in days of what is left in the table, by plan. */
async function left(db: TenantDb, table: string) {
  const rows = await db.querySystem<{ plan: string; days: number[] }>(
    (sql) => sql`
      select plan_type as plan,
        array_agg(distinct round(extract(epoch from now() - rows.created_at) / 86400)::int) as days
      from ${sql(table)} rows join tenants on tenants.id = tenant_id group by plan_type`,
  );
  return Object.fromEntries(rows.map(({ plan, days }) => [plan, days]));
}

t.test('rows go when the plan of their tenant no longer keeps them', async (t) => {
  const { db } = await open(t);
  for (const days of [1, 6, 8, 10, 29, 40, 89, 100]) await add(db, days);
  const removed = await removeOld(db);
  const kept = {
    free: [1, 6],
    pro: [1, 6, 8, 10, 29],
    enterprise: [1, 6, 8, 10, 29, 40, 89],
  };
  t.same(await left(db, 'webhook_attempts'), kept);
  t.same(await left(db, 'webhook_deliveries'), kept);
  t.same(await left(db, 'events'), kept);
  t.same(await left(db, 'webhook_recoveries'), kept);
  t.same(removed, { attempts: 10, deliveries: 10, events: 10, recoveries: 10 });
});

t.test('an event stays a day longer than its deliveries', async (t) => {
  const { db } = await open(t);
  await add(db, 7.5);
  t.same(await removeOld(db), { attempts: 1, deliveries: 1, events: 0, recoveries: 1 });
});

t.test('what waits while a tenant is suspended is kept for when it is resumed', async (t) => {
  const { db } = await open(t);
  await add(db, 100, 5);
  const states = ['pending', 'failed', 'delivered', 'exhausted', 'cancelled'];
  await db.querySystem(
    (sql) => sql`
      with numbered_events as (
        select id, tenant_id, row_number() over (partition by tenant_id) as number from events
      ), numbered as (
        select id, tenant_id, row_number() over (partition by tenant_id) as number
        from webhook_deliveries
      )
      update webhook_deliveries d
      set status = (${states}::text[])[n.number], event_id = e.id
      from numbered n join numbered_events e using (tenant_id, number) where n.id = d.id`,
  );
  const setFree = (status: string, changedHoursAgo: number) =>
    db.querySystem(
      (sql) => sql`
        update tenants set status = ${status},
          updated_at = now() - make_interval(hours => ${changedHoursAgo})
        where id = ${tenants.free}`,
    );
  const waiting = async () => {
    const rows = await db.querySystem<{ slug: string; status: string; hasEvent: boolean }>(
      (sql) => sql`
        select slug, d.status, e.id is not null as "hasEvent" from webhook_deliveries d
        join tenants on tenants.id = d.tenant_id left join events e on e.id = d.event_id
        order by d.status`,
    );
    return rows.map((row) => ({ ...row }));
  };
  const kept = [
    { slug: 'free', status: 'failed', hasEvent: true },
    { slug: 'free', status: 'pending', hasEvent: true },
  ];

  await setFree('suspended', 48);
  t.match(await removeOld(db), { deliveries: 13, events: 13 });
  t.same(await waiting(), kept, 'of no other tenant, and with what is to be sent');
  await setFree('active', 1);
  t.match(await removeOld(db), { deliveries: 0, events: 0 }, 'a day is left to send it');
  await setFree('active', 25);
  t.match(await removeOld(db), { deliveries: 2, events: 2 });
});

t.test('more than one page goes in one run', async (t) => {
  const { db } = await open(t);
  await add(db, 100, 1_500);
  await add(db, 20, 1_500);
  const all = { attempts: 6_000, deliveries: 6_000, events: 6_000, recoveries: 6_000 };
  t.same(await removeOld(db), all);
});

t.test('the primary key leads to what is old', async (t) => {
  const { db } = await open(t);
  await add(db, 1, 3_000);
  const flush = () => db.querySystem((sql) => sql`select pg_stat_force_next_flush()`);
  const reads = async () => {
    const [row] = await db.querySystem<{ rows: number }>(
      (sql) => sql`select sum(seq_tup_read)::int as rows from pg_stat_user_tables
        where relname in
          ('events', 'webhook_deliveries', 'webhook_attempts', 'webhook_recoveries')`,
    );
    return row?.rows;
  };
  await flush();
  const before = await reads();
  await removeOld(db);
  await flush();
  t.equal(await reads(), before, 'no table was scanned');
});

t.test('a table that fails does not keep the others', async (t) => {
  const { db, ownerUrl } = await open(t);
  await add(db, 100);
  const owner = postgres(ownerUrl, { max: 1, onnotice: () => {} });
  await owner`revoke delete on webhook_attempts from trellis_system`;
  await owner.end();
  await t.rejects(removeOld(db), { name: 'AggregateError', errors: [{ code: '42501' }] });
  t.same(await left(db, 'webhook_deliveries'), {});
  t.same(await left(db, 'events'), {});
});

t.test('a job that failed is kept for 30 days', async (t) => {
  const { db } = await open(t);
  const jobs = [
    { made: 50, failed: 40, name: 'old' },
    { made: 50, failed: 20, name: 'recent' },
    { made: 50, failed: null, name: 'not failed' },
  ];
  const now = Date.now();
  for (const { made, failed, name } of jobs) {
    const id = firstIdOf(now - made * dayMs - name.length);
    const failedAt = failed === null ? null : new Date(now - failed * dayMs);
    await db.querySystem(
      (sql) => sql`insert into jobs (id, queue, name, payload, failed_at)
        values (${id}, 'default', ${name}, '{}', ${failedAt})`,
    );
  }
  t.equal(await removeFailedJobs(db), 1);
  const rows = await db.querySystem((sql) => sql`select name from jobs order by name`);
  t.same(rows, [{ name: 'not failed' }, { name: 'recent' }]);
});
