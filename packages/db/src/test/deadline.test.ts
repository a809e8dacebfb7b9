import { randomUUID } from 'node:crypto';
import { createDatabase } from '@trellis/db/client';
import { classifyFailure } from '@trellis/db/failures';
import { createTenantDb } from '@trellis/db/tenant-db';
import { createTestDatabase } from '@trellis/test/database';
import { eventually } from '@trellis/test/eventually';
import { startProxy } from '@trellis/test/proxy';
import t from 'tap';

t.setTimeout(90_000);

t.test('a Postgres that hangs fails every call in time, and is used again', async (t) => {
  const { appUrl } = await createTestDatabase(t);
  const proxy = await startProxy(t, appUrl);
  const database = createDatabase({
    url: proxy.url,
    poolMax: 4,
    statementTimeoutMs: 200,
    applicationName: 'trellis-deadline-test',
  });
  t.teardown(() => database.close());
  const db = createTenantDb(database);
  const tenantId = randomUUID();
  const calls: (() => Promise<unknown>)[] = [
    () => db.queryTenant(tenantId, (sql) => sql`select 1`),
    () => db.querySystem((sql) => sql`select 1`),
    () => db.withTenant(tenantId, (tx) => tx.sql`select 1`),
    () => db.asSystem((tx) => tx.sql`select 1`),
    () => db.ping(),
  ];
  const callAll = () => Promise.all(calls.flatMap((call) => [call(), call(), call()]));
  /** A call waits for a connection, and then for an answer; each look of the watch is a tenth. */
  const boundMs = 2.2 * database.deadlineMs;

  const failsInTime = async (call: () => Promise<unknown>) => {
    const startedMs = performance.now();
    const error = await call().then(
      () => undefined,
      (thrown) => thrown,
    );
    const tookMs = Math.round(performance.now() - startedMs);
    t.equal(classifyFailure(error), 'unavailable', String(error));
    t.ok(tookMs < boundMs, `after ${tookMs} ms`);
  };

  await callAll();
  let reached = () => {};
  const inside = new Promise<void>((resolve) => {
    reached = resolve;
  });
  let goOn = () => {};
  const frozen = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const started = failsInTime(() =>
    db.withTenant(tenantId, async (tx) => {
      await tx.sql`select 1`;
      reached();
      await frozen;
      await tx.sql`select 2`;
    }),
  );
  await inside;
  proxy.freeze();
  goOn();
  let ran = 0;
  const late = failsInTime(() =>
    db.asSystem(async () => {
      ran++;
    }),
  );
  const many = Array.from({ length: 4 }, () => calls).flat();
  await Promise.all([started, late, ...many.map(failsInTime)]);
  t.equal(ran, 0, 'what could not begin was not run');

  proxy.thaw();
  await eventually(callAll);
  t.equal(ran, 0, 'nor afterwards');
  for (let round = 0; round < 20; round++) await callAll();
});

t.test('idle connections and long statements are not taken for silent ones', async (t) => {
  const { appUrl } = await createTestDatabase(t);
  const database = createDatabase({
    url: appUrl,
    poolMax: 2,
    statementTimeoutMs: 7_000,
    applicationName: 'trellis-deadline-test',
  });
  t.teardown(() => database.close());
  const db = createTenantDb(database);
  const id = randomUUID();
  await db.ping();
  await Promise.all([
    db.queryTenant(id, (sql) => sql`select pg_sleep(6.5)`),
    db.withTenant(id, (tx) => tx.sql`select pg_sleep(6.5)`),
  ]);
  t.pass();
});

t.test('both pools together open no more connections than the setting says', async (t) => {
  const { appUrl } = await createTestDatabase(t);
  const applicationName = `trellis-${randomUUID()}`;
  const database = createDatabase({
    url: appUrl,
    poolMax: 5,
    statementTimeoutMs: 5_000,
    applicationName,
  });
  t.teardown(() => database.close());
  const db = createTenantDb(database);
  const id = randomUUID();
  await Promise.all(
    Array.from({ length: 20 }, (_, turn) =>
      turn % 2
        ? db.queryTenant(id, (sql) => sql`select pg_sleep(0.05)`)
        : db.withTenant(id, (tx) => tx.sql`select pg_sleep(0.05)`),
    ),
  );
  const rows = await db.querySystem(
    (sql) => sql`select from pg_stat_activity where application_name = ${applicationName}`,
  );
  t.equal(rows.length, 5);
});

t.test('no setting travels with the connection, and none stays on it', async (t) => {
  const { appUrl } = await createTestDatabase(t);
  const database = createDatabase({
    url: appUrl,
    poolMax: 2,
    statementTimeoutMs: 1_234,
    applicationName: 'trellis-deadline-test',
  });
  t.teardown(() => database.close());
  const db = createTenantDb(database);
  const shown = async (rows: Promise<Iterable<{ statement_timeout?: string }>>) =>
    [...(await rows)].map(({ statement_timeout }) => statement_timeout);
  const id = randomUUID();
  t.same(await shown(db.queryTenant(id, (sql) => sql`show statement_timeout`)), ['1234ms']);
  t.same(await shown(db.querySystem((sql) => sql`show statement_timeout`)), ['1234ms']);
  t.same(await shown(db.withTenant(id, (tx) => tx.sql`show statement_timeout`)), ['1234ms']);
  t.same(await shown(database.raw`show statement_timeout`), ['0']);
});
