import { randomUUID } from 'node:crypto';
import { createDatabase } from '@trellis/db/client';
import { classifyFailure } from '@trellis/db/failures';
import { createTenantDb } from '@trellis/db/tenant-db';
import { createTestDatabase, testSetting } from '@trellis/test/database';
import { eventually } from '@trellis/test/eventually';
import { startProxy } from '@trellis/test/proxy';
import t, { type Test } from 'tap';

interface Options {
  poolMax?: number;
  statementTimeoutMs?: number;
  idleTransactionTimeoutMs?: number;
}

async function open(t: Test, options: Options = {}) {
  const { appUrl } = await createTestDatabase(t);
  const proxy = await startProxy(t, appUrl);
  const applicationName = 'trellis-db-test';
  const defaults = { url: proxy.url, poolMax: 1, statementTimeoutMs: 15_000, applicationName };
  const database = createDatabase({ ...defaults, ...options });
  t.teardown(() => database.close());
  return { db: createTenantDb(database), database, proxy };
}

type Opened = Awaited<ReturnType<typeof open>>;

const addEvent = ({ db }: Opened, tenantId: string, name: string) =>
  db.queryTenant(
    tenantId,
    (sql) => sql`
      insert into events (id, tenant_id, type, payload)
      values (trellis_uuid(), ${tenantId}, ${name}, '{}') returning type`,
  );
const types = async ({ db }: Opened, tenantId: string): Promise<string[]> => {
  const rows = await db.queryTenant<{ type: string }>(
    tenantId,
    (sql) => sql`select type from events order by type`,
  );
  return rows.map(({ type }) => type);
};

/** Whom the next user of the one connection of each pool would be. */
async function scopeLeft({ database }: Opened) {
  const ask = (sql: Pick<typeof database.raw, 'unsafe'>) =>
    sql.unsafe(`select current_user::text as role, current_setting('trellis.tenant_id', true) as
      tenant`);
  const client = (database.orm as unknown as { $client: typeof database.raw }).$client;
  const rows = [...(await ask(database.raw)), ...(await ask(client))];
  return rows.map(({ role, tenant }) => ({ role, tenant: tenant ?? '' }));
}

t.test('queryTenant sees one tenant, and commits', async (t) => {
  const opened = await open(t);
  const [ours, theirs] = [randomUUID(), randomUUID()];
  t.same(await addEvent(opened, ours, 'a'), [{ type: 'a' }]);
  await addEvent(opened, theirs, 'b');
  t.same(await types(opened, ours), ['a']);
  t.same(await types(opened, theirs), ['b']);
  const all = await opened.db.querySystem((sql) => sql`select type from events order by type`);
  t.same(all, [{ type: 'a' }, { type: 'b' }]);
});

t.test('queryTenant refuses what is no tenant, or a row of another', async (t) => {
  const opened = await open(t);
  const other = randomUUID();
  await t.rejects(
    opened.db.queryTenant(
      randomUUID(),
      (sql) => sql`insert into events (id, tenant_id, type, payload)
        values (trellis_uuid(), ${other}, 'a', '{}')`,
    ),
    { code: '42501' },
  );
  t.same(await types(opened, other), []);
  for (const wrong of ["'", "'; drop table events; --", 'not-a-uuid', '']) {
    await t.rejects(types(opened, wrong), JSON.stringify(wrong));
  }
  t.same(await types(opened, other), [], 'and goes on');
});

t.test('a failed statement is rolled back, and the connection goes on', async (t) => {
  const opened = await open(t);
  const tenantId = randomUUID();
  await t.rejects(
    opened.db.queryTenant(
      tenantId,
      (sql) => sql`
        with made as (insert into events (id, tenant_id, type, payload)
          values (trellis_uuid(), ${tenantId}, 'a', '{}') returning 1)
        select 1 / (count(*) - 1) from made`,
    ),
    { code: '22012' },
  );
  t.same(await types(opened, tenantId), []);
  await addEvent(opened, tenantId, 'b');
  t.same(await types(opened, tenantId), ['b']);
});

t.test('withTenant commits all or nothing', async (t) => {
  const opened = await open(t);
  const tenantId = randomUUID();
  const insert = (fails: boolean) =>
    opened.db.withTenant(tenantId, async (tx) => {
      await tx.sql`insert into events (id, tenant_id, type, payload)
        values (trellis_uuid(), ${tenantId}, 'a', '{}')`;
      if (fails) throw new Error('changed my mind');
      return 'done';
    });
  await t.rejects(insert(true), { message: 'changed my mind' });
  t.same(await types(opened, tenantId), []);
  t.equal(await insert(false), 'done');
  t.same(await types(opened, tenantId), ['a']);
});

t.test('afterCommit runs after the commit, and not without one', async (t) => {
  const opened = await open(t, { poolMax: 2 });
  const tenantId = randomUUID();
  const seen: string[] = [];
  const insert = (name: string, fails: boolean) =>
    opened.db.withTenant(tenantId, async (tx) => {
      tx.afterCommit(() => seen.push(name));
      await tx.sql`insert into events (id, tenant_id, type, payload)
        values (trellis_uuid(), ${tenantId}, ${name}, '{}')`;
      t.notOk(seen.includes(name), 'not yet');
      if (fails) throw new Error('changed my mind');
    });
  await t.rejects(insert('rolled back', true));
  await insert('committed', false);
  t.same(seen, ['committed']);
  t.same(await types(opened, tenantId), ['committed']);
});

