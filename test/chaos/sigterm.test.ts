import { eventually } from '@trellis/test/eventually';
import { asSystem, createInstallation, setPlan } from '@trellis/test/installation';
import { createKeepAliveClient, type Outcome } from '@trellis/test/keep-alive';
import { startApiProcess, startWorkerProcess } from '@trellis/test/processes';
import { startReceiver } from '@trellis/test/receiver';
import { type Backend, backends } from '@trellis/test/settings';
import { signUp } from '@trellis/test/sign-up';
import { publishMany, subscribe } from '@trellis/test/subscribe';
import t, { type Test } from 'tap';

const exitMsMax = 10_000;
const clients = 30;

t.setTimeout(180_000);

for (const backend of backends) {
  t.test(`SIGTERM to the API under load (${backend})`, async (t) => {
    const { installation, api, account, receiver } = await prepare(t, backend);
    await startWorkerProcess(t, installation);
    const client = createKeepAliveClient(t, api.url, clients);
    const outcomes: Outcome[] = [];
    let open = true;
    const lane = async (lane: number): Promise<void> => {
      for (let turn = 0; open; turn++) {
        const writes = (lane + turn) % 3 === 0;
        const outcome = writes
          ? await client.call('POST', '/events', { token: account.token, body: event })
          : await client.call('GET', '/webhooks', { token: account.token });
        outcomes.push(outcome);
        if (!outcome.accepted) open = false;
      }
    };
    const load = Promise.all(Array.from({ length: clients }, (_, number) => lane(number)));
    await eventually(() => outcomes.length > 500);
    const startedMs = performance.now();
    const exit = await api.kill('SIGTERM');
    const durationMs = performance.now() - startedMs;
    await load;

    t.same(exit, { code: 0, signal: null });
    t.ok(durationMs < exitMsMax, `it ends within 10 s: ${Math.round(durationMs)} ms`);
    const failed = outcomes.filter(({ accepted, error }) => accepted && error);
    t.same(failed, [], 'no request that was accepted fails');
    const refused = outcomes.filter(({ status = 0 }) => status >= 400);
    t.same(refused, [], 'nor is one answered with an error');
    const published = outcomes.filter(({ status }) => status === 202).length;
    t.ok(published > 100);
    await eventually(() => receiver.ids().size >= published, { timeoutMs: 20_000 });
    t.equal(receiver.ids().size, published, 'every event that was accepted arrives');
  });

  t.test(`SIGTERM to the worker under load (${backend})`, async (t) => {
    const { installation, api, account, receiver } = await prepare(t, backend);
    const count = 1_000;
    let worker = await startWorkerProcess(t, installation);
    const publishing = publishMany(api, account, count);
    for (const arrived of [150, 400, 650]) {
      await eventually(() => receiver.received.length > arrived, { timeoutMs: 20_000 });
      const startedMs = performance.now();
      const exit = await worker.kill('SIGTERM');
      const durationMs = performance.now() - startedMs;
      t.same(exit, { code: 0, signal: null });
      t.ok(durationMs < exitMsMax, `it ends within 10 s: ${Math.round(durationMs)} ms`);
      t.equal(await heldByWorkers(installation), 0, 'it leaves nothing claimed');
      worker = await startWorkerProcess(t, installation);
    }
    const published = await publishing;
    await eventually(() => receiver.ids().size >= count, { timeoutMs: 20_000 });
    t.same([...receiver.ids()].sort(), published.sort(), 'nothing is lost');
    t.equal(receiver.received.length, count, 'and nothing was sent twice: it drained');
  });
}

t.test('SIGTERM to a worker whose receiver does not answer', async (t) => {
  const { installation, api, account, receiver } = await prepare(t, 'postgres', () => hanging);
  const worker = await startWorkerProcess(t, installation);
  await publishMany(api, account, 5);
  await eventually(() => receiver.received.length === 5);
  const startedMs = performance.now();
  const exit = await worker.kill('SIGTERM');
  t.same(exit, { code: 0, signal: null });
  t.ok(performance.now() - startedMs < exitMsMax, 'it ends within 10 s');
  t.equal(await heldByWorkers(installation), 0, 'and gives back what it held, for another worker');
});

const hanging = new Promise<number>(() => {});
const event = { type: 'order.paid', data: { total: 42 } };

async function prepare(
  t: Test,
  backend: Backend,
  answer: () => number | Promise<number> = () => 204,
) {
  const installation = await createInstallation(t, backend);
  const receiver = await startReceiver(t, answer);
  const api = await startApiProcess(t, installation);
  const account = await signUp(api);
  await setPlan(installation.database, account.tenant.id, 'enterprise');
  await subscribe(api, account, receiver.url);
  return { installation, api, account, receiver };
}

/** Deliveries that a worker claimed and neither sent nor gave back. */
async function heldByWorkers({ database }: { database: { appUrl: string } }): Promise<number> {
  const [row] = await asSystem(
    database,
    (tx) => tx.sql<{ held: number }[]>`
      select count(*)::int as held from webhook_deliveries where leased_until > now()`,
  );
  return row?.held ?? -1;
}
