import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from '../../users/test/add-user.ts';

t.test('PATCH /tenant', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api, 'Acme');
  const get = (token = account.token) => api.request('GET', '/tenant', { token });
  const patch = (body: unknown, token?: string, headers = {}) =>
    api.request('PATCH', '/tenant', { token, body, headers });

  await t.test('200: renames this tenant alone, keeps the slug, and audits it', async (t) => {
    const stranger = await signUp(api, 'Other');
    const before = (await get()).body;
    const { status, body } = await patch({ name: 'Acme Corp' }, account.token);
    t.equal(status, 200);
    t.same(body, { ...before, name: 'Acme Corp' });
    t.same((await get()).body, body);
    t.equal((await get(stranger.token)).body.name, 'Other');
    const trail = await api.request('GET', '/audit-logs?action=tenant.updated', {
      token: account.token,
    });
    t.match(trail.body.data, [{ resourceId: account.tenant.id, before, after: body }]);
  });

  await t.test('412: an If-Match that names an older version', async (t) => {
    const { headers } = await get();
    await Promise.all(Array.from({ length: 4 }, () => get())); // opens the connections of the pool
    const match = { 'if-match': headers.get('etag') ?? '' };
    const replies = await Promise.all(
      ['One', 'Two', 'Three', 'Four'].map((name) => patch({ name }, account.token, match)),
    );
    t.same(replies.map(({ status }) => status).sort(), [200, 412, 412, 412]);
    const refused = replies.find(({ status }) => status === 412);
    t.equal(refused?.body.code, 'precondition_failed');
    const changed = replies.find(({ status }) => status === 200);
    t.equal((await get()).headers.get('etag'), changed?.headers.get('etag'));
  });

  await t.test('400: a body that is not valid', async (t) => {
    for (const body of [{}, { name: '' }, { name: 'x'.repeat(121) }, { planType: 'pro' }]) {
      t.equal((await patch(body, account.token)).body.code, 'validation_failed');
    }
  });

  await t.test('403: without tenant:write', async (t) => {
    const { token } = await addUser(api, account, ['*:read']);
    t.equal((await patch({ name: 'Mine' }, token)).body.code, 'forbidden');
  });

  await t.test('401: without a token', async (t) => {
    t.equal((await patch({ name: 'Mine' })).status, 401);
  });
});
