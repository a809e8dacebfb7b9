import { failFastRedis } from '@trellis/redis/fail-fast-redis';
import { eventually } from '@trellis/test/eventually';
import { startProxy } from '@trellis/test/proxy';
import { type Backend, backends } from '@trellis/test/settings';
import postgres from 'postgres';
import t, { type Test } from 'tap';
import {
  greet,
  letTimePass,
  type Opened,
  openRelay,
  openSite,
  prepareSite,
  rowsOf,
  type Site,
  work,
} from './open-site.ts';

/** One try: whatever is counted without cause makes it fail. */
const once = { ...greet, attempts: 1 };
/** It takes Postgres up to 10 s to count as away. */
const outage = { timeoutMs: 45_000 };

async function prepare(t: Test, backend: Backend) {
  const site = await prepareSite(t, backend);
  const proxy = await startProxy(t, site.database.appUrl);
  const producer = await openSite(t, site);
  await producer.db.asSystem((tx) => producer.jobs.enqueue(tx, once, { name: 'Ada' }));
  await eventually(() => openRelay(producer, [once]).relay());
  const worker = await openSite(t, site, { rowsUrl: proxy.url });
  return { site, proxy, producer, worker };
}

/** A worker whose handler may break the way to the rows; counts how often that was noticed. */
function workOnce(t: Test, worker: Opened, run: () => void) {
  const seen = { tries: [] as number[], unreachable: 0 };
  work(
    t,
    worker,
    async (_payload, { attempt }) => {
      seen.tries.push(attempt);
      run();
    },
    { job: once, onWarning: (text) => text.includes('row of a job') && seen.unreachable++ },
  );
  return seen;
}

for (const backend of backends) {
  t.test(`rows that cannot be read cost a job no try (${backend})`, async (t) => {
    const { proxy, producer, worker } = await prepare(t, backend);
    proxy.cut();
    const seen = workOnce(t, worker, () => {});
    await eventually(() => seen.unreachable >= 2, outage);
    proxy.restore();
    await eventually(async () => (await rowsOf(producer)).length === 0, outage);
    t.same(seen.tries, [1], 'it was done once, at its first try');
  });

  t.test(`a job whose row cannot be removed is not failed (${backend})`, async (t) => {
    const { proxy, producer, worker } = await prepare(t, backend);
    const seen = workOnce(t, worker, () => seen.tries.length === 1 && proxy.cut());
    await eventually(() => seen.unreachable >= 2, outage);
    proxy.restore();
    await eventually(async () => (await rowsOf(producer)).length === 0, outage);
    t.same(seen.tries, [1, 1], 'it was done again, as the same try');
  });

  t.test(`a failure that cannot be written is written later (${backend})`, async (t) => {
    const { proxy, producer, worker } = await prepare(t, backend);
    const seen = workOnce(t, worker, () => {
      if (seen.tries.length === 1) proxy.cut();
      throw new Error('never');
    });
    await eventually(() => seen.unreachable >= 2, outage);
    proxy.restore();
    await eventually(async () => (await rowsOf(producer))[0]?.failed_at, outage);
    t.match(await rowsOf(producer), [{ error: 'never' }]);
  });

  t.test(`what BullMQ gives up comes back from its row (${backend})`, async (t) => {
    const { site, producer } = await prepare(t, backend);
    await giveUp(site);
    const seen = workOnce(t, producer, () => {});
    await eventually(async () => (await countOf(producer)) === 0);
    t.equal((await rowsOf(producer)).length, 1, 'the queue has none, the row is there');
    await letTimePass(producer);
    await eventually(async () => {
      await openRelay(producer, [once]).relay();
      return (await rowsOf(producer)).length === 0;
    });
    t.same(seen.tries, [1]);
  });

  t.test(`a job of a newer release waits for a worker that knows it (${backend})`, async (t) => {
    const { site, producer } = await prepare(t, backend);
    const old = work(t, producer, async () => {}, { job: { ...once, name: 'test.old' } });
    await eventually(async () => (await countOf(producer)) === 0);
    await letTimePass(producer);
    t.equal(await old.relay(), 0, 'an old worker does not move what it does not know');
    t.match(await rowsOf(producer), [{ failed_at: null }], 'and does not fail it');
    await old.drain();

    const newer = await openSite(t, site);
    const seen = workOnce(t, newer, () => {});
    await eventually(() => openRelay(newer, [once]).relay());
    await eventually(async () => (await rowsOf(producer)).length === 0);
    t.same(seen.tries, [1]);
  });
}

/** Jobs that the queue holds, in whatever state. */
async function countOf({ jobs }: Opened): Promise<number> {
  const counts = await jobs.queue(once.queue).getJobCounts();
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** What BullMQ notes when a job's workers were killed too often, or it was started too often. */
async function giveUp({ database, redis }: Site): Promise<void> {
  const why = 'job stalled more than allowable limit';
  if (!redis) {
    const sql = postgres(database.ownerUrl, { max: 1 });
    await sql`update bullmq.job set deferred_failure = ${why} where name = ${once.name}`;
    return sql.end();
  }
  const client = failFastRedis(redis.url, { commandTimeoutMs: 1_000 });
  await eventually(() => client.ping());
  const key = (await client.keys(`test:queue:${once.queue}:*-*`)).find(
    (one) => !one.endsWith(':lock'),
  );
  await client.hset(key ?? '', 'defa', why);
  client.disconnect();
}
