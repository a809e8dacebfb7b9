import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import { subscribe } from '@trellis/test/subscribe';
import t from 'tap';
import { recover } from './recovery.ts';
import { isProblem, refusesStrangers } from './refusals.ts';

t.test('GET /webhooks/:id/recoveries/:recoveryId', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { id } = await subscribe(api, account, 'http://127.0.0.1:9/hook');
  const other = await subscribe(api, account, 'http://127.0.0.1:9/hook');
  const { body: started } = await recover(api, account, id);
  const get = (webhookId: string, recoveryId = started.id) =>
    api.request('GET', `/webhooks/${webhookId}/recoveries/${recoveryId}`, {
      token: account.token,
    });

  await t.test('200: shows how far it is', async (t) => {
    const { status, body } = await get(id);
    t.equal(status, 200);
    t.same(body, started);
    t.match(body, { webhookId: id, status: 'pending', total: null, queued: 0 });
  });

  await t.test('404: it is of another subscription, or none', async (t) => {
    isProblem(t, await get(other.id), 404, 'not_found');
    isProblem(t, await get(id, id), 404, 'not_found');
  });

  const path = `/webhooks/${id}/recoveries/${started.id}`;
  await refusesStrangers(t, api, account, { method: 'GET', path, permission: 'webhooks:read' });
});
