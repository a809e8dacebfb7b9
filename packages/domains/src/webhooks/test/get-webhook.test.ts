import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import { subscribe } from '@trellis/test/subscribe';
import t from 'tap';
import { refusesStrangers } from './refusals.ts';

t.test('GET /webhooks/:id', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { id } = await subscribe(api, account, 'http://127.0.0.1:9/hook', ['order.*']);

  await t.test('200: the subscription', async (t) => {
    const { status, body } = await api.request('GET', `/webhooks/${id}`, { token: account.token });
    t.equal(status, 200);
    t.match(body, { id, url: 'http://127.0.0.1:9/hook', events: ['order.*'], isActive: true });
    t.same(Object.keys(body).sort(), [
      'createdAt',
      'description',
      'disabledReason',
      'events',
      'id',
      'isActive',
      'secretHint',
      'updatedAt',
      'url',
    ]);
  });

  const route = { method: 'GET', path: `/webhooks/${id}`, permission: 'webhooks:read' };
  await refusesStrangers(t, api, account, route);
});
