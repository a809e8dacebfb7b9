import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { addUser } from './add-user.ts';

t.test('PATCH /users/:id', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  const patch = (id: string, body: unknown, token?: string, headers = {}) =>
    api.request('PATCH', `/users/${id}`, { token, body, headers });

  await t.test('200: renames, and audits the person before and after', async (t) => {
    const user = await addUser(api, account, ['*:read']);
    const before = await api.request('GET', `/users/${user.id}`, { token: account.token });
    const { status, body } = await patch(user.id, { name: 'Ada King' }, account.token);
    t.equal(status, 200);
    t.same(body, { ...before.body, name: 'Ada King' });
    const after = await api.request('GET', `/users/${user.id}`, { token: account.token });
    t.same(after.body, body);
    const trail = await api.request('GET', `/audit-logs?action=user.updated`, {
      token: account.token,
    });
    t.same(trail.body.data[0].before, before.body);
    t.same(trail.body.data[0].after, after.body);
  });

  await t.test('412: an If-Match that names another version, of any part', async (t) => {
    const user = await addUser(api, account, ['*:read']);
    const read = () => api.request('GET', `/users/${user.id}`, { token: account.token });
    const first = (await read()).headers.get('etag') ?? '';
    const write = (name: string, tag: string) =>
      patch(user.id, { name }, account.token, { 'if-match': tag });
    const changed = await write('Two', first);
    t.equal(changed.status, 200);
    const second = changed.headers.get('etag') ?? '';
    t.not(second, first);
    t.equal((await read()).headers.get('etag'), second);
    for (const stale of [first, 'nonsense', `W/${second}`]) {
      const refused = await write('Three', stale);
      t.equal(refused.status, 412);
      t.equal(refused.body.code, 'precondition_failed');
    }
    await api.request('PUT', `/users/${user.id}/roles`, {
      token: account.token,
      body: { roleIds: [] },
    });
    t.equal((await write('Three', second)).status, 412, 'the roles belong to it');
    t.equal((await write('Three', '*')).status, 200);
  });

  await t.test('412: of ten changes from one version, one goes through', async (t) => {
    const user = await addUser(api, account, ['*:read']);
    const path = `/users/${user.id}`;
    const { headers } = await api.request('GET', path, { token: account.token });
    const match = { 'if-match': headers.get('etag') ?? '' };
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        index % 2
          ? patch(user.id, { name: `Name ${index}` }, account.token, match)
          : api.request('PUT', `${path}/roles`, {
              token: account.token,
              body: { roleIds: [] },
              headers: match,
            }),
      ),
    );
    t.equal(replies.filter(({ status }) => status === 200).length, 1);
    t.equal(replies.filter(({ status }) => status === 412).length, 9);
  });

  await t.test('404: a person of another tenant is not changed', async (t) => {
    const stranger = await signUp(api, 'Other');
    const { status, body } = await patch(account.user.id, { name: 'Mallory' }, stranger.token);
    t.equal(status, 404);
    t.equal(body.code, 'not_found');
    const me = await api.request('GET', '/auth/me', { token: account.token });
    t.equal(me.body.user.name, account.user.name);
  });

  await t.test('400: a body or an id that is not valid', async (t) => {
    const { id } = account.user;
    const bad = [
      {},
      { name: '' },
      { name: ' ' },
      { name: 7 },
      { name: 'Ada', email: 'a@b.de' },
      { status: 'deleted' },
    ];
    for (const body of bad) {
      t.equal((await patch(id, body, account.token)).body.code, 'validation_failed');
    }
    t.equal((await patch(id, { name: 'a\u0000b' }, account.token)).body.code, 'invalid_text');
    t.equal((await patch('1', { name: 'Ada' }, account.token)).status, 400);
  });

  await t.test('403: without users:write', async (t) => {
    const { id, token } = await addUser(api, account, ['*:read']);
    t.equal((await patch(id, { name: 'Ada' }, token)).body.code, 'forbidden');
  });

  await t.test('401: without a token', async (t) => {
    t.equal((await patch(account.user.id, { name: 'Ada' })).status, 401);
  });
});
