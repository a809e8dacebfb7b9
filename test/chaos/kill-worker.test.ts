import { eventually } from '@trellis/test/eventually';
import { asSystem, createInstallation, setPlan } from '@trellis/test/installation';
import { startApiProcess, startWorkerProcess } from '@trellis/test/processes';
import { startReceiver } from '@trellis/test/receiver';
import { startPrivateRedis } from '@trellis/test/redis';
import { type Backend, backends } from '@trellis/test/settings';
import { signUp } from '@trellis/test/sign-up';
import { publishMany, subscribe } from '@trellis/test/subscribe';
import t, { type Test } from 'tap';

const eventCount = 5_000;
/** The worker is killed when so many requests have arrived … */
const killAt = [400, 1_000, 1_600, 2_200, 2_800];
/** … and Redis loses all that it holds when so many have. */
const flushAt = 1_300;
const boundMs = 90_000;

// Both runs of this file, each within its bound, take longer than a file has by default.
t.setTimeout(2 * boundMs + 60_000);

for (const backend of backends) {
  t.test(`nothing is lost when the worker is killed five times (${backend})`, async (t) => {
    const startedMs = performance.now();
    const redis = backend === 'redis' ? await startPrivateRedis(t) : undefined;
    const { installation, api, account, secret, receiver } = await prepare(t, backend, redis?.url);

    const publishing = publishMany(api, account, eventCount);
    const arrived = (count: number) =>
      eventually(() => receiver.received.length >= count, { timeoutMs: 45_000 });
    const flushing = redis && arrived(flushAt).then(redis.flush);
    let worker = await startWorkerProcess(t, installation);
    for (const count of killAt) {
      await arrived(count);
      const { signal } = await worker.kill('SIGKILL');
      t.equal(signal, 'SIGKILL', `killed after ${count} had arrived`);
      worker = await startWorkerProcess(t, installation);
    }
    await flushing;
    const published = await publishing;
    t.equal(new Set(published).size, eventCount, 'each was accepted, with an id of its own');

    await eventually(() => receiver.ids().size >= eventCount, { timeoutMs: boundMs });
    t.same([...receiver.ids()].sort(), published.sort(), 'those that were published, no others');
    t.equal(receiver.verified(secret), receiver.received.length, 'every signature is right');
    const open = () => undelivered(installation.database);
    await eventually(async () => (await open()) === 0);
    t.ok(performance.now() - startedMs < boundMs, `within ${boundMs / 1_000} s`);
    t.comment(`${receiver.received.length - eventCount} arrived more than once`);
  });
}

async function prepare(t: Test, backend: Backend, redisUrl: string | undefined) {
  const installation = await createInstallation(t, backend, {
    ...(redisUrl && { REDIS_URL: redisUrl }),
    // A killed worker's deliveries are free again when this and a slack have passed.
    WEBHOOK_TIMEOUT_MS: '2000',
  });
  const receiver = await startReceiver(t);
  const api = await startApiProcess(t, installation);
  const account = await signUp(api);
  await setPlan(installation.database, account.tenant.id, 'enterprise');
  const { secret } = await subscribe(api, account, receiver.url);
  return { installation, api, account, secret, receiver };
}

async function undelivered(database: { appUrl: string }): Promise<number> {
  const [row] = await asSystem(
    database,
    (tx) => tx.sql<{ open: number }[]>`
      select count(*)::int as open from webhook_deliveries where status <> 'delivered'`,
  );
  return row?.open ?? -1;
}
