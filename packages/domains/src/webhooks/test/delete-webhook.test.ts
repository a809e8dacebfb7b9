import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import t from 'tap';
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
