import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { startReceiver } from '@trellis/test/receiver';
import { signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';
import { addDeliveries } from './add-deliveries.ts';
import { recover, recoveryEnded } from './recovery.ts';

t.test('a recovery of what is missing sends what was published while disabled', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const stranger = await signUp(api, 'Stranger');
  const receiver = await startReceiver(t);
  const events = ['order.*', 'a_b.*', 'exact'];
  const { id: webhookId } = await subscribe(api, account, receiver.url, events);
  await subscribe(api, stranger, receiver.url);
  const setActive = (isActive: boolean) =>
    api.request('PATCH', `/webhooks/${webhookId}`, { token: account.token, body: { isActive } });
  const missing = (dryRun: boolean) =>
    recover(api, account, webhookId, { status: 'missing', dryRun });

  const arrived = (count: number) =>
    eventually(() => receiver.received.length >= count, { timeoutMs: 30_000 });

  await startWorker(t, api);
  const delivered = [await publish(api, account, 'order.paid')];
  await arrived(1);
  await setActive(false);
  const fitting = ['order.paid', 'order.item.added', 'a_b.c', 'exact'];
  const wanted: string[] = [];
  for (const type of fitting) wanted.push(await publish(api, account, type));
  for (const type of ['order', 'orders.paid', 'axb.c', 'exact.more', 'person.created']) {
    await publish(api, account, type);
  }
  const strange = await publish(api, stranger, 'order.paid');
  await setActive(true);
  delivered.push(await publish(api, account, 'order.paid'));
  await arrived(3);
  await addDeliveries(api.database, {
    account,
    webhookId: stranger.tenant.id,
    status: 'delivered',
    type: 'order.paid',
    at: new Date(Date.now() - 8 * 86_400_000),
  });

  const { body: dry } = await missing(true);
  t.match(
    dry,
    { count: wanted.length },
    'what is older than the plan keeps deliveries is left out',
  );
  const { body: started } = await missing(false);
  t.equal(started.recovers, 'missing');
  const ended = await recoveryEnded(api, account, started);
  t.match(ended, { total: wanted.length, queued: wanted.length });
  await arrived(3 + wanted.length);
  t.same([...receiver.ids()].sort(), [...delivered, strange, ...wanted].sort());

  t.match((await missing(true)).body, { count: 0 });
  const { body: again } = await missing(false);
  t.match(await recoveryEnded(api, account, again), { total: 0, queued: 0 });
  t.equal(receiver.received.length, 3 + wanted.length, 'nothing was sent twice');
});

t.test('missing: * is every event but those of a test', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const first = await subscribe(api, account, 'http://127.0.0.1:9/hook');
  const of = { account, webhookId: first.id, status: 'delivered' } as const;
  for (const type of ['order.paid', 'person.created', 'webhook.test']) {
    await addDeliveries(api.database, { ...of, type });
  }
  const { id } = await subscribe(api, account, 'http://127.0.0.1:9/hook');
  const { body } = await recover(api, account, id, { status: 'missing', dryRun: true });
  t.match(body, { count: 2 });
});
