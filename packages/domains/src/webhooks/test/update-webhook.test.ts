import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import t from 'tap';
import { isProblem, refusesStrangers } from './refusals.ts';

const url = 'http://127.0.0.1:9/hook';

t.test('PATCH /webhooks/:id', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { id } = await subscribe(api, account, url);
  const patch = (body: unknown) =>
    api.request('PATCH', `/webhooks/${id}`, { token: account.token, body });

  await t.test('200: changes what is given and leaves the rest', async (t) => {
    const before = (await api.request('GET', `/webhooks/${id}`, { token: account.token })).body;
    const { status, body } = await patch({ description: 'To the shop' });
    t.equal(status, 200);
    t.same({ ...body, updatedAt: '' }, { ...before, description: 'To the shop', updatedAt: '' });
    t.ok(body.updatedAt > before.updatedAt);
    const trail = await api.request('GET', `/audit-logs?resourceId=${id}`, {
      token: account.token,
    });
    t.match(trail.body.data[0], { action: 'webhook.updated', before, after: body });
  });

  await t.test('200: what it asks for from now on counts for the next event', async (t) => {
    await patch({ events: ['user.*'] });
    const deliveries = async (type: string) => {
      const event = await publish(api, account, type);
      return (await api.request('GET', `/events/${event}`, { token: account.token })).body
        .deliveries;
    };
    t.equal(await deliveries('order.paid'), 0);
    t.equal(await deliveries('user.created'), 1);
    await patch({ isActive: false });
    t.equal(await deliveries('user.created'), 0, 'not when it is off');
    await patch({ isActive: true });
    t.equal(await deliveries('user.created'), 1);
  });

  await t.test('400: nothing to change, or something unknown', async (t) => {
    for (const body of [{}, { secret: 'mine' }, { isActive: null }, { events: [] }, { id }]) {
      isProblem(t, await patch(body), 400, 'validation_failed');
    }
    isProblem(t, await patch({ description: '\0' }), 400, 'invalid_text');
  });

  await t.test('422: the new URL is guarded as the first', async (t) => {
    isProblem(t, await patch({ url: 'http://10.0.0.1/hook' }), 422, 'url_refused');
    isProblem(t, await patch({ url: 'ftp://example.com' }), 422, 'url_refused');
    const { body } = await api.request('GET', `/webhooks/${id}`, { token: account.token });
    t.equal(body.url, url);
  });

  const body = { description: 'taken over' };
  const route = { method: 'PATCH', path: `/webhooks/${id}`, body, permission: 'webhooks:write' };
  await refusesStrangers(t, api, account, route);
});
