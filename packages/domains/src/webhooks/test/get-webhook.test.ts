import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import { subscribe } from '@trellis/test/subscribe';
import t from 'tap';
import { fail } from './fail.ts';
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
      'circuit',
      'createdAt',
      'description',
      'disabledReason',
      'events',
      'failingSince',
      'headers',
      'id',
      'isActive',
      'previousSecretsExpireAt',
      'secretHint',
      'updatedAt',
      'url',
    ]);
  });

  await t.test('200: since when its endpoint fails, and that its circuit is open', async (t) => {
    const read = async () => {
      const { token } = account;
      const { body } = await api.request('GET', `/webhooks/${id}`, { token });
      const list = await api.request('GET', '/webhooks', { token });
      t.same(list.body.data, [body], 'the list shows the same');
      return body;
    };
    const since = '2026-01-31T12:00:00.000Z';
    t.match(await read(), { failingSince: null, circuit: 'closed' });
    await fail(api, account, id, { since });
    t.match(await read(), { failingSince: since, circuit: 'closed' });
    await fail(api, account, id, { since, openUntil: '2026-01-31T13:00:00.000Z' });
    t.match(await read(), { failingSince: since, circuit: 'open' }, 'until a probe succeeds');
  });

  const route = { method: 'GET', path: `/webhooks/${id}`, permission: 'webhooks:read' };
  await refusesStrangers(t, api, account, route);
});
