import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import { subscribe } from '@trellis/test/subscribe';
import t from 'tap';
import { isProblem, refusesStrangers } from './refusals.ts';

const url = 'http://127.0.0.1:9/hook';

t.test('GET /webhooks', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const list = (query = '', { token } = account) =>
    api.request('GET', `/webhooks${query}`, { token });

  await t.test('200: none at first', async (t) => {
    t.same((await list()).body, { data: [], nextCursor: null });
  });

  await t.test('200: pages, the newest first, that stay right under writes', async (t) => {
    const ids: string[] = [];
    for (let made = 0; made < 4; made++) ids.unshift((await subscribe(api, account, url)).id);
    const first = (await list('?limit=2')).body;
    const added = await subscribe(api, account, url);
    await api.request('DELETE', `/webhooks/${ids[1]}`, { token: account.token });
    const second = (await list(`?limit=2&cursor=${first.nextCursor}`)).body;
    const shown = [...first.data, ...second.data].map(({ id }: { id: string }) => id);
    t.same(shown, ids, 'what came meanwhile moves nothing');
    t.equal(second.nextCursor, null);
    t.equal((await list()).body.data[0].id, added.id);
  });

  await t.test('200: shows no secret', async (t) => {
    const { body } = await list();
    for (const webhook of body.data) {
      t.notOk('secret' in webhook || 'secrets' in webhook);
      t.match(webhook.secretHint, /^whsec_….{4}$/);
    }
  });

  await t.test('200: another tenant sees none of them', async (t) => {
    const stranger = await signUp(api, 'Stranger');
    t.same((await list('', stranger)).body.data, []);
  });

  await t.test('400: a page that is none', async (t) => {
    isProblem(t, await list('?cursor=abc'), 400, 'invalid_cursor');
    isProblem(t, await list('?limit=101'), 400, 'validation_failed');
    isProblem(t, await list('?page=2'), 400, 'validation_failed');
  });

  const route = { method: 'GET', path: '/webhooks', permission: 'webhooks:read' };
  await refusesStrangers(t, api, account, route);
});
