import { randomUUID } from 'node:crypto';
import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { startReceiver } from '@trellis/test/receiver';
import { signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';
import { addDeliveries } from './add-deliveries.ts';
import { fail, failuresOf } from './fail.ts';
import { isProblem, refusesStrangers } from './refusals.ts';

const url = 'http://127.0.0.1:9/hook';

t.test('POST /webhooks/:id/deliveries/:deliveryId/retry', async (t) => {
  const api = await startApi(t);
  const { db } = api.app.platform;
  const account = await signUp(api);
  const { token } = account;
  const { id } = await subscribe(api, account, url, ['none']);
  const pathOf = (deliveryId: string, webhookId = id) =>
    `/webhooks/${webhookId}/deliveries/${deliveryId}/retry`;
  const retry = (deliveryId: string, webhookId = id, headers = {}) =>
    api.request('POST', pathOf(deliveryId, webhookId), { token, headers });
  const add = async (rest: Partial<Parameters<typeof addDeliveries>[1]>) =>
    addDeliveries(api.database, { account, webhookId: id, status: 'failed', ...rest });
  const addOne = async (rest: Parameters<typeof add>[0]) => (await add(rest))[0] ?? '';
  /** `dueIn` in seconds; null when it waits for another. */
  const read = async (deliveryId: string) => {
    const [row] = await db.querySystem<{ tries: number; trigger: string; dueIn: number | null }>(
      (sql) => sql`
        select tries, trigger, case when isfinite(due_at)
          then extract(epoch from due_at - now())::float8 end as "dueIn"
        from webhook_deliveries where id = ${deliveryId}`,
    );
    return row;
  };

  await t.test('202: whatever came of it, all its tries begin anew, at once', async (t) => {
    for (const status of ['pending', 'failed', 'exhausted', 'delivered'] as const) {
      const one = await addOne({ status });
      const { status: code, body } = await retry(one);
      t.equal(code, 202, status);
      t.match(body, { id: one, webhookId: id, status: 'pending', trigger: 'manual', attempts: 6 });
      const row = await read(one);
      t.match(row, { tries: 0, trigger: 'manual' });
      t.ok(Number(row?.dueIn) <= 0);
    }
  });

  await t.test('202: one that was delivered is not any more', async (t) => {
    const one = await addOne({ status: 'delivered' });
    await db.querySystem(
      (sql) => sql`update webhook_deliveries set delivered_at = '2026-01-31T12:00:00Z'
        where id = ${one}`,
    );
    t.match((await retry(one)).body, { status: 'pending', deliveredAt: null });
  });

  await t.test('400: it takes no properties; a body without any is none', async (t) => {
    const one = await addOne({});
    const send = (body: unknown) => api.request('POST', pathOf(one), { token, body });
    isProblem(t, await send({ force: true }), 400, 'validation_failed');
    t.match(await read(one), { tries: 6 });
    t.equal((await send({})).status, 202);
  });

  await t.test('202: is audited', async (t) => {
    const one = await addOne({ status: 'exhausted' });
    await retry(one);
    const trail = await api.request('GET', `/audit-logs?resourceId=${id}`, { token });
    t.match(trail.body.data[0], {
      action: 'webhook.delivery_retried',
      before: { id: one, status: 'exhausted' },
      after: { id: one, status: 'pending' },
    });
  });

  await t.test('202: what a worker sends at this moment is left to it', async (t) => {
    const one = await addOne({ inFlight: true });
    const before = await read(one);
    t.ok(Number(before?.dueIn) > 0);
    t.equal((await retry(one)).status, 202);
    t.ok(Number((await read(one))?.dueIn) > 0);
  });

  await t.test('202: in an ordering key it does not overtake what is before it', async (t) => {
    const [head = '', next = ''] = await add({ count: 2, orderingKey: 'order-42' });
    await db.querySystem(
      (sql) => sql`update webhook_deliveries set due_at = 'infinity' where id = ${next}`,
    );
    const waiting = await retry(next);
    t.match(waiting.body, { orderingKey: 'order-42', nextAttemptAt: null });
    t.match(await read(next), { dueIn: null, tries: 0 });
    t.equal((await retry(head)).status, 202);
    t.ok(Number((await read(head))?.dueIn) <= 0);
  });

  await t.test('202: of an open circuit, the next probe goes at once', async (t) => {
    await fail(api, account, id, { openUntil: '2036-01-31T12:00:00.000Z' });
    t.equal((await retry(await addOne({}))).status, 202);
    t.ok(Number((await failuresOf(api, id))?.opensInMs) <= 0);
  });

  await t.test('409: it was cancelled', async (t) => {
    const one = await addOne({ status: 'cancelled' });
    isProblem(t, await retry(one), 409, 'delivery_cancelled');
    t.match(await read(one), { tries: 6 });
  });

  await t.test('409: an idempotency key is for one delivery', async (t) => {
    const key = { 'idempotency-key': 'retry-once' };
    const [one = '', other = ''] = await add({ count: 2 });
    const first = await retry(one, id, key);
    t.same((await retry(one, id, key)).body, first.body);
    isProblem(t, await retry(other, id, key), 409, 'idempotency_key_reused');
  });

  const one = await addOne({ status: 'exhausted' });
  await t.test('404: it is of another subscription, or of nothing', async (t) => {
    const other = await subscribe(api, account, url, ['none']);
    isProblem(t, await retry(one, other.id), 404, 'not_found');
    isProblem(t, await retry(randomUUID()), 404, 'not_found');
    isProblem(t, await retry('1'), 400, 'validation_failed');
  });

  await refusesStrangers(t, api, account, {
    method: 'POST',
    path: pathOf(one),
    permission: 'webhooks:write',
  });

  await t.test('409: the subscription is not active', async (t) => {
    await api.request('PATCH', `/webhooks/${id}`, { token, body: { isActive: false } });
    isProblem(t, await retry(one), 409, 'webhook_inactive');
    t.match(await read(one), { tries: 6 });
  });
});

t.test('what is retried is sent again, also what was delivered', async (t) => {
  const api = await startApi(t);
  await startWorker(t, api);
  const account = await signUp(api);
  const { token } = account;
  let status = 500;
  const receiver = await startReceiver(t, () => status);
  const { id } = await subscribe(api, account, receiver.url, ['order.*']);
  const event = await publish(api, account);
  /** The delivery once so many attempts of it are recorded. */
  const attempted = (attempts: number) =>
    eventually(
      async () => {
        const list = await api.request('GET', `/webhooks/${id}/deliveries`, { token });
        const path = `/webhooks/${id}/deliveries/${list.body.data[0].id}`;
        const { body } = await api.request('GET', path, { token });
        return body.attempts >= attempts && body;
      },
      { timeoutMs: 30_000 },
    );
  const failed = await attempted(1);
  status = 204;
  const path = `/webhooks/${id}/deliveries/${failed.id}/retry`;
  await api.request('POST', path, { token });
  const delivered = await attempted(2);
  t.equal(delivered.status, 'delivered');
  const again = await api.request('POST', path, { token });
  t.match(again.body, { status: 'pending', deliveredAt: null });
  const twice = await attempted(3);
  t.match(twice, { status: 'delivered', attempts: 3 });
  t.ok(twice.deliveredAt > delivered.deliveredAt);
  t.same(
    twice.attemptList.map(({ trigger }: { trigger: string }) => trigger),
    ['automatic', 'manual', 'manual'],
  );
  t.equal(receiver.received.length, 3);
  t.same([...receiver.ids()], [event], 'under the same id');
});
