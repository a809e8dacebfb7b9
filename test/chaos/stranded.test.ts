import { eventually } from '@trellis/test/eventually';
import { asSystem, createInstallation, type Installation } from '@trellis/test/installation';
import { startApiProcess, startWorkerProcess } from '@trellis/test/processes';
import { startReceiver } from '@trellis/test/receiver';
import { signUp } from '@trellis/test/sign-up';
import { publish, publishMany, subscribe } from '@trellis/test/subscribe';
import t from 'tap';

const heldCount = 10;
/** The deadline of an attempt by default, its slack, and room for a slow machine. */
const againMsMax = 30_000;
const patience = { timeoutMs: 30_000 };

// Both are about rows in Postgres; where the queue is makes no difference to them.
t.test('what a killed worker held is sent by another within 30 s', async (t) => {
  const installation = await createInstallation(t, 'postgres');
  let answers = true;
  const hanging = new Promise<number>(() => {});
  const receiver = await startReceiver(t, () => (answers ? 204 : hanging));
  const api = await startApiProcess(t, installation);
  const account = await signUp(api);
  await subscribe(api, account, receiver.url);
  const holder = await startWorkerProcess(t, installation);
  // An endpoint that has answered once is sent more at a time.
  await publish(api, account);
  await eventually(
    async () => (await readStates(installation))[0]?.status === 'delivered',
    patience,
  );
  answers = false;
  const published = await publishMany(api, account, heldCount);
  await eventually(() => receiver.received.length === 1 + heldCount, patience);
  const held = await readLeases(installation);
  t.equal(held.length, heldCount);
  const before = receiver.received.length;
  const killedMs = Date.now();
  await holder.kill('SIGKILL');
  answers = true;
  await startWorkerProcess(t, installation);

  const again = () => receiver.received.slice(before);
  await eventually(() => new Set(again().map(({ id }) => id)).size === heldCount, {
    timeoutMs: 2 * againMsMax,
  });
  t.same(
    again()
      .map(({ id }) => id)
      .sort(),
    published.toSorted(),
    'each of them, once',
  );
  const lastMs = Math.max(...again().map(({ atMs }) => atMs));
  t.ok(lastMs - killedMs < againMsMax, `the last after ${lastMs - killedMs} ms`);
  const firstMs = Math.min(...again().map(({ atMs }) => atMs));
  t.ok(firstMs >= Math.min(...held), 'and none while its worker might have been alive');
  await eventually(async () => (await readStates(installation)).length === 1, patience);
  t.same(
    await readStates(installation),
    [{ status: 'delivered', attempts: 1 }],
    'an attempt that nobody recorded is not counted',
  );
});

t.test('what waits behind a delivery whose worker was killed at its end is sent', async (t) => {
  const installation = await createInstallation(t, 'postgres');
  const receiver = await startReceiver(t);
  const api = await startApiProcess(t, installation);
  const account = await signUp(api);
  await subscribe(api, account, receiver.url);
  for (const number of [1, 2, 3]) {
    const body = { type: 'order.paid', data: number, orderingKey: 'order' };
    const { status } = await api.request('POST', '/events', { token: account.token, body });
    t.equal(status, 202);
  }
  // As it is when the first was recorded and the second not yet released.
  await asSystem(
    installation.database,
    (tx) => tx.sql`
      update webhook_deliveries d set attempts = 1,
        status = case when position = first then 'delivered' else 'pending' end,
        due_at = case when position = first then due_at else 'infinity' end
      from (select min(position) as first from webhook_deliveries) places`,
  );
  await startWorkerProcess(t, installation);
  await eventually(() => receiver.received.length === 2, { timeoutMs: againMsMax });
  t.same(
    receiver.received.map(({ body }) => JSON.parse(body).data),
    [2, 3],
  );
});

/** When the leases of all deliveries in flight end, in Unix milliseconds. */
async function readLeases({ database }: Installation): Promise<number[]> {
  const rows = await asSystem(
    database,
    (tx) => tx.sql<{ end_ms: number }[]>`
      select (extract(epoch from leased_until) * 1000)::float8 as end_ms
      from webhook_deliveries where leased_until > now()`,
  );
  return rows.map(({ end_ms }) => end_ms);
}

async function readStates({ database }: Installation) {
  return asSystem(database, async (tx) => [
    ...(await tx.sql`select distinct status, attempts from webhook_deliveries`),
  ]);
}
