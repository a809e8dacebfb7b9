import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import t from 'tap';
import { isProblem, refusesStrangers } from './refusals.ts';

const url = 'http://127.0.0.1:9/hook';

t.test('GET /events/:id/deliveries', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const webhooks: string[] = [];
  for (let made = 0; made < 3; made++) {
    webhooks.push((await subscribe(api, account, url, ['order.*'])).id);
  }
  const event = await publish(api, account);
  await publish(api, account, 'order.other');
  const path = `/events/${event}/deliveries`;
  const list = (query = '') => api.request('GET', path + query, { token: account.token });
  type Delivery = { webhookId: string; eventId: string };

  await t.test('200: those of this event, to all subscriptions', async (t) => {
    const { status, body } = await list();
    t.equal(status, 200);
    t.same(body.data.map(({ webhookId }: Delivery) => webhookId).sort(), webhooks.toSorted());
    for (const delivery of body.data) {
      t.match(delivery, {
        eventId: event,
        event: 'order.paid',
        trigger: 'automatic',
        orderingKey: null,
      });
      const own = `/webhooks/${delivery.webhookId}/deliveries?eventId=${event}`;
      const { body } = await api.request('GET', own, { token: account.token });
      t.same(body.data, [delivery]);
    }
  });

  await t.test('200: in pages', async (t) => {
    const first = (await list('?limit=2')).body;
    const second = (await list(`?limit=2&cursor=${first.nextCursor}`)).body;
    t.same([first.data.length, second.data.length, second.nextCursor], [2, 1, null]);
    t.same([...first.data, ...second.data], (await list()).body.data);
  });

  await t.test('400: a page that is none', async (t) => {
    isProblem(t, await list('?cursor=abc'), 400, 'invalid_cursor');
    isProblem(t, await list('?limit=0'), 400, 'validation_failed');
  });

  await refusesStrangers(t, api, account, { method: 'GET', path, permission: 'webhooks:read' });
});
