import { Type } from '@sinclair/typebox';
import { createDatabase } from '@trellis/db/client';
import { createTenantDb } from '@trellis/db/tenant-db';
import { createQueueBackend } from '@trellis/queue/connection';
import { defineJob, handleJob, type JobHandler } from '@trellis/queue/define-job';
import { createJobs } from '@trellis/queue/producer';
import { createRelay, relayJobs } from '@trellis/queue/relay';
import { runWorkers } from '@trellis/queue/run-worker';
import { createTestDatabase, type TestDatabase } from '@trellis/test/database';
import { eventually } from '@trellis/test/eventually';
import { startPrivateRedis } from '@trellis/test/redis';
import { type Backend, backends } from '@trellis/test/settings';
import t, { type Test } from 'tap';

const greet = defineJob({
  name: 'test.greet',
  queue: 'default',
  payload: Type.Object({ name: Type.String() }),
  attempts: 3,
  backoffMs: 10,
});
const log = { debug() {}, info() {}, warn() {}, error() {} };

interface Site {
  database: TestDatabase;
  redisUrl: string | undefined;
  prefix: string;
}

async function prepare(t: Test, backend: Backend) {
  const redis = backend === 'redis' ? await startPrivateRedis(t) : undefined;
  const site: Site = {
    database: await createTestDatabase(t),
    redisUrl: redis?.url,
    prefix: 'test',
  };
  return { site, redis, producer: await openSite(t, site) };
}

/** What one process has open. */
async function openSite(t: Test, { database, redisUrl, prefix }: Site) {
  const client = createDatabase({
    url: database.appUrl,
    poolMax: 4,
    statementTimeoutMs: 10_000,
    applicationName: 'trellis-queue-test',
  });
  const db = createTenantDb(client);
  const backend = createQueueBackend({
    databaseUrl: database.appUrl,
    redisUrl,
    redisPrefix: prefix,
    redisCommandTimeoutMs: 500,
    onError: () => {},
  });
  const jobs = createJobs(backend, relayJobs, () => {});
  t.teardown(async () => {
    await jobs.close();
    await backend.close();
    await client.close();
  });
  return { db, backend, jobs };
}

type Opened = Awaited<ReturnType<typeof openSite>>;

/** A worker with this handler; `relay` moves what was committed, as the worker's sweep does. */
function work(t: Test, { db, backend, jobs }: Opened, run: JobHandler['run']) {
  const definitions = new Map([[greet.name, greet]]);
  const { relay } = createRelay(db, jobs, definitions);
  const handlers = [
    handleJob(relayJobs, async () => {
      await relay();
    }),
    handleJob(greet, run),
  ];
  const workers = runWorkers({
    backend,
    db,
    jobs,
    handlers: new Map(handlers.map((handler) => [handler.job.name, handler])),
    concurrency: { webhooks: 1, email: 1, cleanup: 1, default: 5 },
    drainMs: 2_000,
    log,
  });
  t.teardown(() => workers.drain());
  return { relay, drain: () => workers.drain() };
}

const rowsOf = ({ db }: Opened) => db.asSystem((tx) => tx.sql`select failed_at, error from jobs`);

for (const backend of backends) {
  t.test(`a job shares the fate of its transaction (${backend})`, async (t) => {
    const { producer } = await prepare(t, backend);
    const done: unknown[] = [];
    const { relay } = work(t, producer, async (payload) => {
      done.push(payload);
    });
    const ask = (name: string, fails: boolean) =>
      producer.db.asSystem(async (tx) => {
        await producer.jobs.enqueue(tx, greet, { name });
        if (fails) throw new Error('changed my mind');
      });
    await t.rejects(ask('rolled back', true), { message: 'changed my mind' });
    await ask('committed', false);
    await eventually(async () => (await rowsOf(producer)).length === 0);
    await relay();
    t.same(done, [{ name: 'committed' }], 'once, and its row is gone');
  });

  t.test(`a job is tried again, and what fails for good is kept (${backend})`, async (t) => {
    const { producer } = await prepare(t, backend);
    const tries: string[] = [];
    work(t, producer, async (payload, { attempt }) => {
      const { name } = payload as { name: string };
      tries.push(`${name} ${attempt}`);
      if (name === 'never' || attempt < 2) throw new Error('not now');
    });
    await producer.db.asSystem(async (tx) => {
      await producer.jobs.enqueue(tx, greet, { name: 'second' });
      await producer.jobs.enqueue(tx, greet, { name: 'never' });
    });
    await eventually(async () => {
      const rows = await rowsOf(producer);
      return rows.length === 1 && rows[0]?.failed_at;
    });
    t.match(await rowsOf(producer), [{ error: 'not now' }]);
    t.same(tries.sort(), ['never 1', 'never 2', 'never 3', 'second 1', 'second 2']);
  });

  t.test(`a payload that does not fit is refused (${backend})`, async (t) => {
    const { producer } = await prepare(t, backend);
    const done: unknown[] = [];
    work(t, producer, async (payload) => {
      done.push(payload);
    });
    await producer.db.asSystem((tx) =>
      producer.jobs.enqueue(tx, greet, { name: 1 } as unknown as { name: string }),
    );
    const [row] = await eventually(async () => {
      const rows = await rowsOf(producer);
      return rows[0]?.failed_at && rows;
    });
    t.match(row?.error, /does not fit its schema/);
    t.same(done, []);
  });
}

t.test(
  'a job that Redis has lost is brought back from Postgres',
  { skip: backends.includes('redis') ? false : 'there is no Redis here', timeout: 60_000 },
  async (t) => {
    const { producer, redis, site } = await prepare(t, 'redis');
    const count = 20;
    await producer.db.asSystem(async (tx) => {
      for (let number = 0; number < count; number++) {
        await producer.jobs.enqueue(tx, greet, { name: `job ${number}` });
      }
    });
    const mover = await openSite(t, site);
    const definitions = new Map([[greet.name, greet]]);
    await eventually(() => createRelay(mover.db, mover.jobs, definitions).relay());
    await redis?.flush();
    // As if the time after which a job that is not done is moved again had passed.
    await producer.db.asSystem(
      (tx) => tx.sql`
        update jobs set run_at = now() - interval '1 h', relayed_at = now() - interval '1 h'`,
    );

    const done: unknown[] = [];
    const { relay } = work(t, producer, async (payload) => {
      done.push((payload as { name: string }).name);
    });
    await eventually(async () => {
      await relay();
      return (await rowsOf(producer)).length === 0;
    });
    t.equal(new Set(done).size, count, 'every one was done');
    t.equal(done.length, count, 'once');
  },
);
