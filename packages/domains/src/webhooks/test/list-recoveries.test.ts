import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import { subscribe } from '@trellis/test/subscribe';
import { startWorker } from '@trellis/test/worker';
import t from 'tap';
import { recover, recoveryEnded } from './recovery.ts';
import { isProblem, refusesStrangers } from './refusals.ts';

t.test('GET /webhooks/:id/recoveries', async (t) => {
  const api = await startApi(t);
  await startWorker(t, api);
  const account = await signUp(api);
  const { id } = await subscribe(api, account, 'http://127.0.0.1:9/hook');
  const other = await subscribe(api, account, 'http://127.0.0.1:9/hook');
  const list = (query = '', webhookId = id) =>
    api.request('GET', `/webhooks/${webhookId}/recoveries${query}`, { token: account.token });
  const ended: unknown[] = [];
  for (const status of ['failed', 'missing', 'failed']) {
    const { body } = await recover(api, account, id, { status });
    ended.unshift(await recoveryEnded(api, account, body));
  }

  await t.test('200: of this subscription, the newest first', async (t) => {
    const { status, body } = await list();
    t.equal(status, 200);
    t.same(body, { data: ended, nextCursor: null });
    t.same((await list('', other.id)).body.data, []);
  });

  await t.test('200: in pages', async (t) => {
    const first = (await list('?limit=2')).body;
    const second = (await list(`?limit=2&cursor=${first.nextCursor}`)).body;
    t.same([...first.data, ...second.data], ended);
    t.equal(second.nextCursor, null);
  });

  await t.test('400: a page that is none', async (t) => {
    isProblem(t, await list('?cursor=abc'), 400, 'invalid_cursor');
    isProblem(t, await list('?status=failed'), 400, 'validation_failed');
  });

  const path = `/webhooks/${id}/recoveries`;
  await refusesStrangers(t, api, account, { method: 'GET', path, permission: 'webhooks:read' });
});
