import { startApi } from '@trellis/test/api';
import { type Account, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { isProblem, refusesStrangers } from '../../webhooks/test/refusals.ts';
import { declareType, orderSchema } from './declare-type.ts';

t.test('PATCH /event-types/:name', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const patch = (name: string, body: unknown, headers = {}, { token }: Account = account) =>
    api.request('PATCH', `/event-types/${name}`, { token, body, headers });

  await t.test('200: changes what is named, and audits it', async (t) => {
    const { body: before } = await declareType(api, account, 'order.paid');
    const described = await patch('order.paid', { description: 'Paid.' });
    t.equal(described.status, 200);
    t.match(described.body, { description: 'Paid.', schema: orderSchema });
    const { body: after } = await patch('order.paid', { schema: null });
    t.match(after, { description: 'Paid.', schema: null, createdAt: before.createdAt });
    const path = '/audit-logs?action=event_type.updated';
    const trail = await api.request('GET', path, { token: account.token });
    t.same(trail.body.data[0].before, described.body);
    t.same(trail.body.data[0].after, after);
    t.same(trail.body.data[1].before, before);
  });

  await t.test('412: an If-Match that names an older version', async (t) => {
    const first = (await declareType(api, account, 'order.sent')).headers.get('etag') ?? '';
    const changed = await patch('order.sent', { description: '2' }, { 'if-match': first });
    t.equal(changed.status, 200);
    const second = changed.headers.get('etag') ?? '';
    t.not(second, first);
    const stale = await patch('order.sent', { description: '3' }, { 'if-match': first });
    isProblem(t, stale, 412, 'precondition_failed');
    // What it shows is the same again but for the time.
    await patch('order.sent', { description: '2' }, { 'if-match': second });
    isProblem(
      t,
      await patch('order.sent', { description: '4' }, { 'if-match': second }),
      412,
      'precondition_failed',
    );
  });

  await t.test('412: of ten changes from one version, one goes through', async (t) => {
    const { headers } = await declareType(api, account, 'order.raced');
    const match = { 'if-match': headers.get('etag') ?? '' };
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        patch('order.raced', { description: `${index}` }, match),
      ),
    );
    t.same(replies.map(({ status }) => status).sort(), [200, ...Array(9).fill(412)]);
  });

  await t.test('409: a type of the platform', async (t) => {
    isProblem(t, await patch('user.created', { schema: null }), 409, 'platform_event_type');
  });

  await t.test('422: a schema that cannot be used; the one before stays', async (t) => {
    await declareType(api, account, 'order.kept');
    const reply = await patch('order.kept', { schema: { $ref: '#' } });
    isProblem(t, reply, 422, 'event_schema_refused');
    const { body } = await api.request('GET', '/event-types/order.kept', { token: account.token });
    t.same(body.schema, orderSchema);
  });

  await t.test('404: nobody declared it, or another tenant did', async (t) => {
    const stranger = await signUp(api, 'Stranger');
    const change = { description: 'Theirs.' };
    isProblem(t, await patch('order.paid', change, {}, stranger), 404, 'not_found');
    isProblem(t, await patch('order.lost', change), 404, 'not_found');
  });

  await t.test('400: nothing to change, or what cannot be', async (t) => {
    for (const body of [{}, { name: 'order.renamed' }, { schema: 'any' }, { description: null }]) {
      isProblem(t, await patch('order.paid', body), 400, 'validation_failed');
    }
    isProblem(t, await patch('order.*', { schema: null }), 400, 'validation_failed');
  });

  const route = {
    method: 'PATCH',
    path: '/event-types/order.paid',
    body: { description: 'New.' },
    permission: 'event-types:write',
  };
  await refusesStrangers(t, api, account, route);
});
