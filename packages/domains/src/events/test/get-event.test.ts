import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import t from 'tap';
import { refusesStrangers } from '../../webhooks/test/refusals.ts';

t.test('GET /events/:id', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  await subscribe(api, account, 'http://127.0.0.1:9/hook');
  const id = await publish(api, account, 'order.paid', { total: 42 });

  await t.test('200: the event with its exact payload', async (t) => {
    const { status, body } = await api.request('GET', `/events/${id}`, { token: account.token });
    t.equal(status, 200);
    t.match(body, { id, type: 'order.paid', deliveries: 1 });
    const { type, timestamp, data } = JSON.parse(body.payload);
    t.same({ type, data }, { type: 'order.paid', data: { total: 42 } });
    t.match(timestamp, /Z$/);
  });

  const route = { method: 'GET', path: `/events/${id}`, permission: 'events:read' };
  await refusesStrangers(t, api, account, route);
});
