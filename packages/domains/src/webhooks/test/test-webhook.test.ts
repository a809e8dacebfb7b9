import { type Api, startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { startReceiver } from '@trellis/test/receiver';
import { type Account, signUp } from '@trellis/test/sign-up';
import { subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';
import { fail, failuresOf } from './fail.ts';
import { isProblem, refusesStrangers } from './refusals.ts';

const url = 'http://127.0.0.1:9/hook';

const test = (api: Api, { token }: Account, id: string, headers = {}) =>
  api.request('POST', `/webhooks/${id}/test`, { token, headers });

t.test('POST /webhooks/:id/test', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { token } = account;
  const { id } = await subscribe(api, account, url, ['order.*']);
  const other = await subscribe(api, account, url);
  const deliveriesOf = async (webhookId: string) => {
    const path = `/webhooks/${webhookId}/deliveries?event=webhook.test`;
    return (await api.request('GET', path, { token })).body.data;
  };

  await t.test('202: an event for this subscription alone, whatever it asks for', async (t) => {
    const { status, body } = await test(api, account, id);
    t.equal(status, 202);
    t.match(body, { webhookId: id, event: 'webhook.test', status: 'pending', trigger: 'test' });
    t.same(await deliveriesOf(id), [body]);
    t.same(await deliveriesOf(other.id), []);
    const event = await api.request('GET', `/events/${body.eventId}`, { token });
    t.match(event.body, { type: 'webhook.test', deliveries: 1 });
    t.match(JSON.parse(event.body.payload), {
      type: 'webhook.test',
      timestamp: /^\d{4}-.*Z$/,
      data: { webhookId: id, message: /test/ },
    });
    const trail = await api.request('GET', `/audit-logs?resourceId=${id}`, { token });
    t.match(trail.body.data[0], { action: 'webhook.tested', after: { id: body.id } });
  });

  await t.test('202: does not count against the events of the plan', async (t) => {
    const used = () =>
      api.app.platform.db.querySystem(
        (sql) => sql`select quota, used::int from quota_use where tenant_id = ${account.tenant.id}`,
      );
    await api.app.platform.db.querySystem(
      (sql) => sql`insert into quota_use (tenant_id, quota, period, used, granted)
        values (${account.tenant.id}, 'maxEvents',
          date_trunc('month', now() at time zone 'utc')::date, 7, 1)
        on conflict (tenant_id, quota, period) do update set used = 7`,
    );
    const before = await used();
    t.match(before, [{ used: 7 }]);
    t.equal((await test(api, account, id)).status, 202);
    t.same(await used(), before);
  });

  await t.test('202: of an open circuit, the next probe goes at once', async (t) => {
    await fail(api, account, id, { openUntil: '2036-01-31T12:00:00.000Z' });
    t.equal((await test(api, account, id)).status, 202);
    const failures = await failuresOf(api, id);
    t.ok(failures?.opensInMs !== null && Number(failures?.opensInMs) <= 0);
    await fail(api, account, id);
    await test(api, account, id);
    t.same(await failuresOf(api, id), { opensInMs: null }, 'a closed one stays closed');
  });

  await t.test('409: an idempotency key sends one; another body is refused', async (t) => {
    const before = (await deliveriesOf(id)).length;
    const key = { 'idempotency-key': 'test-once' };
    const once = await test(api, account, id, key);
    t.same((await test(api, account, id, key)).body, once.body);
    t.equal((await deliveriesOf(id)).length, before + 1);
    isProblem(t, await test(api, account, other.id, key), 409, 'idempotency_key_reused');
  });

  await t.test('400: it takes no properties; a body without any is none', async (t) => {
    const send = (body: unknown) => api.request('POST', `/webhooks/${id}/test`, { token, body });
    isProblem(t, await send({ event: 'order.paid' }), 400, 'validation_failed');
    t.equal((await send({})).status, 202);
  });

  await t.test('409: it is not active', async (t) => {
    await api.request('PATCH', `/webhooks/${other.id}`, { token, body: { isActive: false } });
    isProblem(t, await test(api, account, other.id), 409, 'webhook_inactive');
    t.same(await deliveriesOf(other.id), []);
  });

  await t.test('422: the address is not public any more', async (t) => {
    const closed = await startApi(t, { beside: api, env: { WEBHOOK_ALLOW_CIDRS: '' } });
    const before = await deliveriesOf(id);
    isProblem(t, await test(closed, account, id), 422, 'url_refused');
    t.same(await deliveriesOf(id), before);
  });

  await refusesStrangers(t, api, account, {
    method: 'POST',
    path: `/webhooks/${id}/test`,
    permission: 'webhooks:write',
  });
});

t.test('a test goes the way of every event, and is tried once', async (t) => {
  const api = await startApi(t);
  await startWorker(t, api);
  const account = await signUp(api);
  let status = 204;
  const receiver = await startReceiver(t, () => status);
  const { id, secret } = await subscribe(api, account, receiver.url, ['order.*']);
  const outcome = async () => {
    const { body } = await test(api, account, id);
    return eventually(
      async () => {
        const path = `/webhooks/${id}/deliveries/${body.id}`;
        const read = await api.request('GET', path, { token: account.token });
        return read.body.attempts > 0 && read.body;
      },
      { timeoutMs: 30_000 },
    );
  };
  const delivered = await outcome();
  t.match(delivered, { status: 'delivered', attemptList: [{ trigger: 'test', statusCode: 204 }] });
  t.equal(receiver.received[0]?.body, delivered.payload);
  t.equal(receiver.verified(secret), 1);
  status = 500;
  t.match(await outcome(), { status: 'exhausted', attempts: 1, nextAttemptAt: null });
});
