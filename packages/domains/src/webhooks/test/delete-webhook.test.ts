import type { HotQuery } from '@trellis/db/tenant-db';
import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t, { type Test } from 'tap';
import { cancelLimits, createCanceller } from '../cancel-deliveries.ts';
import { cancelDeliveries } from '../jobs.ts';
import { addDeliveries } from './add-deliveries.ts';
import { fail, failuresOf } from './fail.ts';
import { isProblem, refusesStrangers } from './refusals.ts';

t.test('DELETE /webhooks/:id', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { token } = account;
  const { id } = await subscribe(api, account, 'http://127.0.0.1:9/hook');
  await publish(api, account);

  const route = { method: 'DELETE', path: `/webhooks/${id}`, permission: 'webhooks:delete' };
  await refusesStrangers(t, api, account, route);

  await t.test('204: it is gone, and what waited is cancelled', async (t) => {
    await fail(api, account, id);
    const { status, body } = await api.request('DELETE', `/webhooks/${id}`, { token });
    t.equal(status, 204);
    t.equal(body, undefined);
    isProblem(t, await api.request('GET', `/webhooks/${id}`, { token }), 404, 'not_found');
    const deliveries = await api.app.platform.db.asSystem(
      (tx) => tx.sql`select distinct status from webhook_deliveries where webhook_id = ${id}`,
    );
    t.same([...deliveries], [{ status: 'cancelled' }]);
    t.equal(await failuresOf(api, id), undefined, 'its failures go with it');
    const trail = await api.request('GET', `/audit-logs?resourceId=${id}`, { token });
    t.match(trail.body.data[0], { action: 'webhook.deleted', before: { id } });
  });

  await t.test('404: it is gone already', async (t) => {
    isProblem(t, await api.request('DELETE', `/webhooks/${id}`, { token }), 404, 'not_found');
  });
});

/** A subscription that was deleted with so many more waiting than are cancelled at once. */
async function deleteWithMore(t: Test, more: number) {
  const api = await startApi(t);
  const account = await signUp(api);
  const { id: webhookId } = await subscribe(api, account, 'http://127.0.0.1:9/hook');
  const of = { account, webhookId };
  await addDeliveries(api.database, { ...of, status: 'delivered', count: 2 });
  await addDeliveries(api.database, { ...of, status: 'failed', count: 2 });
  const count = cancelLimits.rowsMax + more - 2;
  await addDeliveries(api.database, { ...of, status: 'pending', count });
  const { token } = account;
  const { status } = await api.request('DELETE', `/webhooks/${webhookId}`, { token });
  t.equal(status, 204);
  const { db } = api.app.platform;
  const read = <Row extends object>(statement: HotQuery<Row>) => db.querySystem(statement);
  const counts = () =>
    read<{ status: string; count: number }>(
      (sql) => sql`select status, count(*)::int from webhook_deliveries group by 1 order by 1`,
    );
  const jobs = () =>
    read<{ payload: { after?: string } }>(
      (sql) => sql`select payload from jobs where name = ${cancelDeliveries.name} order by id`,
    );
  const payload = { tenantId: account.tenant.id, webhookId };
  return { api, webhookId, payload, counts, jobs };
}

t.test('what waits beyond a page is cancelled in the background', async (t) => {
  const { api, counts, jobs } = await deleteWithMore(t, 30);
  const cancelled = (await counts()).find(({ status }) => status === 'cancelled');
  t.equal(cancelled?.count, cancelLimits.rowsMax, 'a page at once');
  t.equal((await jobs()).length, 1);
  await startWorker(t, api);
  await eventually(async () => (await counts()).length === 2, { timeoutMs: 30_000 });
  t.same(await counts(), [
    { status: 'cancelled', count: cancelLimits.rowsMax + 30 },
    { status: 'delivered', count: 2 },
  ]);
});

t.test('a job whose time is over asks for another, which goes on behind it', async (t) => {
  const { api, payload, counts, jobs } = await deleteWithMore(t, 25);
  const run = createCanceller(api.app.platform, { rowsMax: 10, turnMs: 0 });
  const left = async () =>
    (await counts())
      .filter(({ status }) => status === 'pending' || status === 'failed')
      .reduce((sum, { count }) => sum + count, 0);
  t.equal(await left(), 25);
  let next: { after?: string } = {};
  for (const [expected, asked] of [
    [15, 2],
    [5, 3],
    [0, 3],
  ]) {
    await run({ ...payload, ...next });
    t.equal(await left(), expected);
    t.equal((await jobs()).length, asked);
    next = (await jobs()).at(-1)?.payload ?? {};
  }
});

t.test('what is being recorded is not waited for, and cancelled later', async (t) => {
  const { api, webhookId, payload, counts, jobs } = await deleteWithMore(t, 5);
  const run = createCanceller(api.app.platform);
  await api.app.platform.db.asSystem(async ({ sql }) => {
    await sql`
      select id from webhook_deliveries where webhook_id = ${webhookId}
        and status in ('pending', 'failed') order by id limit 2 for update`;
    await run(payload);
    t.match(await counts(), { length: 3 });
  });
  t.equal((await jobs()).length, 2, 'another job comes for them');
  await run(payload);
  t.equal((await counts()).length, 2);
});