t.test('the scope does not stay on the connection', async (t) => {
  const opened = await open(t);
  const tenantId = randomUUID();
  const [before] = await scopeLeft(opened);
  const untouched = [before, before];
  const fail = async () => {
    throw new Error('no');
  };
  const uses: (() => Promise<unknown>)[] = [
    () => addEvent(opened, tenantId, 'a'),
    () => opened.db.querySystem((sql) => sql`select 1`),
    () => opened.db.querySystem((sql) => sql`select 1 / 0`),
    () => opened.db.queryTenant(tenantId, (sql) => sql`select 1 / 0`),
    () => opened.db.withTenant(tenantId, (tx) => tx.sql`select 1`),
    () => opened.db.withTenant(tenantId, fail),
    () => opened.db.asSystem((tx) => tx.sql`select 1`),
    () => opened.db.asSystem(fail),
  ];
  for (const use of uses) {
    await use().catch(() => {});
    t.same(await scopeLeft(opened), untouched);
  }
});

t.test('many at once on few connections keep to their tenants', async (t) => {
  const opened = await open(t, { poolMax: 2 });
  const tenants = Array.from({ length: 40 }, () => randomUUID());
  await Promise.all(tenants.map((id, index) => addEvent(opened, id, `e${index}`)));
  const seen = await Promise.all(
    tenants.map((id, index) =>
      index % 2
        ? types(opened, id)
        : opened.db.withTenant(id, async (tx) =>
            (await tx.sql<{ type: string }[]>`select type from events`).map(({ type }) => type),
          ),
    ),
  );
  t.same(
    seen,
    tenants.map((_, index) => [`e${index}`]),
  );
});

t.test('a lost connection fails what is under way, and nothing after it', async (t) => {
  const opened = await open(t, { poolMax: 4 });
  const { db, proxy } = opened;
  const tenantId = randomUUID();
  const sleepers: [name: string, call: () => Promise<unknown>][] = [
    ['queryTenant', () => db.queryTenant(tenantId, (sql) => sql`select pg_sleep(10)`)],
    ['querySystem', () => db.querySystem((sql) => sql`select pg_sleep(10)`)],
    ['withTenant', () => db.withTenant(tenantId, (tx) => tx.sql`select pg_sleep(10)`)],
  ];
  for (const [name, call] of sleepers) {
    for (const breakdown of ['drop', 'cut'] as const) {
      await t.test(`${name}, connections that ${breakdown}`, { timeout: 30_000 }, async (t) => {
        await addEvent(opened, tenantId, `${name} ${breakdown}`);
        const since = new Date();
        const failed = [call(), call()].map((one) => one.catch((error) => String(error.code)));
        // These wait for a connection: they get a new one, or are told that there is none.
        const waiting = [1, 2, 3].map(() => types(opened, tenantId).catch(() => []));
        await eventually(() => areAsleep(2, since));
        proxy[breakdown]();
        for (const code of await Promise.all(failed)) t.match(code, /^(CONNECTION_|ECONN)/);
        await Promise.all(waiting);
        proxy.restore();
        await eventually(() => types(opened, tenantId));
        for (let round = 0; round < 5; round++) {
          const seen = await Promise.all([1, 2, 3, 4].map(() => types(opened, tenantId)));
          t.ok(seen.every((found) => found.includes(`${name} ${breakdown}`)));
        }
      });
    }
  }
});

t.test('a statement that takes too long is ended, and its connection goes on', async (t) => {
  const opened = await open(t, { statementTimeoutMs: 100 });
  const tenantId = randomUUID();
  await t.rejects(
    opened.db.queryTenant(tenantId, (sql) => sql`select pg_sleep(30)`),
    { code: '57014' },
  );
  await addEvent(opened, tenantId, 'a');
  t.same(await types(opened, tenantId), ['a']);
});

t.test('a transaction that rests for too long ends, and lets go of its locks', async (t) => {
  const opened = await open(t, { poolMax: 4, idleTransactionTimeoutMs: 200 });
  const tenantId = randomUUID();
  const lock = (sql: { unsafe: (text: string) => Promise<unknown> }) =>
    sql.unsafe(`select pg_advisory_xact_lock(hashtextextended('${tenantId}', 0))`);
  const [locked, resting] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holder = opened.db
    .withTenant(tenantId, async (tx) => {
      await lock(tx.sql);
      locked.resolve();
      await resting.promise;
      await tx.sql`select 1`;
    })
    .catch(classifyFailure);
  await locked.promise;
  await opened.db.withTenant(tenantId, (tx) => lock(tx.sql));
  t.pass('another one gets the lock');
  resting.resolve();
  t.equal(await holder, 'unavailable');
  await addEvent(opened, tenantId, 'a');
  t.same(await types(opened, tenantId), ['a'], 'and the pool goes on');
});

t.test('every transaction says how long it may rest', async (t) => {
  const { db } = await open(t);
  const ask = `select current_setting('idle_in_transaction_session_timeout') as timeout`;
  const tenantId = randomUUID();
  const answers = [
    await db.withTenant(tenantId, (tx) => tx.sql.unsafe(ask)),
    await db.asSystem((tx) => tx.sql.unsafe(ask)),
    await db.queryTenant(tenantId, (sql) => sql.unsafe(ask)),
    await db.querySystem((sql) => sql.unsafe(ask)),
  ];
  for (const [row] of answers) t.equal(row?.timeout, '10s');
});

/** Whether so many statements that began after `since` sleep on the server. */
async function areAsleep(count: number, since: Date): Promise<boolean> {
  const direct = createDatabase({
    url: testSetting('TEST_APP_URL'),
    poolMax: 1,
    statementTimeoutMs: 5_000,
    applicationName: 'trellis-db-test-look',
  });
  const rows = await direct.raw`select 1 from pg_stat_activity
    where wait_event = 'PgSleep' and application_name = 'trellis-db-test'
      and query_start > ${since}`;
  await direct.close();
  return rows.length === count;
}
