import { startApi } from '@trellis/test/api';
import { eventually } from '@trellis/test/eventually';
import { startReceiver } from '@trellis/test/receiver';
import { signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';
import { isProblem, refusesStrangers } from './refusals.ts';

t.test('GET /webhooks/:id/deliveries', async (t) => {
  const api = await startApi(t);
  await startWorker(t, api);
  const receiver = await startReceiver(t, ({ body }) => (body.includes('refuse') ? 500 : 204));
  const account = await signUp(api);
  const { id } = await subscribe(api, account, receiver.url);
  const other = await subscribe(api, account, receiver.url, ['other.type']);
  const list = (query = '', webhook = id) =>
    api.request('GET', `/webhooks/${webhook}/deliveries${query}`, { token: account.token });
  const events = [
    await publish(api, account, 'order.paid'),
    await publish(api, account, 'order.refuse'),
    await publish(api, account, 'invoice.sent'),
  ];
  await eventually(async () => {
    const { body } = await list();
    return body.data.every(({ status }: { status: string }) => status !== 'pending');
  });
  const eventIds = ({ body }: { body: { data: { eventId: string }[] } }) =>
    body.data.map(({ eventId }) => eventId);

  await t.test('200: of this subscription, with what came of each', async (t) => {
    const { status, body } = await list();
    t.equal(status, 200);
    t.same(eventIds({ body }).sort(), events.toSorted());
    const [delivered] = body.data.filter((row: { event: string }) => row.event === 'order.paid');
    t.match(delivered, {
      webhookId: id,
      status: 'delivered',
      attempts: 1,
      statusCode: 204,
      error: null,
      nextAttemptAt: null,
      deliveredAt: /T/,
    });
    const [failed] = body.data.filter((row: { event: string }) => row.event === 'order.refuse');
    t.match(failed, { status: 'failed', statusCode: 500, deliveredAt: null, nextAttemptAt: /T/ });
    t.same((await list('', other.id)).body.data, [], 'of another subscription nothing');
  });

  await t.test('200: filtered by status and by type', async (t) => {
    t.same(eventIds(await list('?status=failed')), [events[1]]);
    t.same(eventIds(await list('?event=invoice.sent')), [events[2]]);
    t.same(eventIds(await list('?event=invoice.sent&status=failed')), []);
  });

  await t.test('200: in pages', async (t) => {
    const first = (await list('?limit=2')).body;
    const second = (await list(`?limit=2&cursor=${first.nextCursor}`)).body;
    const shown = [...eventIds({ body: first }), ...eventIds({ body: second })];
    t.same([first.data.length, second.data.length, second.nextCursor], [2, 1, null]);
    t.same(shown.sort(), events.toSorted());
  });

  await t.test('400: a filter or a page that is none', async (t) => {
    isProblem(t, await list('?status=lost'), 400, 'validation_failed');
    isProblem(t, await list('?event=order..paid'), 400, 'validation_failed');
    isProblem(t, await list('?cursor=abc'), 400, 'invalid_cursor');
    isProblem(t, await list('?since=2026'), 400, 'validation_failed');
  });

  const path = `/webhooks/${id}/deliveries`;
  await refusesStrangers(t, api, account, { method: 'GET', path, permission: 'webhooks:read' });
});
