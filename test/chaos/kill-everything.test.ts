import { migrate } from '@trellis/db/migrate';
import { seed } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { asSystem, setPlan } from '@trellis/test/installation';
import { startPrivatePostgres } from '@trellis/test/private-postgres';
import {
  type ApiProcess,
  type AppProcess,
  startApiProcess,
  startWorkerProcess,
} from '@trellis/test/processes';
import { startReceiver } from '@trellis/test/receiver';
import { startPrivateRedis } from '@trellis/test/redis';
import { type Backend, backends, testEnv } from '@trellis/test/settings';
import { signUp } from '@trellis/test/sign-up';
import { subscribe } from '@trellis/test/subscribe';
import t, { type Test } from 'tap';
import { type CarefulPublisher, startPublishing } from './careful-publisher.ts';

const eventCount = 10_000;
/** How often each of the processes is killed in its turn; then all of them are at once. */
const rounds = 2;
/** Room for a slow machine, as all that follows. */
const boundMs = 180_000;
const patience = { timeoutMs: boundMs };

// Both runs of this file, each within its bound, take longer than a file has by default.
t.setTimeout(2 * boundMs + 60_000);

type Site = Awaited<ReturnType<typeof openSite>>;

/** Servers of its own: those of all tests must stay as they are. */
async function openSite(t: Test, backend: Backend) {
  const postgres = await startPrivatePostgres(t);
  const redis = backend === 'redis' ? await startPrivateRedis(t) : undefined;
  const { database } = postgres;
  await migrate({ ...database, log: () => {} });
  await seed(database);
  const env = testEnv(database, backend, {
    ...(redis && { REDIS_URL: redis.url }),
    // A killed worker's deliveries are free again when this and a slack have passed.
    WEBHOOK_TIMEOUT_MS: '2000',
  });
  const installation = { database, env };
  const receiver = await startReceiver(t);
  const running: { api: ApiProcess; worker: AppProcess } = {
    api: await startApiProcess(t, installation),
    worker: await startWorkerProcess(t, installation),
  };
  const account = await signUp(running.api);
  await setPlan(database, account.tenant.id, 'enterprise');
  const { secret } = await subscribe(running.api, account, receiver.url);
  return { installation, database, postgres, redis, receiver, running, account, secret };
}

/** What can be done to an installation, by name; each is over when all runs again. */
function mischiefOf(t: Test, site: Site, publisher: CarefulPublisher) {
  const { installation, postgres, redis, running } = site;
  const killed = async (process: AppProcess) => {
    t.equal((await process.kill('SIGKILL')).signal, 'SIGKILL');
  };
  const startApi = async () => {
    running.api = await startApiProcess(t, installation);
  };
  const startWorker = async () => {
    running.worker = await startWorkerProcess(t, installation);
  };
  const goesOn = async (what: string) => {
    const before = publisher.ids.size;
    await eventually(() => publisher.ids.size >= Math.min(eventCount, before + 50), patience);
    t.pass(`events are accepted ${what}`);
  };
  return {
    worker: async () => {
      await killed(running.worker);
      await goesOn('without a worker');
      await startWorker();
    },
    api: async () => {
      await killed(running.api);
      await startApi();
    },
    postgres: async () => {
      await postgres.kill();
      await postgres.restart();
    },
    ...(redis && {
      flush: redis.flush,
      redis: async () => {
        await redis.kill();
        await goesOn('without Redis');
        await redis.restart();
      },
    }),
    everything: async () => {
      await Promise.all([
        killed(running.api),
        killed(running.worker),
        postgres.kill(),
        redis?.kill(),
      ]);
      await Promise.all([postgres.restart(), redis?.restart()]);
      await Promise.all([startApi(), startWorker()]);
    },
  };
}

/** While it publishes: kills each of the processes in its turn, twice, and then all at once. */
async function doMischief(t: Test, site: Site, publisher: CarefulPublisher): Promise<void> {
  const { everything, ...each } = mischiefOf(t, site, publisher);
  const names = Array<string[]>(rounds).fill(Object.keys(each)).flat();
  const steps = [...Array(rounds).fill(Object.values(each)).flat(), everything];
  const stride = Math.floor(eventCount / (steps.length + 1));
  const { received } = site.receiver;
  for (const [index, step] of steps.entries()) {
    // One stride further than where the kill comes, so that it comes in the middle of publishing.
    publisher.allow((index + 2) * stride);
    const before = received.length;
    await eventually(() => publisher.ids.size >= (index + 1) * stride, patience);
    await eventually(() => received.length > before, patience);
    t.comment(`${publisher.ids.size} accepted; now: ${names[index] ?? 'everything'}`);
    await step();
  }
  publisher.allow(eventCount);
}

for (const backend of backends) {
  t.test(`10,000 events while everything is killed in turn (${backend})`, async (t) => {
    const site = await openSite(t, backend);
    const end = new AbortController();
    t.teardown(() => end.abort());
    const publisher = startPublishing(
      (body) => site.running.api.request('POST', '/events', { token: site.account.token, body }),
      eventCount,
      end.signal,
    );
    await Promise.all([publisher.done, doMischief(t, site, publisher)]);
    await allArrived(t, site, publisher);
  });
}

async function allArrived(t: Test, site: Site, { ids }: CarefulPublisher): Promise<void> {
  const { receiver, secret } = site;
  const published = [...ids.values()];
  t.equal(new Set(published).size, eventCount, 'each event was accepted once, with its own id');
  t.same(await readEventIds(site), published.toSorted(), 'and no others are there');
  await eventually(() => receiver.ids().size >= eventCount, patience);
  t.same([...receiver.ids()].sort(), published.toSorted(), 'those arrived, and no others');
  const strays = receiver.received.filter(
    ({ id, body }) => ids.get(JSON.parse(body).data.number) !== id,
  );
  t.same(strays, [], 'each with its own contents');
  t.equal(receiver.verified(secret), receiver.received.length, 'every signature is right');
  await eventually(async () => (await countByStatus(site)).length === 1, patience);
  t.same(await countByStatus(site), [{ status: 'delivered', count: eventCount }]);
  t.comment(`${receiver.received.length - eventCount} arrived more than once`);
}

async function readEventIds({ database }: Site): Promise<string[]> {
  const rows = await asSystem(
    database,
    (tx) => tx.sql<{ id: string }[]>`select id from events order by id`,
  );
  return rows.map(({ id }) => id);
}

async function countByStatus({ database }: Site): Promise<{ status: string; count: number }[]> {
  return asSystem(database, async (tx) => [
    ...(await tx.sql<{ status: string; count: number }[]>`
      select status, count(*)::int as count from webhook_deliveries group by status`),
  ]);
}
