import { eventually } from '@trellis/test/eventually';
import { asSystem, createInstallation, setPlan } from '@trellis/test/installation';
import { startApiProcess, startWorkerProcess } from '@trellis/test/processes';
import { type Receiver, startReceiver } from '@trellis/test/receiver';
import { signUp } from '@trellis/test/sign-up';
import { publishMany, subscribe } from '@trellis/test/subscribe';
import t from 'tap';

const eventCount = 300;
const probeMs = 500;
const probeCount = 5;
const healsMsMax = 60_000;

// The circuit is a row in Postgres; where the queue is makes no difference to it.
t.test('an endpoint that is down gets probes, and everything once it heals', async (t) => {
  const installation = await createInstallation(t, 'postgres', {
    WEBHOOK_CIRCUIT_FAILURES: '10',
    WEBHOOK_CIRCUIT_PROBE_MS: String(probeMs),
    WEBHOOK_CONCURRENCY_PER_ENDPOINT: '2',
    WEBHOOK_RETRY_SECONDS: Array(20).fill('1').join(),
  });
  let status = 503;
  const receiver = await startReceiver(t, () => status);
  const healthy = await startReceiver(t);
  const api = await startApiProcess(t, installation);
  const account = await signUp(api);
  await setPlan(installation.database, account.tenant.id, 'enterprise');
  const { id } = await subscribe(api, account, receiver.url);
  await subscribe(api, account, healthy.url);
  await Promise.all([1, 2].map(() => startWorkerProcess(t, installation)));
  const published = await publishMany(api, account, eventCount);

  await eventually(() => areProbes(receiver), { timeoutMs: 60_000 });
  t.ok(
    receiver.received.length < eventCount / 2,
    `${receiver.received.length} attempts in all for ${eventCount} events`,
  );
  await eventually(() => healthy.ids().size === eventCount);
  t.pass('the other endpoint of the tenant has everything');

  status = 204;
  const healedMs = Date.now();
  const arrived = () => receiver.received.filter(({ atMs }) => atMs >= healedMs);
  const ids = () => new Set(arrived().map((one) => one.id));
  await eventually(() => ids().size >= eventCount, { timeoutMs: healsMsMax });
  t.same([...ids()].sort(), published.toSorted(), 'within 60 s, with no human');
  await eventually(async () => {
    const [row] = await asSystem(
      installation.database,
      (tx) => tx.sql<{ open: number; circuits: number }[]>`
        select (select count(*)::int from webhook_failures) as circuits,
          (select count(*)::int from webhook_deliveries where status <> 'delivered') as open`,
    );
    return row?.open === 0 && row.circuits === 0;
  });
  const { body } = await api.request('GET', `/webhooks/${id}`, { token: account.token });
  t.match(body, { isActive: true, disabledReason: null });
});

/** Whether the last that arrived came one by one, with the time between two probes before each. */
function areProbes({ received }: Receiver): boolean {
  const last = received.slice(-probeCount - 1).map(({ atMs }) => atMs);
  const gaps = last.slice(1).map((atMs, index) => atMs - (last[index] ?? 0));
  return gaps.length === probeCount && gaps.every((gapMs) => gapMs >= probeMs);
}
