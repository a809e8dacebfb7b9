import type { Log } from '@trellis/core/log';
import { openPlatform } from '@trellis/domains/platform';
import { seed } from '@trellis/test/api';
import { createTestDatabase } from '@trellis/test/database';
import { testEnv, workerSettingsOf } from '@trellis/test/settings';
import t from 'tap';
import { removeEndedSessions, removeExpiredThrottles, removeExpiredTokens } from '../jobs.ts';
import createWorker from '../worker.ts';

const tenantId = '01900000-0000-7000-8000-000000000001';
const userId = '01900000-0000-7000-8000-000000000002';

t.test('clean-up of what has ended, more than one batch of it', async (t) => {
  const database = await createTestDatabase(t);
  await seed(database);
  const logged: object[] = [];
  const note = (details: object) => logged.push(details);
  const log: Log = { debug() {}, info: note, warn: note, error: note };
  const settings = workerSettingsOf(testEnv(database));
  const platform = openPlatform(settings, 'trellis-clean-up-test', log);
  t.teardown(() => platform.close());
  const { handlers } = createWorker({ ...platform, settings });
  const run = async (name: string) => {
    logged.length = 0;
    const handler = handlers.find(({ job }) => job.name === name);
    await handler?.run({}, { id: name, attempt: 1 });
    return logged;
  };
  const { db } = platform;
  await db.asSystem(async ({ sql }) => {
    await sql`insert into tenants (id, name, slug, plan_type)
      values (${tenantId}, 'Acme', 'acme', 'free')`;
    await sql`insert into users (id, email, name) values (${userId}, 'ada@example.com', 'Ada')`;
  });
  const count = async (table: string) => {
    const [row] = await db.querySystem<{ rows: number }>(
      (sql) => sql`select count(*)::int as rows from ${sql(table)}`,
    );
    return row?.rows;
  };

  await t.test('sessions, 30 days after they ended or expired', async (t) => {
    const add = (rows: number, ended: string | null, expires: string) =>
      db.asSystem(
        ({ sql }) => sql`
          insert into sessions (id, tenant_id, user_id, seed, revoked_at, expires_at)
          select gen_random_uuid(), ${tenantId}, ${userId}, 'seed', now() + ${ended}::interval,
            now() + ${expires}::interval
          from generate_series(1, ${rows}::int)`,
      );
    await add(1_001, '-31 days', '1 day');
    await add(2, null, '-31 days');
    await add(1, '-29 days', '1 day');
    await add(1, null, '-29 days');
    await add(1, null, '1 day');
    t.same(await run(removeEndedSessions.name), [{ sessions: 1_003 }]);
    t.equal(await count('sessions'), 3);
    t.same(await run(removeEndedSessions.name), [{ sessions: 0 }]);
  });

  await t.test('links that were mailed, once they have expired', async (t) => {
    const add = (rows: number, expires: string) =>
      db.asSystem(
        ({ sql }) => sql`
          insert into one_time_tokens (id, kind, user_id, token_hash, expires_at)
          select gen_random_uuid(), 'verify_email', ${userId}, gen_random_uuid()::text,
            now() + ${expires}::interval
          from generate_series(1, ${rows}::int)`,
      );
    await add(1_001, '-1 second');
    await add(1, '1 hour');
    t.same(await run(removeExpiredTokens.name), [{ tokens: 1_001 }]);
    t.equal(await count('one_time_tokens'), 1);
  });

  await t.test('failures of logging in, once they are forgotten and nobody waits', async (t) => {
    const add = (rows: number, blocked: string, expires: string) =>
      db.asSystem(
        ({ sql }) => sql`
          insert into login_throttles (key, failures, blocked_until, expires_at)
          select gen_random_uuid()::text, 1, now() + ${blocked}::interval,
            now() + ${expires}::interval
          from generate_series(1, ${rows}::int)`,
      );
    await add(1_001, '-1 hour', '-1 second');
    await add(1, '1 hour', '-1 second');
    await add(1, '-1 second', '1 hour');
    t.same(await run(removeExpiredThrottles.name), [{ throttles: 1_001 }]);
    t.equal(await count('login_throttles'), 2);
  });
});
