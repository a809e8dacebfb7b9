import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import { publish } from '@trellis/test/subscribe';
import t from 'tap';
import { isProblem, refusesStrangers } from '../../webhooks/test/refusals.ts';

t.test('GET /events', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const list = (query = '') => api.request('GET', `/events${query}`, { token: account.token });

  await t.test('200: the newest first, in pages', async (t) => {
    const ids: string[] = [];
    for (const number of [1, 2, 3]) {
      ids.unshift(await publish(api, account, 'order.paid', { number }));
    }
    const { status, body } = await list('?limit=2');
    t.equal(status, 200);
    const rest = (await list(`?limit=2&cursor=${body.nextCursor}`)).body;
    t.same(
      [...body.data, ...rest.data].map(({ id }: { id: string }) => id),
      ids,
    );
    t.match(body.data[0], { type: 'order.paid', deliveries: 0, payload: /"data":{"number":3}}$/ });
    t.equal(rest.nextCursor, null);
  });

  await t.test('200: of one type, and none below it', async (t) => {
    const id = await publish(api, account, 'order', { number: 4 });
    const { body } = await list('?type=order');
    t.same(
      body.data.map((event: { id: string }) => event.id),
      [id],
    );
    t.same((await list('?type=order.lost')).body.data, []);
  });

  await t.test('400: a page that is none', async (t) => {
    isProblem(t, await list('?cursor=abc'), 400, 'invalid_cursor');
    isProblem(t, await list('?limit=0'), 400, 'validation_failed');
    isProblem(t, await list('?type=order.*'), 400, 'validation_failed');
  });

  const route = { method: 'GET', path: '/events', permission: 'events:read' };
  await refusesStrangers(t, api, account, route);
});
