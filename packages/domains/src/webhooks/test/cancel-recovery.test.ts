import { type Api, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { asSystem } from '@trellis/test/installation';
import { startReceiver } from '@trellis/test/receiver';
import { signUp } from '@trellis/test/sign-up';
import { subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';
import { addDeliveries } from './add-deliveries.ts';
import { recover, recoveryEnded } from './recovery.ts';
import { isProblem, refusesStrangers } from './refusals.ts';

t.test('POST /webhooks/:id/recoveries/:recoveryId/cancel', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { id } = await subscribe(api, account, 'http://127.0.0.1:9/hook');
  const other = await subscribe(api, account, 'http://127.0.0.1:9/hook');
  const { body: started } = await recover(api, account, id);
  const path = `/webhooks/${id}/recoveries/${started.id}/cancel`;
  const cancel = (at = path) => api.request('POST', at, { token: account.token });

  await t.test('404: it is of another subscription', async (t) => {
    isProblem(t, await cancel(path.replace(id, other.id)), 404, 'not_found');
  });

  await refusesStrangers(t, api, account, { method: 'POST', path, permission: 'webhooks:write' });

  await t.test('400: it takes no properties', async (t) => {
    const reply = await api.request('POST', path, { token: account.token, body: { now: true } });
    isProblem(t, reply, 400, 'validation_failed');
  });

  await t.test('200: one that has not begun never does', async (t) => {
    const { status, body } = await cancel();
    t.equal(status, 200);
    t.match(body, { ...started, status: 'cancelled', finishedAt: /T/ });
    const query = `/audit-logs?resourceId=${started.id}`;
    const { body: trail } = await api.request('GET', query, { token: account.token });
    t.match(trail.data, [
      { action: 'webhook_recovery.cancelled', before: started, after: body },
      { action: 'webhook_recovery.started' },
    ]);
  });

  await t.test('409: it has ended already', async (t) => {
    isProblem(t, await cancel(), 409, 'recovery_ended');
    await addDeliveries(api.database, { account, webhookId: id, status: 'exhausted' });
    await startWorker(t, api);
    const { status, body } = await recover(api, account, id);
    t.equal(status, 202, 'the next one may begin');
    await recoveryEnded(api, account, body);
    const late = await cancel(`/webhooks/${id}/recoveries/${body.id}/cancel`);
    isProblem(t, late, 409, 'recovery_ended');
    t.match(late.body.detail, /completed/);
  });
});

t.test('nothing is queued once a recovery is cancelled', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const receiver = await startReceiver(t);
  const { id: webhookId } = await subscribe(api, account, receiver.url);
  const total = 20_000;
  const of = { account, webhookId, status: 'exhausted' } as const;
  for (let made = 0; made < total; made += 4_000) {
    await addDeliveries(api.database, { ...of, count: 4_000 });
  }
  // The third page waits for it, so that the recovery is under way when it is cancelled.
  const release = await holdDelivery(api, webhookId, 2_500);
  const worker = await startWorker(t, api);
  const { body: started } = await recover(api, account, webhookId);
  const path = `/webhooks/${webhookId}/recoveries/${started.id}`;
  const get = async () => (await api.request('GET', path, { token: account.token })).body;
  await eventually(async () => (await get()).queued > 0, { timeoutMs: 30_000 });
  const cancelling = api.request('POST', `${path}/cancel`, { token: account.token });
  await release();
  const { status, body } = await cancelling;
  t.equal(status, 200);
  t.match(body, { status: 'cancelled', total });
  t.ok(body.queued > 0 && body.queued < total, `${body.queued} were queued before`);
  await eventually(() => receiver.ids().size >= body.queued, { timeoutMs: 60_000 });
  await worker.stop();
  t.match(await get(), { status: 'cancelled', queued: body.queued }, 'it stays so');
  const [row] = await asSystem(
    api.database,
    ({ sql }) => sql<{ left: number }[]>`
      select count(*)::int as left from webhook_deliveries where status = 'exhausted'`,
  );
  t.equal(row?.left, total - body.queued, 'the others are as they were');
});

/** Locks one of the deliveries of a subscription, until what it answers is called. */
async function holdDelivery({ database }: Api, webhookId: string, place: number) {
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const holding = asSystem(database, async ({ sql }) => {
    await sql`select set_config('idle_in_transaction_session_timeout', '0', true)`;
    await sql`
      select id from webhook_deliveries where id = (
        select id from webhook_deliveries where webhook_id = ${webhookId}
        order by id offset ${place} limit 1)
      for update`;
    held.resolve();
    await released.promise;
  });
  await Promise.race([held.promise, holding]);
  return (): Promise<void> => {
    released.resolve();
    return holding;
  };
}
