import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import { publish, subscribe } from '@trellis/test/subscribe';
import t from 'tap';
import { fail, failuresOf } from './fail.ts';
import { isProblem, refusesStrangers } from './refusals.ts';

const url = 'http://127.0.0.1:9/hook';

t.test('PATCH /webhooks/:id', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const { id } = await subscribe(api, account, url);
  const patch = (body: unknown, headers = {}) =>
    api.request('PATCH', `/webhooks/${id}`, { token: account.token, body, headers });

  await t.test('200: changes what is given and leaves the rest', async (t) => {
    const before = (await api.request('GET', `/webhooks/${id}`, { token: account.token })).body;
    const { status, body } = await patch({ description: 'To the shop' });
    t.equal(status, 200);
    t.same({ ...body, updatedAt: '' }, { ...before, description: 'To the shop', updatedAt: '' });
    t.ok(body.updatedAt > before.updatedAt);
    const trail = await api.request('GET', `/audit-logs?resourceId=${id}`, {
      token: account.token,
    });
    const { failingSince: _, circuit: __, ...settings } = before;
    t.match(trail.body.data[0], {
      action: 'webhook.updated',
      before: settings,
      after: { ...settings, description: 'To the shop', updatedAt: body.updatedAt },
    });
  });

  await t.test('200: another URL, or enabling it, makes a new start', async (t) => {
    const failing = async (change: object) => {
      await fail(api, account, id, { openUntil: '2036-01-31T12:00:00.000Z' });
      const { status, body } = await patch(change);
      t.equal(status, 200);
      return body.circuit === 'open';
    };
    t.ok(await failing({ url, isActive: true, events: ['*'] }), 'the same is none');
    t.notOk(await failing({ url: `${url}/2` }));
    t.equal(await failuresOf(api, id), undefined);
    await api.app.platform.db.querySystem(
      (sql) => sql`update webhooks set is_active = false, disabled_reason = 'It was gone.'
        where id = ${id}`,
    );
    t.ok(await failing({ description: 'Still off' }));
    t.notOk(await failing({ isActive: true }));
    const { body } = await api.request('GET', `/webhooks/${id}`, { token: account.token });
    t.match(body, { isActive: true, disabledReason: null, failingSince: null });
    await patch({ url });
  });

  await t.test('412: an If-Match that names an older version', async (t) => {
    const read = await api.request('GET', `/webhooks/${id}`, { token: account.token });
    const first = { 'if-match': read.headers.get('etag') ?? '' };
    const changed = await patch({ description: 'First' }, first);
    t.equal(changed.status, 200);
    t.not(changed.headers.get('etag'), read.headers.get('etag'));
    isProblem(t, await patch({ description: 'Second' }, first), 412, 'precondition_failed');
    const second = { 'if-match': changed.headers.get('etag') ?? '' };
    t.equal((await patch({ description: 'Second' }, second)).status, 200);
  });

  await t.test('412: of ten changes from one version, one goes through', async (t) => {
    const read = await api.request('GET', `/webhooks/${id}`, { token: account.token });
    const match = { 'if-match': read.headers.get('etag') ?? '' };
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, index) => patch({ description: `${index}` }, match)),
    );
    t.equal(replies.filter(({ status }) => status === 200).length, 1);
    t.equal(replies.filter(({ status }) => status === 412).length, 9);
  });

  await t.test('200: what it asks for from now on counts for the next event', async (t) => {
    await patch({ events: ['invoice.*'] });
    const deliveries = async (type: string) => {
      const event = await publish(api, account, type);
      return (await api.request('GET', `/events/${event}`, { token: account.token })).body
        .deliveries;
    };
    t.equal(await deliveries('order.paid'), 0);
    t.equal(await deliveries('invoice.sent'), 1);
    await patch({ isActive: false });
    t.equal(await deliveries('invoice.sent'), 0, 'not when it is off');
    await patch({ isActive: true });
    t.equal(await deliveries('invoice.sent'), 1);
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
